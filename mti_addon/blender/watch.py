"""Told by Blender of what changes in the file, so that panels need not look for it when drawn.

A change starts a timer, which looks a little later whether the scenes are still as they were
captured; while things go on changing, or while the animation plays, it waits. Of files nobody
tells: those that were captured are looked at by the timer of glance.py while a panel is drawn.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import bpy

from . import polling, stale, target_state
from .dependencies import known
from .glance import glance
from .problems import CaptureError
from .strip_fingerprint import written

Written = list[tuple[object, ...]]

SECONDS = 0.5
"""Of quiet before it is looked whether a capture is still what the scene shows."""

DRAWN = ("ARMATURE", "OBJECT")
"""Sources that are not rendered, and so captured in a moment."""

DRAGS = ("TRANSFORM_OT", "POSE_OT", "GRAPH_OT", "ACTION_OT", "NLA_OT", "ANIM_OT")
"""Beginnings of the names of operators that change a motion while they run."""
_tried = ""
"""What was captured by itself last, or could not be."""
_changes: dict[tuple[int, str], str] = {}
"""Scene and capture -> what has changed since; empty if nothing has."""
_previews: dict[tuple[int, str], bool] = {}
"""Scene and shown target -> what it shows was still as it was then."""
_files: dict[tuple[int, str], tuple[tuple[Path, ...], Written]] = {}
"""Scene and capture -> files that were captured, and when they were written as was seen last."""
_changed_at = 0.0


def changed_since_capture(context: Any) -> str:
    """What has changed in the context's scene since it was captured, as was seen last."""
    scene = context.scene
    key = scene.session_uid, scene.mti.capture
    if not scene.mti.capture:
        return ""
    if known.at_once:
        _look_at(context)
    elif key in _files:
        paths, before = _files[key]
        if glance(("written", paths), partial(written, paths)) != before:
            look_soon()
    return _changes.get(key, "")


def changed_since_preview(context: Any, shapes: Collection[target_state.Shape | None]) -> str:
    """What has changed in the context's scene since its target was shown, which would be sent in
    one of these shapes: the choices as they are now, the rest as was seen last."""
    props = context.scene.mti
    if not props.target_shown:
        return ""
    if known.at_once:
        _look_at_target(context)
    same = _previews.get((context.scene.session_uid, props.target_shown), True)
    return target_state.changed_since(context, props.target_shown_of, shapes, same)


def captured(context: Any) -> None:
    """The context's scene was captured this moment."""
    scene = context.scene
    scene.mti.captured_of = stale.remember(stale.made_of(context))
    _changes.clear()
    _look_at_files(context)


def look_soon() -> None:
    """Look at the captures when there has been no change for a while."""
    global _changed_at
    _changed_at = time.monotonic()
    if bpy.app.background or bpy.app.is_job_running("RENDER"):
        return  # a rendered animation is told of in its own thread, and changes nothing
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=SECONDS, persistent=True)


@bpy.app.handlers.persistent
def _changed(*_: Any) -> None:
    known.changed()
    look_soon()


@bpy.app.handlers.persistent
def _stepped(*_: Any) -> None:
    known.stepped()
    if any(scene.mti.target_shown for scene in bpy.data.scenes):
        look_soon()  # what was changed at another frame is seen at the target's own


@bpy.app.handlers.persistent
def _other_file(*_: Any) -> None:
    known.forget()
    _changed()


HANDLERS = {
    "depsgraph_update_post": _changed,
    "frame_change_post": _stepped,
    "undo_post": _other_file,  # undo gives every ID a new place in memory
    "redo_post": _other_file,
    "load_post": _other_file,
}


def begin() -> None:
    """Listen from now on."""
    for name, handler in HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def stop() -> None:
    """Listen no more, and forget everything."""
    for name, handler in HANDLERS.items():
        handlers = getattr(bpy.app.handlers, name)
        if handler in handlers:
            handlers.remove(handler)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    _changes.clear()
    _previews.clear()
    _files.clear()
    known.forget()


def _tick() -> float | None:
    """Look when there has been no change for a while; gives when to look again, or None."""
    quiet = time.monotonic() - _changed_at
    if quiet < SECONDS:
        return SECONDS - quiet
    windows = list(bpy.context.window_manager.windows)
    if any(window.screen.is_animation_playing for window in windows):
        return SECONDS
    before = {**_changes, **_previews}
    _changes.clear()
    _previews.clear()
    _files.clear()
    for window in windows:
        with _inside(window) as context:
            _look_at(context)
            _look_at_target(context)
            if not _in_hand(window):
                _capture_again(context)
    if {**_changes, **_previews} != before:
        polling.redraw()
    return None


def _in_hand(window: Any) -> bool:
    """Something is being dragged in it, which must not be played meanwhile."""
    return any(operator.bl_idname.startswith(DRAGS) for operator in window.modal_operators)


def _capture_again(context: Any) -> None:
    """Where that is wished, and drawn in no time; once for each change, also if it fails.

    It is no step of undo: else undoing a key would undo the capture first, and capture again.
    """
    global _tried
    scene = context.scene
    props = scene.mti
    change = _changes.get((scene.session_uid, props.capture), "")
    if not (change and props.auto_capture and props.source in DRAWN):
        return
    made = stale.remember(stale.made_of(context))
    if made != _tried and bpy.ops.mti.capture.poll():
        _tried = made
        with suppress(RuntimeError):  # the panel shows why
            bpy.ops.mti.capture("EXEC_DEFAULT", False)


@contextmanager
def _inside(window: Any) -> Iterator[Any]:
    with bpy.context.temp_override(window=window):
        yield bpy.context


def _look_at(context: Any) -> None:
    scene = context.scene
    if scene.mti.capture:
        with suppress(CaptureError):  # the panel tells why there is nothing to capture
            change = stale.changed_since(context, scene.mti.captured_of)
            _changes[scene.session_uid, scene.mti.capture] = change
        _look_at_files(context)


def _look_at_target(context: Any) -> None:
    scene, props = context.scene, context.scene.mti
    if props.target_shown:
        same = target_state.is_same(context, props.target_shown_of)
        _previews[scene.session_uid, props.target_shown] = same


def _look_at_files(context: Any) -> None:
    scene = context.scene
    if known.at_once:
        return  # there is no timer
    if paths := stale.watched_files(context):
        _files[scene.session_uid, scene.mti.capture] = paths, written(paths)
