"""Job control: list, resume, pause, cancel and remove a folder's jobs; wire and stdlib only."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from ...wire import files
from ...wire.errors import BadRequest, Busy, MtiError
from ...wire.events import Done
from ...wire.job import JobFolder
from ...wire.owner import Liveness, is_alive, read_owner
from ...wire.problem import Problem
from ...wire.process import end_process
from ...wire.queue import enqueue, is_running

LET_GO_SECONDS = 0.5
"""Maximum time between a runner's last event and the release of its lock on a busy machine."""


def list_jobs(root: Path) -> list[JobFolder]:
    """Return the jobs in `root`, newest first; empty if the folder does not exist."""
    found: list[tuple[int, str]] = []
    try:
        entries = list(root.iterdir())
    except OSError:
        return []
    for path in entries:
        try:
            if not path.name.startswith("."):
                found.append(((path / "request.json").stat().st_mtime_ns, path.name))
        except OSError:
            continue
    return [JobFolder(root / name) for _, name in sorted(found, reverse=True)]


def requeue(job: JobFolder) -> None:
    """Put a job that was cancelled, failed or died into the queue.

    It resumes from its last checkpoint when its turn comes. Raises Busy, BadRequest (it is done),
    DiskFull, NotWritable.
    """
    if _is_held(job):
        what = "A runner is already working on this job."
        raise Busy(Problem("job_worked_on", what, "Wait for it, or cancel it."))
    if isinstance(job.finished(), Done) and _output_is_whole(job):
        raise BadRequest(Problem("job_done", "This job is already done.", "Start a new one."))
    enqueue(job)


def dequeue(job: JobFolder) -> None:
    """Remove a job from the queue; harmless if it is not queued. Raises NotWritable."""
    with files.translating_os_errors(job.waiting_file):
        job.waiting_file.unlink(missing_ok=True)


def cancel(job: JobFolder) -> None:
    """Ask the job's runner to stop, and kill it if it hangs; harmless if there is none.

    Raises DiskFull, NotWritable.
    """
    job.ask_cancel()
    dequeue(job)
    _end_hanging(job)


def pause(job: JobFolder) -> None:
    """Ask the job's runner to pause, and kill it if it hangs. Raises DiskFull, NotWritable."""
    job.ask_pause()
    dequeue(job)
    _end_hanging(job)


def _end_hanging(job: JobFolder) -> None:
    """Kill a runner on this machine without a heartbeat, since it would never see the request.

    On-disk state is safe at any point.
    """
    owner, age = read_owner(job.owner_file), job.heartbeat_age()
    if owner is not None and age is not None and is_alive(owner, age) is Liveness.STALE:
        end_process(owner.pid, owner.create_time)


def remove(job: JobFolder) -> None:
    """Delete the job's folder. Raises Busy while a runner works on it, NotWritable."""
    if _is_held(job):
        what = "A runner is still working on this job."
        raise Busy(Problem("job_still_worked_on", what, "Cancel it first."))
    files.remove_folder(job.path, job.request_file.name)


def _is_held(job: JobFolder) -> bool:
    """Return whether a runner holds this job, and is not just releasing it after its last event."""
    said_its_last = False
    with contextlib.suppress(OSError):
        said_its_last = job.finished() is not None
    until = time.monotonic() + (LET_GO_SECONDS if said_its_last else 0.0)
    while is_running(job):
        if time.monotonic() >= until:
            return True
        time.sleep(0.01)
    return False


def _output_is_whole(job: JobFolder) -> bool:
    try:
        job.verify_output()
    except MtiError:
        return False
    return True
