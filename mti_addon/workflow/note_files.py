"""Small JSON files next to a job's request or a result, read and written only by the add-on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from ..wire import MtiError, codec, files
from ..wire.contents import NOTE_BYTES, read_inside

T = TypeVar("T")


def write_note_file(folder: Path, name: str, value: Any) -> None:
    """Write a dataclass as `folder/name`, atomically. Raises DiskFull, NotWritable."""
    text = codec.dumps(codec.to_dict(value), indent=2) + "\n"
    files.write_atomic(folder / name, text.encode("utf-8"))


def read_note_file(cls: type[T], folder: Path, name: str) -> T | None:
    """Read a dataclass from `folder/name`; None if it is missing or invalid."""
    try:
        return codec.from_dict(cls, codec.loads(read_inside(folder, name, NOTE_BYTES), name), name)
    except MtiError:
        return None
