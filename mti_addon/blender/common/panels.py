"""Redraw the panels, and keep the last error for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

from ...wire.problem import Problem

last_error: Problem | None = None
"""Last error, shown until an operation succeeds."""
_listeners: list[Callable[[], None]] = []


def redraw() -> None:
    """Redraw the sidebars with our panels, and everything else that shows jobs.

    The rest of an area is left alone: a viewport may take a second, and jobs report twice a second.
    """
    for region in sidebars():
        region.tag_redraw()
    for tell in _listeners:
        tell()


def on_redraw(tell: Callable[[], None]) -> None:
    """Call a function whenever anything about jobs must be redrawn."""
    _listeners.append(tell)


def remember_error(problem: Problem | None) -> None:
    """Keep the last error visible after its pop-up has closed; None clears it."""
    global last_error
    last_error = problem
    redraw()


def forget() -> None:
    """Clear the error and all listeners; for unregister()."""
    _listeners.clear()
    remember_error(None)


def sidebars() -> list[Any]:
    """Return the sidebars in which our tab may be, of all windows."""
    manager = getattr(bpy.context, "window_manager", None)
    windows = manager.windows if manager else ()
    wanted = ("VIEW_3D", "SEQUENCE_EDITOR")
    areas = [area for window in windows for area in window.screen.areas if area.type in wanted]
    return [region for area in areas for region in area.regions if region.type == "UI"]
