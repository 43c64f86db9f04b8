"""`remote.json`: a job that runs on a studio's server, and which one it is there; stdlib only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from .. import codec, files
from ..codec import Constraint, Range
from ..contents import NOTE_BYTES, read_inside
from ..errors import MtiError
from ..job import JobFolder


@dataclass(frozen=True)
class RemoteNote:
    """Contents of remote.json."""

    studio: Annotated[
        str, Constraint(r"[^\x00-\x1f\x7f]{1,300}", "Address of the server, HOST:PORT.")
    ]
    job: Annotated[
        str,
        Constraint(r"[0-9A-Za-z_-]{0,64}", "The job's id on the server; empty before it has one."),
    ] = ""
    attempt: Annotated[
        int, Range(1, 10**6, "", "How often it was submitted, once for each new start.")
    ] = 1
    since: Annotated[
        int, Range(0, 10**9, "", "Events after this `seq` are of this job on the server.")
    ] = 0
    after: Annotated[
        int, Range(0, 10**9, "", "Events on the server up to this one do not count.")
    ] = 0
    again: Annotated[
        bool, Constraint(None, "The job was resumed here, and may have to be on the server.")
    ] = False

    def key(self, job: JobFolder) -> str:
        """Return the idempotency key of this attempt."""
        name = job.path.name
        return name if self.attempt == 1 else f"{name}-{self.attempt}"


def write_remote(job: JobFolder, note: RemoteNote) -> None:
    """Replace remote.json atomically. Raises DiskFull, NotWritable."""
    text = codec.dumps(codec.to_dict(note), indent=2) + "\n"
    files.write_atomic(job.remote_file, text.encode("utf-8"))


def read_remote(job: JobFolder) -> RemoteNote | None:
    """Return where a job runs; None if it is here, or if the file cannot be read."""
    try:
        data = read_inside(job.path, job.remote_file.name, NOTE_BYTES)
        return codec.from_dict(RemoteNote, codec.loads(data, "remote.json"), "remote.json")
    except MtiError:
        return None
