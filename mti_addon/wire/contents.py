"""Files in a job or a preset: copied durably, verified before use; stdlib only."""

from __future__ import annotations

import hashlib
from pathlib import Path

from . import files
from .errors import UnreadableInput
from .problem import Problem

MAX_BYTES = 64 * 2**20
"""Maximum file size: 4096 x 4096 pixels of 8-bit RGBA."""
MAX_MOTION_BYTES = 256 * 2**20
"""The same of a motion; those of Motion Inversion are large."""
NOTE_BYTES = 2**20
"""Maximum size of a note stored next to a request."""


def add_file(folder: Path, name: str, source: bytes | Path) -> str:
    """Write `folder/name` durably from bytes or another file; return its sha256 in hex.

    Raises UnreadableInput for the source; plain OSError for the copy.
    """
    data = source if isinstance(source, bytes) else read_file(source, str(source), _most(name))
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    files.write_synced(target, data)
    return hashlib.sha256(data).hexdigest()


def read_file(path: Path, name: str, most: int = MAX_BYTES) -> bytes:
    """Read a regular file of at most `most` bytes; UnreadableInput refers to it as `name`."""
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
    """Raise UnreadableInput unless `folder/name` is a regular file inside with this sha256."""
    read_verified(folder, name, expected)


def _most(name: str) -> int:
    return MAX_MOTION_BYTES if name.endswith(".safetensors") else MAX_BYTES


def read_inside(folder: Path, name: str, most: int = MAX_BYTES) -> bytes:
    """Read `folder/name`, at most `most` bytes.

    Raises UnreadableInput unless it is a regular file inside: anything else might belong to
    somebody else, or reading it might never end.
    """
    # A link could point to any file on the machine, and the folder may come from another one.
    try:
        inside = (folder / name).resolve() == folder.resolve() / name
    except (OSError, RuntimeError) as error:  # circular links
        raise UnreadableInput(f"{name} cannot be read ({error}).") from error
    if not inside:
        raise UnreadableInput(f"{name} is a link, not a regular file.")
    return read_file(folder / name, name, most)


def read_verified(folder: Path, name: str, expected: str) -> bytes:
    """Read and verify `folder/name`.

    Raises UnreadableInput unless it is a regular file inside with this sha256; checks the very
    bytes that are returned.
    """
    data = read_inside(folder, name, _most(name))
    if hashlib.sha256(data).hexdigest() != expected:
        raise UnreadableInput(
            Problem(
                "file_changed",
                "{name} has changed since it was written.",
                "It is damaged or was modified: create it again.",
                {"name": name},
            )
        )
    return data
