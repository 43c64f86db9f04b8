"""Get notified by Blender about changes in the file, so that panels need not check while drawing.

A change starts a timer that calls all registered lookers after a delay. It waits while changes
continue or the animation plays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import bpy

from ..common import panels
from .dependencies import known

SECONDS = 0.5
"""Required time without changes."""

DRAGS = ("TRANSFORM_OT", "POSE_OT", "GRAPH_OT", "ACTION_OT", "NLA_OT", "ANIM_OT")
"""Name prefixes of operators that change a motion while they run."""


@dataclass(frozen=True)
class Looker:
    """A callback that examines the scenes of all windows after a change."""

    look: Callable[[Any, bool], None]
    """Called with a window's context, and whether something is being dragged in it; if so, it
    must not play back."""
    found: Mapping[Any, Any]
    """Its findings as shown by the panels, which are redrawn when these change."""
    forget: Callable[[], None]
    """Clears `found` before all windows are examined again."""
    minds_frames: Callable[[], bool] = lambda: False
    """Whether a change of frame matters, too."""


_lookers: list[Looker] = []
_changed_at = 0.0


def look_soon() -> None:
    """Call all lookers once there have been no changes for a while."""
    global _changed_at
    _changed_at = time.monotonic()
    if bpy.app.background or bpy.app.is_job_running("RENDER"):
        return  # animation renders are reported from their own thread, and change nothing
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=SECONDS, persistent=True)


@bpy.app.handlers.persistent
def _changed(*_: Any) -> None:
    known.changed()
    look_soon()


@bpy.app.handlers.persistent
def _stepped(*_: Any) -> None:
    known.stepped()
    if any(looker.minds_frames() for looker in _lookers):
        look_soon()


@bpy.app.handlers.persistent
def _other_file(*_: Any) -> None:
    known.forget()
    _changed()


HANDLERS = {
    "depsgraph_update_post": _changed,
    "frame_change_post": _stepped,
    "undo_post": _other_file,  # undo reallocates every ID
    "redo_post": _other_file,
    "load_post": _other_file,
}


def begin(*lookers: Looker) -> None:
    """Start listening on behalf of these."""
    _lookers[:] = lookers
    for name, handler in HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def stop() -> None:
    """Stop listening, and clear everything."""
    for name, handler in HANDLERS.items():
        handlers = getattr(bpy.app.handlers, name)
        if handler in handlers:
            handlers.remove(handler)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    for looker in _lookers:
        looker.forget()
    _lookers.clear()
    known.forget()


def _tick() -> float | None:
    """Call the lookers after a quiet period; return the delay until the next check, or None."""
    quiet = time.monotonic() - _changed_at
    if quiet < SECONDS:
        return SECONDS - quiet
    windows = list(bpy.context.window_manager.windows)
    if any(window.screen.is_animation_playing for window in windows):
        return SECONDS
    before = [dict(looker.found) for looker in _lookers]
    for looker in _lookers:
        looker.forget()
    for window in windows:
        with bpy.context.temp_override(window=window):
            for looker in _lookers:
                looker.look(bpy.context, _in_hand(window))
    if [dict(looker.found) for looker in _lookers] != before:
        panels.redraw()
    return None


def _in_hand(window: Any) -> bool:
    """Return whether something is being dragged in the window."""
    return any(operator.bl_idname.startswith(DRAGS) for operator in window.modal_operators)
