"""Looks at the jobs on Blender's timer, and has the panels redrawn when something has changed."""

from __future__ import annotations

from typing import Any

import bpy

from . import addon
from .jobs import Jobs

SECONDS = 0.5
"""Between two looks while a job runs: its events come about once a second."""
SOON = 0.05

jobs = Jobs()
last_error: tuple[str, str] = ("", "")
"""The message and the hint of what failed last, for the panels."""


def poll() -> float | None:
    """Look once; gives the seconds until the next look, or None when there is nothing to wait for.

    Blender's timers call it; in background mode, where timers never run, the caller does.
    """
    if jobs.root is None:
        _refresh()
    if jobs.look():
        redraw()
    if not jobs.waiting:
        return None
    return SECONDS if any(row.active for row in jobs.rows) else SOON


def start() -> None:
    """List the jobs again and look at them for as long as there is one to wait for."""
    _refresh()
    redraw()
    if not bpy.app.timers.is_registered(poll):
        bpy.app.timers.register(poll, first_interval=SOON, persistent=True)


def begin() -> None:
    """Look for the first time a little later: at register() Blender has no context yet."""
    if not bpy.app.timers.is_registered(poll):
        bpy.app.timers.register(poll, first_interval=SECONDS, persistent=True)


def stop() -> None:
    """Forget everything; for unregister()."""
    if bpy.app.timers.is_registered(poll):
        bpy.app.timers.unregister(poll)
    jobs.forget()
    remember_error("", "")


def remember_error(message: str, hint: str) -> None:
    """Keep the last error in view after its pop-up has gone; empty texts clear it."""
    global last_error
    last_error = (message, hint)
    redraw()


def redraw() -> None:
    """Have the areas with our panel drawn again."""
    for area in _areas():
        area.tag_redraw()


def _areas() -> list[Any]:
    manager = getattr(bpy.context, "window_manager", None)
    windows = manager.windows if manager else ()
    wanted = ("VIEW_3D", "SEQUENCE_EDITOR")
    return [area for window in windows for area in window.screen.areas if area.type in wanted]


def _refresh() -> None:
    try:
        jobs.refresh(addon.jobs_folder())
    except OSError as error:
        remember_error(f"The jobs folder cannot be read ({error.strerror}).", "Choose another one.")
