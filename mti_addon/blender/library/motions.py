"""The motions of all libraries, followed on Blender's timer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import bpy

from ...client.library import Library
from ...wire.errors import UnreadableInput
from ...wire.library import Motion, read_motion
from ...wire.problem import Problem
from ..common import addon

SLICE = 0.004
"""Seconds of one tick that reads files."""
AT_FIRST, LATER = 0.05, 1.0
"""Seconds between two ticks, until all libraries have been looked at once, and then."""
FIRST = 1.0
GONE = "This motion is no longer in the library."


class Folders(NamedTuple):
    """The libraries whose motions are shown."""

    own: Path
    shipped: Path
    studio: tuple[Path, ...] = ()


_library: Library | None = None
_folders: Folders | None = None
_listeners: list[Callable[[], None]] = []


def folders() -> Folders:
    """Return the folders that the preferences name."""
    return Folders(addon.library_folder(), addon.presets_folder())


def library() -> Library:
    """Return the motions; there are none for a moment after other folders were chosen."""
    global _library, _folders
    now = folders()
    if _library is None or now != _folders:
        if _library is not None:
            _library.close()
        _library, _folders = Library(now.own, now.studio, now.shipped), now
    return _library


def read(motion: str) -> Motion:
    """Read a motion by its id. Raises UnreadableInput if there is none, or BadRequest."""
    found = library().find(motion)
    if found is None:  # it may be new
        library().refresh()
        found = library().find(motion)
    if found is None:
        hint = "Look for it in the trash, or import it again."
        raise UnreadableInput(Problem("motion_not_in_library", GONE, hint))
    return read_motion(found.folder)


def on_change(tell: Callable[[], None]) -> None:
    """Call a function whenever other motions are to be shown."""
    _listeners.append(tell)


def start() -> None:
    """Follow the libraries; look at them soon."""
    stop()
    bpy.app.timers.register(tick, first_interval=FIRST, persistent=True)


def stop() -> None:
    """Stop following them."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


def forget() -> None:
    """Stop, and keep nothing; for unregister()."""
    global _library, _folders
    stop()
    _listeners.clear()
    if _library is not None:
        _library.close()
    _library = _folders = None


def tick() -> float:
    """Look at some files; return the seconds until the next time."""
    shown = library()
    if shown.refresh(SLICE):
        for tell in _listeners:
            tell()
    return LATER if shown.is_complete else AT_FIRST
