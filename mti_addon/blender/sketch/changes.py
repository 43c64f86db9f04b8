"""What has changed since a scene was captured, and Auto Capture.

File changes trigger no notification, so captured files are checked by the timer of file_cache.py
while a panel is drawn.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import bpy

from ..common.file_cache import cached_answer
from ..common.problems import CaptureError
from ..scene.dependencies import known
from ..scene.watch import Looker, look_soon
from ..sequencer.fingerprint import written
from . import stale

Written = list[tuple[object, ...]]

DRAWN = ("ARMATURE", "OBJECT")
"""Sources that are drawn rather than rendered, and so captured quickly."""

_tried = ""
"""State of the last automatic capture attempt."""
_changes: dict[tuple[int, str], str] = {}
"""(scene, capture) -> what has changed since; empty if nothing has."""
_files: dict[tuple[int, str], tuple[tuple[Path, ...], Written]] = {}
"""(scene, capture) -> captured files, and their modification times at the last check."""


def changed_since_capture(context: Any) -> str:
    """Return what has changed in the scene since it was captured, as of the last check."""
    scene = context.scene
    key = scene.session_uid, scene.mti.capture
    if not scene.mti.capture:
        return ""
    if known.at_once:
        _look_at(context)
    elif key in _files:
        paths, before = _files[key]
        if cached_answer(("written", paths), partial(written, paths)) != before:
            look_soon()
    return _changes.get(key, "")


def captured(context: Any) -> None:
    """Record that the context's scene has just been captured."""
    scene = context.scene
    scene.mti.captured_of = stale.remember(stale.made_of(context))
    _changes.clear()
    _look_at_files(context)


def _look(context: Any, in_hand: bool) -> None:
    _look_at(context)
    if not in_hand:
        _capture_again(context)


def _look_at(context: Any) -> None:
    scene = context.scene
    if scene.mti.capture:
        with suppress(CaptureError):  # the panel shows why there is nothing to capture
            change = stale.changed_since(context, scene.mti.captured_of)
            _changes[scene.session_uid, scene.mti.capture] = change
        _look_at_files(context)


def _look_at_files(context: Any) -> None:
    scene = context.scene
    if known.at_once:
        return  # no timer is running
    if paths := stale.watched_files(context):
        _files[scene.session_uid, scene.mti.capture] = paths, written(paths)


def _capture_again(context: Any) -> None:
    """Capture automatically if enabled and fast; once per change, even if it fails.

    It adds no undo step: otherwise undoing a key would first undo the capture, and capture again.
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


def _forget() -> None:
    _changes.clear()
    _files.clear()


LOOKER = Looker(_look, _changes, _forget)
