"""The motions of all libraries, followed on Blender's timer."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import bpy

from ...client.library import Entry, Library
from ...wire.errors import MtiError, UnreadableInput
from ...wire.library import Motion, read_motion
from ...workflow.motions import Labels
from ..common import addon, file_cache
from .problems import GONE

SLICE = 0.004
"""Seconds of one tick that reads files."""
AT_FIRST, SHOWN, UNSEEN = 0.02, 1.0, 5.0
"""Seconds between two ticks: until all libraries have been looked at once, while they are shown,
and otherwise."""
FIRST = 1.0

_library: Library | None = None
_labels: Labels | None = None
_named: tuple[str, ...] = ()
"""What the folders depend on, as it was when they were last asked for."""
_folders: tuple[Path, Path | None, Path] | None = None
_listeners: list[Callable[[], None]] = []
_drawn_at = 0.0


def library() -> Library:
    """Return the libraries that the preferences name; those just chosen are empty for a moment."""
    global _library, _labels, _named, _folders
    prefs = addon.preferences()
    named = (prefs.library_folder, prefs.studio_folder, bpy.data.filepath) if prefs else ()
    if _library is not None and named == _named:
        return _library
    folders = addon.library_folder(), addon.studio_folder(), addon.presets_folder()
    _named = named
    if _library is None or folders != _folders:
        if _library is not None:
            _library.close()
        own, studio, shipped = folders
        _library = Library(own, [studio] if studio else [], shipped)
        _labels, _folders = Labels(_library), folders
        if not file_cache.ON_TIMER:
            _library.refresh()
    return _library


def own() -> Path:
    """Return the folder of the animator's own motions, whether or not it exists."""
    return addon.library_folder()


def labelled(label: str) -> Entry | None:
    """Return the motion that an animator has chosen by its label; None if there is none."""
    library()
    assert _labels is not None
    return _labels.find(label)


def read(motion: str) -> Motion:
    """Read a motion by its id. Raises UnreadableInput if there is none, or BadRequest."""
    found = library().find(motion)
    if found is None:  # it may be new
        library().refresh()
        found = library().find(motion)
    if found is None:
        raise UnreadableInput(GONE)
    return read_motion(found.folder)


def notice(folder: Path) -> Entry | None:
    """Look at one folder at once, after changing it; return its entry if it is shown."""
    before = library().revision
    entry = library().notice(folder)
    if library().revision != before:
        tell()
    return entry


def note_use(motion: str) -> None:
    """Remember that a motion, by its id, is used now; a library that is read-only does not."""
    with contextlib.suppress(MtiError, OSError):
        library().mark_used(motion)


def on_change(listener: Callable[[], None]) -> None:
    """Call a function whenever other motions are to be shown; registering twice has no effect."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell() -> None:
    """Call the listeners."""
    for listener in _listeners:
        listener()


def drawn() -> None:
    """Note that the motions are being drawn, and so are worth following closely."""
    global _drawn_at
    _drawn_at = time.monotonic()


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
    global _library, _labels, _named, _folders
    stop()
    if _library is not None:
        _library.close()
    _library = _labels = _folders = None
    _named = ()


def tick() -> float:
    """Look at some files; return the seconds until the next time."""
    shown = library()
    if shown.refresh(SLICE):
        tell()
    if not shown.is_complete:
        return AT_FIRST
    return SHOWN if time.monotonic() - _drawn_at < UNSEEN else UNSEEN
