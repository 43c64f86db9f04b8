"""Which .blend file a job was started from, noted in its folder and kept with its results.

Imports no bpy. A file is known by an id that its scenes carry, so that a copy of it, saved under
another name, still knows its jobs; the path is for people, and for a file whose id was undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ..wire import JobFolder, MtiError, codec, files
from ..wire.codec import Constraint
from ..wire.contents import NOTE_BYTES, read_inside

ORIGIN_FILE = "origin.json"
"""In a job's folder, and in a result's. Only the add-on reads it."""


@dataclass(frozen=True)
class Origin:
    """A .blend file."""

    file: Annotated[str, Constraint(r"[0-9a-f]{32}", "The id that its scenes carry.")]
    path: Annotated[str, Constraint(r"[^\x00]{0,1024}", "Where it was; empty: not saved yet.")]


def write_origin(job: JobFolder, origin: Origin) -> None:
    """Remember which file started a job. DiskFull, NotWritable."""
    text = codec.dumps(codec.to_dict(origin), indent=2) + "\n"
    files.write_atomic(job.path / ORIGIN_FILE, text.encode("utf-8"))


def read_origin(folder: Path) -> Origin | None:
    """The file that a job, or a result, is of; None if nobody has noted it."""
    try:
        value = codec.loads(read_inside(folder, ORIGIN_FILE, NOTE_BYTES), ORIGIN_FILE)
        origin: Origin = codec.from_dict(Origin, value, "origin")
    except MtiError:
        return None
    return origin
