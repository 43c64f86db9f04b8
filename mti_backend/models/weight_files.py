"""A model's files told apart from others without loading them; stdlib only.

`svd.identity` names a model in the motions that it has learned. It reads tensors, and leaves out
the autoencoder. This names everything that a model is loaded from.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

READ_WHOLE = 64 * 2**20
"""Bytes above which a file is read in samples."""
EVERY, PIECE = 2**20, 16 * 2**10
"""Samples in bytes: how far apart they begin, and how long they are."""
SUFFIXES = frozenset({".json", ".safetensors", ".txt", ".model"})

Signature = tuple[tuple[str, int, int, int], ...]
_known: dict[Path, tuple[Signature, str]] = {}


def signature(folder: Path) -> Signature:
    """Return (name, bytes, modification time, inode) of all files that a model is loaded from."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)  # the downloader's own
        if path.suffix in SUFFIXES and not hidden and path.is_file():
            about = path.stat()
            found.append((name.as_posix(), about.st_size, about.st_mtime_ns, about.st_ino))
    return tuple(found)


def weights_key(folder: Path) -> str:
    """Return 64 hex digits that are the same for the same files, wherever they are.

    Of a large file, a sixty-fourth is read, in every mebibyte of it. What was computed is kept
    until a file changes. Raises OSError if one cannot be read.
    """
    now = signature(folder)
    known = _known.get(folder)
    if known is not None and known[0] == now:
        return known[1]
    digest = hashlib.sha256()
    for name, size, _, _ in now:
        digest.update(f"{name}\0{size}\0".encode())
        digest.update(_sampled(folder / name, size))
    key = digest.hexdigest()
    _known[folder] = now, key
    return key


def _sampled(path: Path, size: int) -> bytes:
    with open(path, "rb") as file:
        if size <= READ_WHOLE:
            return hashlib.file_digest(file, "sha256").digest()
        digest = hashlib.sha256()
        for start in (*range(0, size - PIECE, EVERY), size - PIECE):
            file.seek(start)
            digest.update(file.read(PIECE))
        return digest.digest()
