"""The queue of a spool: who works, who waits, whose turn it is; stdlib only.

It is made of files alone, and looked at by everybody: a client that has a new job, one that follows
a job, and a runner that has finished one. So it goes on whoever has gone.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from . import files
from .job import JobFolder
from .owner import STALE_SECONDS, Liveness, Owner, is_alive, read_owner

__all__ = ["enqueue", "is_running", "is_worked_on", "jobs_in", "next_job", "waits"]


def jobs_in(root: Path) -> list[JobFolder]:
    """The jobs of a folder, by name; an empty list if it cannot be read."""
    try:
        names = sorted(path.name for path in root.iterdir() if not path.name.startswith("."))
    except OSError:
        return []
    jobs = (JobFolder(root / name) for name in names)
    return [job for job in jobs if os.path.isfile(job.request_file)]


def is_worked_on(job: JobFolder) -> bool:
    """A runner has this job; one that hangs counts too."""
    age = job.heartbeat_age()
    owner = None if age is None else read_owner(job.owner_file)
    if owner is None or age is None:
        return False
    liveness = is_alive(owner, age)
    if liveness is Liveness.ELSEWHERE:
        return age <= STALE_SECONDS
    return liveness is not Liveness.DEAD


def is_running(job: JobFolder) -> bool:
    """A runner has this job, or one was started that will; a runner that hangs counts too."""
    if is_worked_on(job):
        return True
    launched = _launched(job)
    if launched is not None and is_alive(launched, None) is Liveness.ALIVE:
        return True
    return is_worked_on(job)  # it may have come up between the two looks


def waits(job: JobFolder, started_too: bool = False) -> bool:
    """It is in the queue, and nobody works on it.

    started_too: also one for which a runner was started that has not come up yet. One whose runner
    never came up waits no more: the next one would not come up either.
    """
    if not os.path.exists(job.waiting_file) or job.cancel_asked() or is_worked_on(job):
        return False
    launched = _launched(job)
    if launched is None:
        return not is_worked_on(job)  # it may have come up between the two looks
    return started_too and is_alive(launched, None) is Liveness.ALIVE


def next_job(root: Path, for_runner: bool = False) -> JobFolder | None:
    """The job that waits longest, if nobody works in this folder; else None.

    for_runner: asked by a runner that has finished, which may come before one that is only being
    started. Both may begin; the lock lets one of them in, and the other leaves.
    """
    jobs = jobs_in(root)
    if any(is_worked_on(job) if for_runner else is_running(job) for job in jobs):
        return None
    found = []
    for job in jobs:
        if waits(job, started_too=for_runner):
            since = waiting_since(job)
            if since is not None:
                found.append((since, job.path.name))
    return JobFolder(root / min(found)[1]) if found else None


def waiting_since(job: JobFolder) -> int | None:
    """When the job was put into the queue, in nanoseconds; None if it is not in it."""
    try:
        return job.waiting_file.stat().st_mtime_ns
    except OSError:
        return None


def enqueue(job: JobFolder) -> None:
    """Put a job at the end of the queue: whatever was said of it before, it shall run.

    DiskFull, NotWritable.
    """
    with files.translating_os_errors(job.waiting_file):
        job.cancel_file.unlink(missing_ok=True)
        if _launched(job) is not None:  # of a runner that never came up
            job.launched_file.unlink(missing_ok=True)
        job.waiting_file.touch()
    # Another client may have taken the job for one that is over, and looks no more into its folder.
    with contextlib.suppress(OSError):
        os.utime(job.path.parent)


def _launched(job: JobFolder) -> Owner | None:
    """The process that was started last, unless a runner has come up since."""
    launched = read_owner(job.launched_file)
    if launched is None:
        return None
    owner = read_owner(job.owner_file)
    return launched if owner is None or launched.epoch > owner.epoch else None
