"""Deleted motions, until the trash is emptied; wire and stdlib only.

The trash is the hidden folder `.trash` of the own library. A motion is deleted and restored by one
rename. Its folder's name in the trash says when it was deleted, and what it was called.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...wire import files
from ...wire.errors import MtiError, UnreadableInput
from ...wire.library import read_preset
from ...wire.library.changing import check_own, check_there, sweep_library
from ...wire.library.folder import free_place
from ...wire.library.lock import locked
from ...wire.problem import Problem

TRASH = ".trash"
_DELETED = re.compile(r"([0-9]{8}T[0-9]{6}Z)-[0-9a-f]{6}-(.+)")
_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Deleted:
    """A motion in the trash."""

    place: Path
    """Its folder in the trash."""
    name: str
    """The motion's name, or its folder's if its preset cannot be read."""
    date: float
    """When it was deleted, in seconds since 1970."""
    bytes: int


def delete(own: Path, folder: Path) -> Path:
    """Move a motion to the trash, also one that cannot be read; return its place there.

    Raises NotWritable (also if it is not in the library `own`), UnreadableInput if it is gone,
    Busy.
    """
    check_own(own, folder)
    stamp = datetime.now(UTC).strftime(_TIME)
    place = own / TRASH / f"{stamp}-{secrets.token_hex(3)}-{folder.name}"
    with locked(own), files.translating_os_errors(folder):
        check_there(folder)
        place.parent.mkdir(exist_ok=True)
        _move(folder, place)
    files.sweep(place.parent)
    return place


def restore(own: Path, place: Path) -> Path:
    """Move a motion from the trash back into the library; return its folder.

    It is the one that it had, unless another motion has that by now. Raises UnreadableInput if it
    is no longer in the trash, NotWritable, Busy.
    """
    parts = _DELETED.fullmatch(place.name)
    with locked(own), files.translating_os_errors(own):
        if place.parent != own / TRASH or parts is None or not place.is_dir():
            what = "The motion {name} is no longer in the trash."
            values = {"name": parts[2] if parts else place.name}
            raise UnreadableInput(Problem("motion_not_in_trash", what, "", values))
        folder = own / parts[2]
        while True:
            if os.path.lexists(folder):
                folder = free_place(own, parts[2])
            try:
                _move(place, folder)
                return folder
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise  # else another program has just taken the name


def list_trash(own: Path) -> list[Deleted]:
    """Return the motions in the trash, last deleted first. Reads files; never raises."""
    found = []
    for place, date, name in _places(own):
        with contextlib.suppress(MtiError):  # a damaged motion may be in the trash, too
            name = read_preset(place).name
        found.append(Deleted(place, name, date, files.size_of(place)))
    return found


def empty_trash(own: Path, places: Iterable[Path] | None = None) -> int:
    """Delete motions in the trash for good, all or these; return how many bytes that frees.

    Also removes what crashed programs have left in the library. Raises NotWritable.
    """
    chosen = None if places is None else set(places)
    freed = 0
    for place, _, _ in _places(own):
        if chosen is None or place in chosen:
            size = files.size_of(place)
            files.remove_folder(place)
            freed += size
    if chosen is None:
        files.sweep(own / TRASH)
        sweep_library(own)
    return freed


def _places(own: Path) -> list[tuple[Path, float, str]]:
    """Return place, date and folder name of everything in the trash, last deleted first."""
    try:
        names = sorted(os.listdir(own / TRASH), reverse=True)
    except OSError:
        return []
    found = []
    for name in names:
        parts = _DELETED.fullmatch(name)
        if parts is not None and os.path.isdir(own / TRASH / name):
            with contextlib.suppress(ValueError):  # no such day: not named by us
                date = datetime.strptime(parts[1], _TIME).replace(tzinfo=UTC).timestamp()
                found.append((own / TRASH / name, date, parts[2]))
    return found


def _move(source: Path, target: Path) -> None:
    """Rename a folder durably."""
    try:
        files.retrying(lambda: os.rename(source, target))
    except FileNotFoundError as error:  # a program that does not use the lock
        check_there(source)
        raise UnreadableInput(f"{source} cannot be moved ({error.strerror}).") from error
    files.fsync_dir(target.parent)
    files.fsync_dir(source.parent)
