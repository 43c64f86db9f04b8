"""Files that travel in a job or a preset: copied in durably, checked before use; stdlib only."""

from __future__ import annotations

import hashlib
from pathlib import Path

from . import files
from .errors import UnreadableInput
from .problem import Problem

MAX_BYTES = 64 * 2**20
"""No file is larger: 4096 x 4096 pixels of 8-bit RGBA."""
NOTE_BYTES = 2**20
"""No note beside a request is larger."""


def add_file(folder: Path, name: str, source: bytes | Path) -> str:
    """Write `folder/name` durably from bytes or another file; its sha256 in hex.

    Raises UnreadableInput for the source; plain OSError for the copy.
    """
    data = source if isinstance(source, bytes) else read_file(source, str(source))
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    files.write_synced(target, data)
    return hashlib.sha256(data).hexdigest()


def read_file(path: Path, name: str, most: int = MAX_BYTES) -> bytes:
    """The bytes of a plain file of at most `most`; UnreadableInput, in which it is `name`."""
    try:
        if not path.is_file():
            raise UnreadableInput(
                Problem(
                    "file_missing",
                    "{name} is missing.",
                    "Capture or choose it again.",
                    {"name": name},
                )
            )
        if path.stat().st_size > most:
            raise UnreadableInput(f"{name} is larger than {most >> 20} MiB.")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableInput(f"{name} cannot be read ({error.strerror}).") from error


def verify_file(folder: Path, name: str, expected: str) -> None:
    """Raise UnreadableInput unless `folder/name` is a plain file inside with this sha256."""
    read_verified(folder, name, expected)


def read_inside(folder: Path, name: str, most: int = MAX_BYTES) -> bytes:
    """The bytes of `folder/name`, of at most `most`. UnreadableInput unless it is a plain file
    inside: of nothing else it is known that reading it ends, or whose it is."""
    # A link could name any file of the machine, and the folder may come from another one.
    try:
        inside = (folder / name).resolve() == folder.resolve() / name
    except (OSError, RuntimeError) as error:  # links in a ring
        raise UnreadableInput(f"{name} cannot be read ({error}).") from error
    if not inside:
        raise UnreadableInput(f"{name} is reached by a link, not a plain file.")
    return read_file(folder / name, name, most)


def read_verified(folder: Path, name: str, expected: str) -> bytes:
    """The bytes of `folder/name`. UnreadableInput unless it is a plain file inside with this
    sha256: of bytes that are used, nothing but these can be said."""
    data = read_inside(folder, name)
    if hashlib.sha256(data).hexdigest() != expected:
        raise UnreadableInput(
            Problem(
                "file_changed",
                "{name} is not the file that it was when it was written.",
                "It is damaged or was changed: make it again.",
                {"name": name},
            )
        )
    return data
