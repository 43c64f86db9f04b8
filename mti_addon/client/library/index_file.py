"""The index of a library on disk: what its presets said when they were last read; stdlib only.

It only saves time. It is never trusted over the files: each entry is kept with the time and size of
the preset.json it was read from, and read again where they differ. A missing or damaged index, or
one of another version, is built anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ...wire.files import TEMP_PREFIX, sweep
from ...wire.library import PRESET_VERSION
from ...wire.version import version_of
from .entry import Entry, Root, from_row, to_row

INDEX_FOLDER = ".index"
MAX_BYTES = 64 * 2**20
_FORMAT = 1

Stamp = tuple[int, int]
"""Modification time in nanoseconds and size in bytes of a preset.json."""


def index_path(folder: Path, root: Root) -> Path:
    """Return the file of a library's index in the folder of all indexes."""
    place = hashlib.sha256(os.fsencode(os.path.abspath(root.path))).hexdigest()[:16]
    return folder / f"{place}.json"


def read_index(path: Path, root: Root) -> dict[str, tuple[Stamp, Entry]]:
    """Return the entries by their folder's name; {} if there is no index of use."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return {}
        digest, _, body = path.read_bytes().partition(b"\n")
        if digest.decode("ascii") != hashlib.sha256(body).hexdigest():
            return {}
        value = json.loads(body)
        if value["header"] != _header():
            return {}
        return {
            name: ((stamp[0], stamp[1]), from_row(row, root.path / name, root.origin))
            for name, stamp, row in value["rows"]
        }
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return {}


def writing_index(path: Path, rows: Iterable[tuple[str, Stamp, Entry]]) -> Iterator[None]:
    """Replace the index; yields after each row, so that it can be done a little at a time.

    Never raises: without an index, the presets are read. It is not synced, since its checksum
    tells a torn one.
    """
    written = []
    for name, stamp, entry in rows:
        written.append(json.dumps([name, stamp, to_row(entry)], separators=(",", ":")))
        yield
    body = f'{{"header":{json.dumps(_header())},"rows":[{",".join(written)}]}}'.encode("ascii")
    temp = path.with_name(f"{TEMP_PREFIX}{secrets.token_hex(6)}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temp.write_bytes(hashlib.sha256(body).hexdigest().encode("ascii") + b"\n" + body)
        os.replace(temp, path)
        sweep(path.parent)
    except OSError:
        with contextlib.suppress(OSError):
            temp.unlink(missing_ok=True)


def _header() -> list[Any]:
    return [_FORMAT, PRESET_VERSION, version_of()]
