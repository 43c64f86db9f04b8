"""The animator's Render Result stays what it was while something else is rendered.

Blender keeps a render in its scene, and shows it in the slot of the Render Result that it was made
in; a render in another slot moves what was there before into the old one. So a scene that a window
shows is rendered in a slot of our own. Any other one is rendered in the slot of the last render,
where nothing is moved: what the window's scene shows there is its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy

SLOT = "Motion Target"
_last_slot: int | None = None
"""The slot of the last render since the file was opened; Blender does not tell."""
_render = ""
"""Names the last render that is the animator's own, and the file that it is of."""
_ours = 0
"""How many renders of ours are under way, one in the other."""


def render_result() -> Any:
    """The image that shows renders; None before the first one of a file without an Image Editor."""
    return next((each for each in bpy.data.images if each.type == "RENDER_RESULT"), None)


def renders() -> str:
    """Another text after each render of the animator's, and for what another slot shows."""
    image = render_result()
    return f"{_render} {image.render_slots.active_index if image is not None else 0}"


@contextmanager
def kept_render_result(scene: Any) -> Iterator[None]:
    """Render this scene inside, and see the same Render Result as before afterwards."""
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
    """The place of a slot of ours that the animator is not looking at; made if need be."""
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
    """Begin to note in which slot renders are made."""
    _loading()
    bpy.app.handlers.render_init.append(_rendering)
    bpy.app.handlers.render_post.append(_rendered)
    bpy.app.handlers.load_pre.append(_loading)


def unregister() -> None:
    """Stop that."""
    bpy.app.handlers.load_pre.remove(_loading)
    bpy.app.handlers.render_post.remove(_rendered)
    bpy.app.handlers.render_init.remove(_rendering)
    _loading()
