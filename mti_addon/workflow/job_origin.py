"""The .blend file that a job was started from, recorded in its folder and its results.

Imports no bpy. A file is identified by an ID stored in its scenes, so that a copy saved under
another name still finds its jobs; the path is for display, and for files whose ID was undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ..wire import JobFolder
from ..wire.codec import Constraint
from .note_files import read_note_file, write_note_file

ORIGIN_FILE = "origin.json"
"""In the folder of a job or result; only read by the add-on."""


@dataclass(frozen=True)
class Origin:
    """A .blend file."""

    file: Annotated[str, Constraint(r"[0-9a-f]{32}", "ID stored in its scenes.")]
    path: Annotated[str, Constraint(r"[^\x00]{0,1024}", "Its path; empty if it was not saved yet.")]


def write_origin(job: JobFolder, origin: Origin) -> None:
    """Record which file started a job. Raises DiskFull, NotWritable."""
    write_note_file(job.path, ORIGIN_FILE, origin)


def read_origin(folder: Path) -> Origin | None:
    """Return the file that a job or result belongs to; None if not recorded."""
    return read_note_file(Origin, folder, ORIGIN_FILE)
