"""Favorites and recently used motions: one small file in the own library; wire and stdlib only.

They are kept by the motion's id, so they stay with a motion that is renamed, learned anew, or
deleted and imported again. A copy of a motion is the same motion, so it is a favorite, too.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from ...wire import codec, files
from ...wire.codec import Constraint, Range
from ...wire.errors import BadRequest, NewerProtocol
from ...wire.library.lock import locked
from ...wire.problem import Problem

STATE_FILE = ".state.json"
STATE_VERSION = 1
MAX_BYTES = 2**20
MAX_FAVORITES = 10_000
MAX_USED = 200
"""Only so many of the last used motions are remembered."""

_Id = Annotated[str, Constraint(r"[0-9a-f]{32}", "The id of a motion.")]
_Time = Annotated[float, Range(0, 1e12, "s", "Since 1970.")]


@dataclass(frozen=True)
class State:
    """What one person has marked in the library."""

    version: Annotated[int, Range(1, 10_000, "", "Version of this file.")]
    favorites: Annotated[dict[_Id, _Time], Constraint(None, "When each became one.")]
    used: Annotated[dict[_Id, _Time], Constraint(None, "When each was last used.")]


EMPTY = State(STATE_VERSION, {}, {})


def read_state(own: Path) -> State:
    """Return what is marked; nothing if the file is missing, damaged, or of a newer version."""
    try:
        return _read(own / STATE_FILE)
    except (BadRequest, OSError):
        return EMPTY


def set_favorite(own: Path, motion: str, favorite: bool) -> State:
    """Make a motion, by its id, a favorite or none.

    Raises NewerProtocol, Busy, DiskFull, NotWritable.
    """

    def change(state: State) -> State:
        favorites = dict(state.favorites)
        if favorite:
            favorites.setdefault(motion, time.time())
        else:
            favorites.pop(motion, None)
        return replace(state, favorites=_newest(favorites, MAX_FAVORITES))

    return _change(own, change)


def mark_used(own: Path, motion: str) -> State:
    """Note that a motion, by its id, is used now. Raises the same as `set_favorite`."""

    def change(state: State) -> State:
        used = {**state.used, motion: time.time()}
        return replace(state, used=_newest(used, MAX_USED))

    return _change(own, change)


def _change(own: Path, change: Callable[[State], State]) -> State:
    """Change what the file says now, so that nothing of another program is lost."""
    path = own / STATE_FILE
    with locked(own), files.translating_os_errors(path):
        try:
            before = _read(path)
        except NewerProtocol:
            raise
        except BadRequest:
            before = EMPTY
            files.replace(path, path.with_name(f"{STATE_FILE}.damaged-{secrets.token_hex(3)}"))
        after = change(before)
        if after != before:
            files.write_atomic(path, (codec.dumps(codec.to_dict(after)) + "\n").encode("utf-8"))
    return after


def _read(path: Path) -> State:
    """Read the file strictly. Raises BadRequest if it is damaged, NewerProtocol, plain OSError."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return EMPTY
    if len(data) > MAX_BYTES:
        raise BadRequest(f"{path} is larger than {MAX_BYTES} bytes.")
    value = codec.loads(data, path.name)
    version = value.get("version") if isinstance(value, dict) else None
    if isinstance(version, int) and version > STATE_VERSION:
        what = "The favorites in {path} were saved by a newer version."
        raise NewerProtocol(
            Problem("favorites_of_newer_version", what, "Update the extension.", {"path": path})
        )
    return codec.from_dict(State, value, path.name)


def _newest(times: dict[str, float], count: int) -> dict[str, float]:
    kept = sorted(times.items(), key=lambda each: -each[1])[:count]
    return dict(sorted(kept, key=lambda each: each[1]))
