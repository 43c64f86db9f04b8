"""The motions of all libraries, followed on Blender's timer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
GONE = Problem(
    "motion_gone_from_library",
    "This motion is no longer in the library.",
    "Look for it in the trash, or import it again.",
)
_library: Library | None = None
_folders: tuple[Path, Path | None, Path] | None = None
_listeners: list[Callable[[], None]] = []


def library() -> Library:
    """Return the libraries that the preferences name; those just chosen are empty for a moment."""
    global _library, _folders
    folders = addon.library_folder(), addon.studio_folder(), addon.presets_folder()
    if _library is None or folders != _folders:
        if _library is not None:
            _library.close()
        own, studio, shipped = folders
        _library, _folders = Library(own, [studio] if studio else [], shipped), folders
    return _library


def read(motion: str) -> Motion:
    """Read a motion by its id. Raises UnreadableInput if there is none, or BadRequest."""
    found = library().find(motion)
    if found is None:  # it may be new
        library().refresh()
        found = library().find(motion)
    if found is None:
        raise UnreadableInput(GONE)
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
