"""The queue of a spool: which jobs run, which wait, and which is next; stdlib only.

It consists of files alone, and is read by every process: a client with a new job, one that follows
a job, and a runner that has finished one. So it works no matter which of them has exited.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from . import files
from .job import JobFolder
from .owner import STALE_SECONDS, Liveness, Owner, is_alive, read_owner

__all__ = [
    "enqueue",
    "is_running",
    "is_worked_on",
    "jobs_in",
    "next_job",
    "next_remote",
    "relays_in",
    "waits",
]


def jobs_in(root: Path) -> list[JobFolder]:
    """Return the jobs in a folder, by name; empty if it cannot be read."""
    try:
        names = sorted(path.name for path in root.iterdir() if not path.name.startswith("."))
    except OSError:
        return []
    jobs = (JobFolder(root / name) for name in names)
    return [job for job in jobs if os.path.isfile(job.request_file)]


def is_worked_on(job: JobFolder) -> bool:
    """Return whether a runner has this job; one that hangs counts, too."""
    age = job.heartbeat_age()
    owner = None if age is None else read_owner(job.owner_file)
    if owner is None or age is None:
        return False
    liveness = is_alive(owner, age)
    if liveness is Liveness.ELSEWHERE:
        return age <= STALE_SECONDS
    return liveness is not Liveness.DEAD


def is_running(job: JobFolder) -> bool:
    """Return whether a runner has this job or is starting on it; one that hangs counts, too."""
    if is_worked_on(job):
        return True
    launched = _launched(job)
    if launched is not None and is_alive(launched, None) is Liveness.ALIVE:
        return True
    return is_worked_on(job)  # it may have started between the two checks


def waits(job: JobFolder, started_too: bool = False) -> bool:
    """Return whether it is queued, and no runner is working on it.

    started_too: also count a job whose runner was started but is not up yet. A job whose runner
    failed to start no longer waits, since the next one would fail as well.
    """
    if not os.path.exists(job.waiting_file) or job.cancel_asked() or is_worked_on(job):
        return False
    launched = _launched(job)
    if launched is None:
        return not is_worked_on(job)  # it may have started between the two checks
    return started_too and is_alive(launched, None) is Liveness.ALIVE


def next_job(root: Path, for_runner: bool = False) -> JobFolder | None:
    """Return the longest-waiting job if no runner is working in this folder, or None.

    Jobs that run on a studio's server neither wait for this machine nor keep it busy.

    for_runner: called by a runner that has finished, which may overtake one that is still starting.
    Both may start; the lock admits one of them, and the other exits.
    """
    jobs = [job for job in jobs_in(root) if not os.path.exists(job.remote_file)]
    if any(is_worked_on(job) if for_runner else is_running(job) for job in jobs):
        return None
    return _longest_waiting(root, jobs, started_too=for_runner)


def next_remote(root: Path) -> JobFolder | None:
    """Return the longest-waiting job that runs on a studio's server, or None."""
    return _longest_waiting(root, _remote_in(root), started_too=False)


def relays_in(root: Path) -> int:
    """Return how many jobs of a studio's server have a relay, or are getting one."""
    return sum(map(is_running, _remote_in(root)))


def _remote_in(root: Path) -> list[JobFolder]:
    return [job for job in jobs_in(root) if os.path.exists(job.remote_file)]


def _longest_waiting(root: Path, jobs: list[JobFolder], started_too: bool) -> JobFolder | None:
    found = []
    for job in jobs:
        if waits(job, started_too):
            since = waiting_since(job)
            if since is not None:
                found.append((since, job.path.name))
    return JobFolder(root / min(found)[1]) if found else None


def waiting_since(job: JobFolder) -> int | None:
    """Return when the job was queued, in nanoseconds; None if it is not queued."""
    try:
        return job.waiting_file.stat().st_mtime_ns
    except OSError:
        return None


def enqueue(job: JobFolder) -> None:
    """Add a job to the end of the queue, whatever its state was before.

    Raises DiskFull, NotWritable.
    """
    with files.translating_os_errors(job.waiting_file):
        job.cancel_file.unlink(missing_ok=True)
        if _launched(job) is not None:  # left by a runner that failed to start
            job.launched_file.unlink(missing_ok=True)
        job.waiting_file.touch()
    # Another client may consider the job finished, and no longer look into its folder.
    with contextlib.suppress(OSError):
        os.utime(job.path.parent)


def _launched(job: JobFolder) -> Owner | None:
    """Return the process started last, unless a runner has come up since."""
    launched = read_owner(job.launched_file)
    if launched is None:
        return None
    owner = read_owner(job.owner_file)
    return launched if owner is None or launched.epoch > owner.epoch else None
