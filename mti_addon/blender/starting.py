"""Starting jobs, one after the other: each waits in a queue that is made of files.

Two jobs at once would fight for the GPU, or for a few cores. The queue lies in the jobs' folders:
whoever is there (this Blender, another one, or the runner that has just finished) starts the next.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from .. import client
from ..wire import JobFolder, MtiError
from ..wire.problem import Problem
from . import addon, polling

IDLE_SECONDS = 30.0
"""A runner that has finished keeps its model loaded for so long, for the next take."""
PREVIEW_SECONDS = 15
"""While a motion is learned, it is played about so often, to be looked at."""


def start(job: JobFolder) -> None:
    """Queue a new job, and start it if nothing is running.

    A job that cannot be started is not left behind. Raises BackendMissing, DiskFull, NotWritable.
    """
    try:
        client.enqueue(job)
        advance(job)
    except (MtiError, OSError):
        with suppress(MtiError):  # it may have come up all the same
            client.remove(job)
        raise
    finally:
        polling.start()


def resume(job: JobFolder) -> None:
    """Queue a job that was paused, was cancelled, failed or died. Raises Busy, BadRequest."""
    client.requeue(job)
    try:
        advance(job)
    finally:
        polling.start()


def start_now(job: JobFolder) -> None:
    """Start a job whatever else runs. Raises Busy, BackendMissing, DiskFull, NotWritable."""
    client.requeue(job)
    try:
        launch(job)
    finally:
        polling.start()


def advance(job: JobFolder | None = None) -> bool:
    """Start the job whose turn it is; True if one was started.

    Raises what stands in the way of starting: for `job` alone, if one is given; else never, for it
    is the timer that asks, and a queue that cannot go on waits.
    """
    if addon.backend_problem():
        return False
    due = client.next_job(addon.jobs_folder())
    if due is None or (job is not None and due != job):
        return False
    try:
        launch(due)
    except (MtiError, OSError) as error:
        if job is not None:
            raise
        # another Blender may have deleted it meanwhile; a timer that raises is never called again
        with suppress(MtiError, OSError):
            client.dequeue(due)
        known = error.problem if isinstance(error, MtiError) else None
        polling.remember_error(known or Problem.literal("os_error", str(error)))
        return False
    return True


def launch(job: JobFolder) -> None:
    """Start a runner on a job. Raises BackendMissing, DiskFull, NotWritable."""
    client.launch(
        addon.backend_python(), addon.EXTENSION_ROOT, job, environment(), idle_timeout=IDLE_SECONDS
    )


def environment() -> Mapping[str, str]:
    """What the backend is told besides the job."""
    told = dict(addon.backend_environment())
    if addon.PREVIEW_VARIABLE not in os.environ:
        told[addon.PREVIEW_VARIABLE] = str(PREVIEW_SECONDS)
    return told
