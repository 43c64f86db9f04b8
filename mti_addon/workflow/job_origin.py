"""The .blend file that a job was started from, recorded in its folder and its results.

Imports no bpy. A file is identified by an ID stored in its scenes, so that a copy saved under
another name still finds its jobs; the path is for display, and for files whose ID was undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ..wire import JobFolder, MtiError, codec, files
from ..wire.codec import Constraint
from ..wire.contents import NOTE_BYTES, read_inside

ORIGIN_FILE = "origin.json"
"""In the folder of a job or result; only read by the add-on."""


@dataclass(frozen=True)
class Origin:
    """A .blend file."""

    file: Annotated[str, Constraint(r"[0-9a-f]{32}", "ID stored in its scenes.")]
    path: Annotated[str, Constraint(r"[^\x00]{0,1024}", "Its path; empty if it was not saved yet.")]


def write_origin(job: JobFolder, origin: Origin) -> None:
    """Record which file started a job. Raises DiskFull, NotWritable."""
    text = codec.dumps(codec.to_dict(origin), indent=2) + "\n"
    files.write_atomic(job.path / ORIGIN_FILE, text.encode("utf-8"))


def read_origin(folder: Path) -> Origin | None:
    """Return the file that a job or result belongs to; None if not recorded."""
    try:
        value = codec.loads(read_inside(folder, ORIGIN_FILE, NOTE_BYTES), ORIGIN_FILE)
        origin: Origin = codec.from_dict(Origin, value, "origin")
    except MtiError:
        return None
    return origin
