"""A job's current name, where it differs from its request. Imports no bpy.

Requests never change, so a new name is stored in a separate file that only the add-on reads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from ..wire import JobFolder, Request, codec
from ..wire.codec import Constraint
from ..wire.errors import BadRequest
from ..wire.problem import Problem
from .note_files import read_note_file, write_note_file

TITLE_FILE = "title.json"
LONGEST_NAME = 59
"""In bytes, so that Blender's 64-byte strings hold a motion's name with a suffix."""


@dataclass(frozen=True)
class Title:
    """Contents of title.json."""

    name: Annotated[str, Constraint(r"[^\x00-\x1f\x7f]{1,64}", "The display name.")]


def rename(job: JobFolder, name: str) -> None:
    """Rename a job. Raises BadRequest, DiskFull, NotWritable."""
    title = Title(name.strip())
    if not title.name:
        raise BadRequest(
            Problem("name_empty", "A motion needs a name.", "Type at least one letter.")
        )
    codec.check(title, "title")
    write_note_file(job.path, TITLE_FILE, title)


def titled(job: JobFolder, request: Request) -> Request:
    """Return a job's request with its current name."""
    title = read_note_file(Title, job.path, TITLE_FILE)
    return replace(request, name=title.name) if title is not None else request
