"""Submit a new job: write what belongs to it, queue it, and start it if its turn has come."""

from __future__ import annotations

from contextlib import suppress

from ... import client
from ...wire import JobFolder, MtiError
from ...workflow.job_origin import write_origin
from ...workflow.keeping import Keep, write_keep
from ...workflow.provenance import Target, write_note
from ..common import this_file
from ..studio import place
from . import polling, starting


def submit(job: JobFolder, target: Target | None, keep: Keep | None = None) -> None:
    """Queue a written job, and start it if nothing else is running.

    Records its .blend file, what its target was made from, and what becomes of its motion in the
    library. A job that cannot be started is
    removed. Raises BackendMissing, StudioError, DiskFull, NotWritable.
    """
    try:
        write_origin(job, this_file.origin())
        if target is not None:
            write_note(job, target.note, target.whole)
        if keep is not None:
            write_keep(job, keep)
        if place.at_studio():
            starting.send_to_studio(job)
        client.enqueue(job)
        starting.advance(job)
    except (MtiError, OSError):
        with suppress(MtiError):  # it may have started anyway
            client.remove(job)
        raise
    finally:
        polling.start(job)
