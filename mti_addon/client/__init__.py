"""Starting a runner, following its job folder, and the shelf of motions; wire and stdlib only."""

from ..wire.queue import enqueue, is_running, next_job
from .follow import Follower
from .launch import launch
from .library import Library, Motion, save_motion
from .spool import advice, cancel, dequeue, list_jobs, pause, remove, requeue
from .state import JobState, fold
from .timings import Timings

__all__ = [
    "Follower",
    "JobState",
    "Library",
    "Motion",
    "Timings",
    "advice",
    "cancel",
    "dequeue",
    "enqueue",
    "fold",
    "is_running",
    "launch",
    "list_jobs",
    "next_job",
    "pause",
    "remove",
    "requeue",
    "save_motion",
]
