"""What a job is called now, where that is not what its request says. Imports no bpy.

A request never changes, so another name is a note beside it, which only the add-on reads.
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


@dataclass(frozen=True)
class Title:
    """title.json."""

    name: Annotated[str, Constraint(r"[^\x00-\x1f\x7f]{1,64}", "The name, for people.")]


def rename(job: JobFolder, name: str) -> None:
    """Call a job otherwise from now on. BadRequest, DiskFull, NotWritable."""
    title = Title(name.strip())
    if not title.name:
        raise BadRequest(
            Problem("name_empty", "A motion needs a name.", "Type at least one letter.")
        )
    codec.check(title, "title")
    text = codec.dumps(codec.to_dict(title), indent=2) + "\n"
    files.write_atomic(job.path / TITLE_FILE, text.encode("utf-8"))


def titled(job: JobFolder, request: Request) -> Request:
    """A job's request with the name that it has now."""
    try:
        value = codec.loads(read_inside(job.path, TITLE_FILE, NOTE_BYTES), TITLE_FILE)
        title: Title = codec.from_dict(Title, value, "title")
    except MtiError:
        return request
    return replace(request, name=title.name)
