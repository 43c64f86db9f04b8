"""The files of the asset library that is built from the motions. Imports no bpy.

One .blend file per motion, named after it for good, so that what links to it finds it again. The
folder is a cache: whatever is missing, outdated or damaged in it is written again from the motion.
Nothing else in the folder is touched, since Blender offers it for assets of the animator's own.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..client.library import Entry
from ..wire import files
from ..wire.library import KINDS, Kind

FORMAT = 1
"""Version of what is written into a file; another one is written again."""
STATE, LOCK, CATALOGS = ".state.json", ".lock", "blender_assets.cats.txt"
_OURS = re.compile(r"[a-z0-9-]+\.[0-9a-f]{12}\.motion\.blend")
CATALOG_IDS: dict[Kind, str] = {
    "body": "1c7c9a3e-2d55-4a53-9b0e-6e6f2f6f0b01",
    "face": "1c7c9a3e-2d55-4a53-9b0e-6e6f2f6f0b02",
    "animal": "1c7c9a3e-2d55-4a53-9b0e-6e6f2f6f0b03",
    "object": "1c7c9a3e-2d55-4a53-9b0e-6e6f2f6f0b04",
    "camera": "1c7c9a3e-2d55-4a53-9b0e-6e6f2f6f0b05",
}
ROOT = "Motions"
_ROOT_ID = "1c7c9a3e-2d55-4a53-9b0e-6e6f2f6f0b00"
_HEADER = "VERSION 1\n\n"


@dataclass(frozen=True)
class Made:
    """A file, and what it was made from."""

    source: str
    """Hash of the motion's entry."""
    size: int = 0
    time: int = 0
    """When the file was last changed, in nanoseconds."""
    crc: int = 0
    """Of its contents; a motion that could not be written has neither file nor any of these."""


State = dict[str, Made]
"""File name -> what it was made from."""


def file_name(entry: Entry) -> str:
    """Return the name of a motion's file: the same for as long as its folder keeps its name."""
    place = f"{entry.id}\n{entry.folder}".encode("utf-8", "surrogatepass")
    readable = re.sub(r"[^a-z0-9-]+", "-", entry.folder.name.lower())[:40]
    return ".".join((readable, hashlib.sha256(place).hexdigest()[:12], "motion", "blend"))


def source_of(entry: Entry, blender: str) -> str:
    """Return a hash of all that a motion's file contains, made by a version of Blender."""
    about = [
        FORMAT, blender, entry.id, entry.name, entry.kind, entry.tags, entry.author, entry.license,
        entry.notes, entry.num_frames, entry.fps, entry.has_thumbnail,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(about).encode("ascii")).hexdigest()[:32]


def read_state(folder: Path) -> State:
    """Return what is known about the files; {} if nothing is, or it is damaged."""
    try:
        rows = json.loads((folder / STATE).read_bytes())
        return {
            name: Made(str(source), int(size), int(time), int(crc))
            for name, (source, size, time, crc) in rows.items()
            if _OURS.fullmatch(name)
        }
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def write_state(folder: Path, state: State) -> None:
    """Replace it atomically. Raises DiskFull, NotWritable."""
    rows = {name: (m.source, m.size, m.time, m.crc) for name, m in state.items()}
    files.write_atomic(folder / STATE, json.dumps(rows, indent=0).encode("ascii"))


def made_of(path: Path, source: str) -> Made:
    """Return what is to be known about a file that was just written. Raises OSError."""
    data, about = path.read_bytes(), path.stat()
    return Made(source, about.st_size, about.st_mtime_ns, zlib.crc32(data))


def is_intact(path: Path, made: Made, thoroughly: bool) -> bool:
    """Return whether a file is as it was written; `thoroughly` reads all of it."""
    if not made.size:
        return True  # its motion could not be written, and cannot be now
    try:
        about = path.stat()
        if (about.st_size, about.st_mtime_ns) != (made.size, made.time):
            return False
        return not thoroughly or zlib.crc32(path.read_bytes()) == made.crc
    except OSError:
        return False


def own_files(folder: Path) -> list[str]:
    """Return the names of motions' files; [] if there is no folder. Raises OSError."""
    try:
        return [name for name in os.listdir(folder) if _OURS.fullmatch(name)]
    except FileNotFoundError:
        return []


def has_foreign_files(folder: Path) -> bool:
    """Return whether the animator has put own .blend files into the folder. Raises OSError."""
    return any(not _OURS.fullmatch(path.name) for path in folder.rglob("*.blend"))


def remove_all(folder: Path) -> None:
    """Remove the files of motions, and the folder if there is nothing else. Raises OSError."""
    for name in own_files(folder):
        (folder / name).unlink(missing_ok=True)
    if folder.is_dir() and not has_foreign_files(folder):
        for name in (STATE, CATALOGS, f"{CATALOGS}~", LOCK):
            (folder / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()


def write_catalogs(folder: Path) -> None:
    """Add our catalogs to the folder's, which the animator may have changed. DiskFull, NotWritable.

    Raises UnicodeDecodeError if the file is none of Blender's.
    """
    path = folder / CATALOGS
    before = path.read_text("utf-8") if path.is_file() else ""
    missing = [line for line in _catalogs() if line.partition(":")[0] not in before]
    if missing:
        text = (before.rstrip("\n") + "\n" if before else _HEADER) + "\n".join(missing) + "\n"
        files.write_atomic(path, text.encode("utf-8"))


def _catalogs() -> Iterator[str]:
    yield ":".join((_ROOT_ID, ROOT, ROOT))
    for kind in KINDS:
        path = (ROOT, kind.capitalize())
        yield ":".join((CATALOG_IDS[kind], "/".join(path), "-".join(path)))


def wanted(entries: Iterable[Entry], blender: str) -> dict[str, tuple[Entry, str]]:
    """Return for each motion with poses its file's name, the motion, and its hash."""
    posed = (entry for entry in entries if entry.has_poses)
    return {file_name(entry): (entry, source_of(entry, blender)) for entry in posed}
