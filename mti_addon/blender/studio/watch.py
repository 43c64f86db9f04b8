"""Tasks at the studio: started, watched on Blender's timer, and its state kept fresh.

Blender never speaks to the studio itself. While something of it is drawn, or a request waits in the
outbox, a short process asks it now and then.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import bpy

from ...client.remote import outbox
from ...client.remote.tasks import KINDS, StudioTask, start_studio_task, task_folder
from ...client.setup.folder import SetupTaskState
from ...client.setup.start import look
from ...wire import MtiError
from ..common import addon, file_cache, panels
from . import place

SECONDS = 0.5
"""Polling interval while a studio task runs."""
REFRESH_SECONDS = 30.0
"""How old the studio's state may become while it is drawn."""
SEEN_SECONDS = 60.0
"""How long after the last drawing the state is still kept fresh."""

states: dict[str, SetupTaskState] = {}
"""State at the last poll of every studio task ever started."""
_listeners: list[Callable[[], None]] = []
"""Called when a studio task has begun or ended."""
_drawn = -SEEN_SECONDS
_asked = -REFRESH_SECONDS


def begin_task(kind: Any, **more: str) -> None:
    """Start a studio task and watch it. Raises Busy, BackendMissing, DiskFull, NotWritable."""
    task = StudioTask(kind, str(place.folder().path), **more)
    start_studio_task(task, addon.EXTENSION_ROOT, sys.executable)
    start()


def running(kind: str) -> bool:
    """Return whether a studio task was running at the last poll."""
    return states.get(kind, SetupTaskState()).phase == "running"


def poll() -> float | None:
    """Look at the tasks, and start one if the state is old; return the seconds until the next."""
    before = dict(states)
    for kind in KINDS:
        task = task_folder(place.folder(), kind)
        if task.state_file.is_file():
            states[kind] = look(task)
        else:
            states.pop(kind, None)
    if states != before:
        file_cache.refresh()
        for tell in _listeners:
            tell()
        panels.redraw()
        _redraw_preferences()
    if any(map(running, KINDS)):
        return SECONDS
    return _keep_fresh()


def on_change(tell: Callable[[], None]) -> None:
    """Call a function whenever a task has begun or ended; registering twice has no effect."""
    if tell not in _listeners:
        _listeners.append(tell)


def notice() -> None:
    """Keep the studio's state fresh for a while; called when it is drawn."""
    global _drawn
    _drawn = time.monotonic()
    if place.address() and not bpy.app.timers.is_registered(poll):
        bpy.app.timers.register(poll, first_interval=0.1, persistent=True)


def start() -> None:
    """Poll now, and on the timer while there is something to do."""
    poll()
    if not bpy.app.timers.is_registered(poll):
        bpy.app.timers.register(poll, first_interval=SECONDS, persistent=True)


def begin() -> None:
    """Schedule the first poll shortly after register(), once Blender has a context."""
    if not bpy.app.timers.is_registered(poll):
        bpy.app.timers.register(poll, first_interval=1.0, persistent=True)


def stop() -> None:
    """Reset all state; for unregister()."""
    global _drawn, _asked
    if bpy.app.timers.is_registered(poll):
        bpy.app.timers.unregister(poll)
    states.clear()
    _drawn, _asked = -SEEN_SECONDS, -REFRESH_SECONDS


def _keep_fresh() -> float | None:
    """Ask the studio if that is due; return the seconds until it may be again."""
    global _asked
    now, address = time.monotonic(), place.address()
    wanted = now - _drawn < SEEN_SECONDS or bool(outbox.pending_requests(place.folder()))
    if not address or not wanted:
        return None
    if place.offline_problem(address) or now - _asked < REFRESH_SECONDS:
        return REFRESH_SECONDS / 6
    _asked = now
    try:
        task = StudioTask("refresh", str(place.folder().path))
        start_studio_task(task, addon.EXTENSION_ROOT, sys.executable)
    except (MtiError, OSError):
        return REFRESH_SECONDS  # it is no more than a status
    return SECONDS


def _redraw_preferences() -> None:
    manager = getattr(bpy.context, "window_manager", None)
    for window in manager.windows if manager else ():
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
