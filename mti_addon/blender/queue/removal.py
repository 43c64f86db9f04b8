"""Delete jobs: here, and those of a studio on its server, too."""

from __future__ import annotations

from ... import client
from ...client.remote import outbox
from ...wire import JobFolder, MtiError
from ...wire.remote.note import read_remote
from ..studio import place, watch


def remove(job: JobFolder) -> None:
    """Delete a job. Raises Busy while a runner works on it, DiskFull, NotWritable.

    The studio's server is told as soon as it can be reached.
    """
    note = read_remote(job)
    if note is None:
        client.remove(job)
        return
    request = outbox.put(place.folder(), "delete", job, note)
    try:
        client.remove(job)
    except MtiError:
        outbox.take_back(place.folder(), request.key)
        raise
    watch.begin()
