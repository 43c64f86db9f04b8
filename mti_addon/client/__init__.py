"""Start runners, follow their job folders, and index motions; wire and stdlib only."""

from ..wire.queue import enqueue, is_running, next_job, relays_in
from .jobs.advice import advice
from .jobs.follow import Follower
from .jobs.job_control import cancel, dequeue, list_jobs, pause, remove, requeue
from .jobs.launch import launch
from .jobs.state import JobState, fold
from .jobs.timings import Timings
from .library import Entry, Library, Query

__all__ = [
    "Entry",
    "Follower",
    "JobState",
    "Library",
    "Query",
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
    "relays_in",
    "remove",
    "requeue",
]
