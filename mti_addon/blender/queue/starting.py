"""Start jobs one at a time from a file-based queue.

Two jobs at once would compete for the GPU or for a few cores. The queue is stored in the job
folders; the next job is started by whatever process is there: this Blender, another one, or the
runner that has just finished.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress

from ... import client
from ...client.remote.start import start_relay
from ...wire import JobFolder, MtiError
from ...wire.job import PREVIEW_SECONDS, PREVIEW_VARIABLE
from ...wire.problem import Problem
from ...wire.remote.note import RemoteNote, read_remote, write_remote
from ..common import addon, panels
from ..studio import place

IDLE_SECONDS = 30.0
"""How long an idle runner keeps its model loaded for the next take."""
MOST_RELAYS = 8
"""Relays at once. More jobs would only wait at the studio, and each relay takes some memory."""


def advance(job: JobFolder | None = None) -> bool:
    """Start the next job in the queue; return whether one was started.

    Raises what prevents it from starting, but only for `job`. Without one, as when called by the
    timer, it never raises, and a blocked queue waits.
    """
    if job is not None and is_remote(job):
        if client.relays_in(job.path.parent) >= MOST_RELAYS:
            return False  # the next relay that ends takes it up
        launch(job)
        return True
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
        panels.remember_error(known or Problem.literal("os_error", str(error)))
        return False
    return True


def launch(job: JobFolder) -> None:
    """Start a runner on a job, or the relay of one that runs at the studio.

    Raises BackendMissing, StudioError (online access is off), DiskFull, NotWritable.
    """
    note = read_remote(job)
    if note is not None:
        place.require_online(note.studio)
        start_relay(job, place.folder(), addon.EXTENSION_ROOT, sys.executable)
        return
    client.launch(
        addon.backend_python(), addon.EXTENSION_ROOT, job, environment(), idle_timeout=IDLE_SECONDS
    )


def is_remote(job: JobFolder) -> bool:
    """Return whether a job runs at the studio."""
    return os.path.exists(job.remote_file)


def send_to_studio(job: JobFolder) -> None:
    """Note that a new job runs at the studio. Raises DiskFull, NotWritable."""
    place.require_online(place.address())
    write_remote(job, RemoteNote(place.address()))


def environment() -> Mapping[str, str]:
    """Return the backend's environment variables."""
    told = dict(addon.backend_environment())
    if PREVIEW_VARIABLE not in os.environ:
        told[PREVIEW_VARIABLE] = str(PREVIEW_SECONDS)
    return told
