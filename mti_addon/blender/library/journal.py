"""What was changed on disk follows Blender's undo and redo.

Undo restores the scene, not files. So each change leaves its number in the scene, and when undo or
redo has brought back another number, the changes in between are undone or redone on disk, too.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ...wire.errors import MtiError
from ..common import panels

Step = Callable[[], None]


@dataclass(frozen=True)
class _Change:
    before: str
    undo: Step
    redo: Step


_changes: dict[str, _Change] = {}
"""Of this session, by their numbers."""
_now: dict[int, str] = {}
"""Scene -> the number that it had when it was last looked at."""


def note(scene: Any, undo: Step, redo: Step) -> None:
    """Note a change that an operator with undo has just made. The functions may raise MtiError."""
    number = uuid.uuid4().hex
    _changes[number] = _Change(scene.mti.library_step, undo, redo)
    scene.mti.library_step = _now[scene.session_uid] = number


def follow() -> None:
    """Undo or redo the changes between what was and what is; called after undo and redo."""
    for scene in bpy.data.scenes:
        before, after = _now.get(scene.session_uid, ""), scene.mti.library_step
        _now[scene.session_uid] = after
        if before == after:
            continue
        if (undone := _between(before, after)) is not None:
            _run([change.undo for change in undone])
        elif (redone := _between(after, before)) is not None:
            _run([change.redo for change in reversed(redone)])


def _between(later: str, earlier: str) -> list[_Change] | None:
    """Return the changes from `later` back to `earlier`, last first; None if there is no way."""
    found = []
    while later != earlier:
        change = _changes.get(later)
        if change is None:
            return None
        found.append(change)
        later = change.before
    return found


def _run(steps: list[Step]) -> None:
    for step in steps:
        try:
            step()
        except MtiError as error:  # somebody else has changed it since
            panels.remember_error(error.problem)


@persistent
def _undone(*_: Any) -> None:
    follow()


@persistent
def _opened(*_: Any) -> None:
    _changes.clear()
    _now.clear()


HANDLERS = {"undo_post": _undone, "redo_post": _undone, "load_post": _opened}


def register() -> None:
    """Follow undo and redo."""
    for name, handler in HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Undo register()."""
    for name, handler in HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
    _opened()
