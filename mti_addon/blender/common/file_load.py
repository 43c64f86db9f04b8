"""Handlers that run whenever Blender has read a .blend file or part of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

HANDLERS = ("load_post", "blend_import_post")
"""Blender's handlers for opening a file, and for appending or linking."""
Handler = Callable[..., Any]
"""Called with any arguments; must be @persistent, or Blender drops it when a file is opened."""


def register(handler: Handler) -> None:
    """Call a handler for every file that is opened or appended from, and for the current one."""
    for name in HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)
    bpy.app.timers.register(handler, first_interval=0.0)  # data is not available yet at register()


def unregister(handler: Handler) -> None:
    """Undo register()."""
    for name in HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
    if bpy.app.timers.is_registered(handler):
        bpy.app.timers.unregister(handler)
