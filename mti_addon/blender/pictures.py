"""The captured pictures, as an icon to draw in a panel."""

from __future__ import annotations

import contextlib
from typing import Any

import bpy.utils.previews

from .captures import Capture

_previews: Any = None


def icon_of(capture: Capture) -> int:
    """The icon's number of the sheet with all pictures; 0 if it cannot be shown."""
    global _previews
    if _previews is None:
        _previews = bpy.utils.previews.new()
    name = capture.path.name
    if name not in _previews:
        with contextlib.suppress(KeyError, OSError, RuntimeError):
            _previews.load(name, str(capture.sheet), "IMAGE")
    return _previews[name].icon_id if name in _previews else 0


def forget() -> None:
    """Give the pictures' memory back; for unregister()."""
    global _previews
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None
