"""Clicks on the pictures of the grid, and how the grid is scrolled to a motion.

Blender's pictures cannot be clicked, but the rows of its lists can. A click on a row sets the
list's active row, and the mouse's place tells which picture it was. The list has no active row of
its own, which Blender would draw across all pictures of the row.
"""

from __future__ import annotations

import time
from typing import Any

import bpy

from ..common import panels

NONE = -1
LONGER, SHORTER = 0.1, 0.2
"""Seconds until which the list is a row longer, and until which it has an active row. Blender
scrolls a list to its active row only when the list's length has changed."""
_since = float("-inf")
_row = NONE


def clicked(_window: Any, row: int) -> None:
    """Choose the motion under the mouse; called by Blender when a row is clicked."""
    if not bpy.app.background:
        bpy.ops.mti.pick_motion("INVOKE_DEFAULT", True, row=row)


def active_row(_window: Any) -> int:
    """Return the row to scroll to; NONE most of the time."""
    return _row if time.monotonic() - _since < SHORTER else NONE


def extra_rows() -> int:
    """Return how many rows the list has too many, so that it is scrolled."""
    return int(time.monotonic() - _since < LONGER)


def reveal(row: int) -> None:
    """Scroll to a row."""
    global _since, _row
    if bpy.app.background:
        return
    _since, _row = time.monotonic(), row
    panels.redraw()
    if not bpy.app.timers.is_registered(_next):
        bpy.app.timers.register(_next, first_interval=LONGER + 0.01)


def stop() -> None:
    """Stop scrolling; for unregister()."""
    if bpy.app.timers.is_registered(_next):
        bpy.app.timers.unregister(_next)


def _next() -> float | None:
    panels.redraw()
    return SHORTER - LONGER if time.monotonic() - _since < SHORTER else None
