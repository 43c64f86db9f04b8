"""A job's current name, where it differs from its request. Imports no bpy.

Requests never change, so a new name is stored in a separate file that only the add-on reads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from ..wire import JobFolder, MtiError, Request, codec, files
from ..wire.codec import Constraint
from ..wire.contents import NOTE_BYTES, read_inside
from ..wire.errors import BadRequest
from ..wire.problem import Problem

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
    text = codec.dumps(codec.to_dict(title), indent=2) + "\n"
    files.write_atomic(job.path / TITLE_FILE, text.encode("utf-8"))


def titled(job: JobFolder, request: Request) -> Request:
    """Return a job's request with its current name."""
    try:
        value = codec.loads(read_inside(job.path, TITLE_FILE, NOTE_BYTES), TITLE_FILE)
        title: Title = codec.from_dict(Title, value, "title")
    except MtiError:
        return request
    return replace(request, name=title.name)
