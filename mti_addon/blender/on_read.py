"""What is seen to whenever Blender has read a .blend file, or a part of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

HANDLERS = ("load_post", "blend_import_post")
"""What Blender calls then: a file was opened; something was appended or linked."""
Handler = Callable[..., Any]
"""Is called with anything; @persistent, since Blender forgets others when it opens a file."""


def register(handler: Handler) -> None:
    """Call it for every file that is opened or appended from, and for the one that is open now."""
    for name in HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)
    bpy.app.timers.register(handler, first_interval=0.0)  # at register() there is no data yet


def unregister(handler: Handler) -> None:
    """Undo register()."""
    for name in HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
    if bpy.app.timers.is_registered(handler):
        bpy.app.timers.unregister(handler)
