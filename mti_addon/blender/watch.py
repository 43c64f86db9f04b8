"""Told by Blender of what changes in the file, so that panels need not look for it when drawn."""

from __future__ import annotations

from typing import Any

import bpy

from .dependencies import known


@bpy.app.handlers.persistent
def _changed(*_: Any) -> None:
    known.changed()


@bpy.app.handlers.persistent
def _stepped(*_: Any) -> None:
    known.stepped()


@bpy.app.handlers.persistent
def _other_file(*_: Any) -> None:
    known.forget()


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
    known.forget()
