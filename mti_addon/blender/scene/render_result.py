"""Preserve the animator's Render Result while something else is rendered.

Blender stores a render in its scene, and shows it in the slot of the Render Result in which it was
made; rendering in another slot moves the previous content into the old one. So a scene that a
window shows is rendered in a slot of our own. Any other scene is rendered in the slot of the last
render, where nothing moves: what the window's scene shows there is its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy

SLOT = "Motion Target"
_last_slot: int | None = None
"""Slot of the last render since the file was opened; Blender does not expose it."""
_render = ""
"""Identifies the animator's last own render, and its file."""
_ours = 0
"""Number of our nested renders in progress."""


def render_result() -> Any:
    """Return the image that shows renders.

    None before the first render in a file without an Image Editor.
    """
    return next((each for each in bpy.data.images if each.type == "RENDER_RESULT"), None)


def renders() -> str:
    """Return a text that changes with each of the animator's renders, and with the slot shown."""
    image = render_result()
    return f"{_render} {image.render_slots.active_index if image is not None else 0}"


@contextmanager
def kept_render_result(scene: Any) -> Iterator[None]:
    """Render this scene in the block, and restore the Render Result afterwards."""
    global _ours
    _ours += 1
    try:
        with _kept(scene):
            yield
    finally:
        _ours -= 1


@contextmanager
def _kept(scene: Any) -> Iterator[None]:
    image = render_result()
    if image is None:
        yield
        return
    slots, before = image.render_slots, image.render_slots.active_index
    if _shown(scene):
        slots.active_index = _own_slot(slots, before)
    elif _last_slot is not None and _last_slot < len(slots):
        slots.active_index = _last_slot
    try:
        yield
    finally:
        slots.active_index = before


def _own_slot(slots: Any, looked_at: int) -> int:
    """Return the index of our own slot, created if needed; never the one being viewed."""
    for index, slot in enumerate(slots):
        if slot.name == SLOT and index != looked_at:
            return index
    slots.new(name=SLOT)
    return len(slots) - 1


def _shown(scene: Any) -> bool:
    manager = bpy.context.window_manager
    windows = manager.windows if manager else ()
    return scene in [window.scene for window in windows] or scene == bpy.context.scene


@bpy.app.handlers.persistent
def _rendering(*_scene: Any) -> None:
    global _last_slot
    image = render_result()
    _last_slot = image.render_slots.active_index if image is not None else None


@bpy.app.handlers.persistent
def _rendered(*_scene: Any) -> None:
    global _render
    if not _ours:
        _render = uuid.uuid4().hex


@bpy.app.handlers.persistent
def _loading(*_file: Any) -> None:
    global _last_slot, _render
    _last_slot, _render = None, uuid.uuid4().hex


def register() -> None:
    """Start tracking the slot of each render."""
    _loading()
    bpy.app.handlers.render_init.append(_rendering)
    bpy.app.handlers.render_post.append(_rendered)
    bpy.app.handlers.load_pre.append(_loading)


def unregister() -> None:
    """Stop tracking."""
    bpy.app.handlers.load_pre.remove(_loading)
    bpy.app.handlers.render_post.remove(_rendered)
    bpy.app.handlers.render_init.remove(_rendering)
    _loading()
