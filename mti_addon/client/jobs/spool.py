"""The folder of jobs: list, resume, cancel, remove, advise; wire and stdlib only."""

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
from .state import JobState

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


def advice(state: JobState) -> str:
    """Return one English sentence of advice on a job with a problem; empty if there is none."""
    if state.phase == "failed" and state.error is not None:
        return state.error.hint or _ADVICE.get(state.error.code, _ADVICE["internal"])
    return _PHASE_ADVICE.get(state.phase, "")


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


_PHASE_ADVICE = {
    "dead": "The backend stopped unexpectedly; resume the job to continue where it stopped.",
    "stuck": "The backend has not responded for a while; wait, or cancel the job and resume it.",
    "cancelled": "Resume the job where it stopped.",
    "paused": "",
}
_ADVICE = {
    "bad_request": "Change what the message mentions, and start a new job.",
    "newer_protocol": "Update the extension and the backend to the same version.",
    "wire_error": "The job's folder is damaged; start a new job.",
    "unreadable_input": "Capture the motion or choose the image again, and start a new job.",
    "bad_embedding": "The motion file is damaged; learn the motion again.",
    "wrong_model": "Choose the model that the motion was learned on, or learn it on this one.",
    "no_motion": "Choose a range in which something moves.",
    "model_missing": "Install the model in the preferences, then resume the job.",
    "backend_missing": "Set up the backend in the preferences.",
    "busy": "Another process is working on this job; wait for it.",
    "disk_full": "Free some space, then resume the job.",
    "not_writable": "Allow writing to the jobs folder, or choose another in the preferences.",
    "out_of_memory": "Close other programs, or choose a smaller model, then resume the job.",
    "studio": "Check the connection to the studio in the preferences, then resume the job.",
    "cancelled": "Resume the job where it stopped.",
    "internal": "Check the job's log, then resume it; please report the log if it happens again.",
}
