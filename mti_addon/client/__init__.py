"""Starting a runner, following its job folder, and the shelf of motions; wire and stdlib only."""

from .follow import Follower
from .launch import launch
from .library import Library, Motion, save_motion
from .spool import advice, cancel, is_running, list_jobs, remove, resume
from .state import JobState, fold

__all__ = [
    "Follower",
    "JobState",
    "Library",
    "Motion",
    "advice",
    "cancel",
    "fold",
    "is_running",
    "launch",
    "list_jobs",
    "remove",
    "resume",
    "save_motion",
]
