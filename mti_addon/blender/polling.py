"""Looks at the jobs on Blender's timer, and has the panels redrawn when something has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

from .. import client
from ..wire.problem import Problem
from . import addon, glance, job_pictures, stillness
from .jobs import Jobs, Row

SECONDS = 0.5
"""Between two looks while a job runs: its events come about once a second."""
SOON = 0.05

jobs = Jobs()
last_error: Problem | None = None
"""What failed last, for the panels."""
notices: dict[str, str] = {}
"""Jobs that have ended since somebody looked, by id: how they ended."""
_timings: client.Timings | None = None
_listeners: list[Callable[[], None]] = []


def poll() -> float | None:
    """Look once; gives the seconds until the next look, or None when there is nothing to wait for.

    Blender's timers call it; in background mode, where timers never run, the caller does.
    """
    if jobs.outdated:
        _refresh()
    known = {row.folder: row for row in jobs.rows if jobs.was_read(row)}
    if jobs.look():
        for row in jobs.rows:
            if row != known.get(row.folder):
                _news(known.get(row.folder), row)
        redraw()
    _go_on()
    if not jobs.waiting:
        return None
    return SOON if jobs.behind else SECONDS


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


def notice_changes() -> None:
    """Called when the jobs are drawn: look again if another Blender has added or removed some."""
    if jobs.root is not None and glance.glance(("jobs", jobs.root), lambda: jobs.outdated):
        begin()


def stop() -> None:
    """Forget everything; for unregister()."""
    global _timings
    if bpy.app.timers.is_registered(poll):
        bpy.app.timers.unregister(poll)
    jobs.forget()
    notices.clear()
    _listeners.clear()
    _timings = None
    remember_error(None)


def timings() -> client.Timings:
    """How long jobs took on this machine."""
    global _timings
    if _timings is None:
        _timings = client.Timings(addon.user_folder() / "timings.json")
    return _timings


def dismiss(job: str) -> None:
    """Somebody has seen how this job ended."""
    if notices.pop(job, None) is not None:
        redraw()


def remember_error(problem: Problem | None) -> None:
    """Keep the last error in view after its pop-up has gone; None clears it."""
    global last_error
    last_error = problem
    redraw()


def redraw() -> None:
    """Have the areas with our panel drawn again, and whatever else shows jobs."""
    for area in _areas():
        area.tag_redraw()
    for tell in _listeners:
        tell()


def on_redraw(tell: Callable[[], None]) -> None:
    """Have this called whenever something about jobs is to be drawn again."""
    _listeners.append(tell)


def _news(before: Row | None, row: Row) -> None:
    """What is to be done about a job that has changed."""
    if row.state.phase == "done" and row.request is not None:
        timings().note(row.request, row.state)
    job_pictures.follow(row)
    ended = before is not None and before.active and not row.active
    if ended and row.state.phase == "done":
        stillness.look(row)
    if ended and row.state.phase in ("done", "failed", "dead"):
        notices[row.folder.path.name] = row.state.phase


def _go_on() -> None:
    """Start the next job of the queue, if there is one and nothing runs."""
    if any(row.at_work for row in jobs.rows) or not any(row.active for row in jobs.rows):
        return
    from . import starting  # which looks again when it has started one

    if starting.advance():
        start()


def _areas() -> list[Any]:
    manager = getattr(bpy.context, "window_manager", None)
    windows = manager.windows if manager else ()
    wanted = ("VIEW_3D", "SEQUENCE_EDITOR")
    return [area for window in windows for area in window.screen.areas if area.type in wanted]


def _refresh() -> None:
    gone = _running()
    try:
        jobs.refresh(addon.jobs_folder())
    except OSError as error:
        what, hint = "The jobs folder cannot be read ({reason}).", "Choose another one."
        values = {"reason": error.strerror}
        remember_error(Problem("jobs_folder_unreadable", what, hint, values))
    left = {row.folder for row in jobs.rows}
    job_pictures.keep_only({folder.path.name for folder in left})
    for name in notices.keys() - {folder.path.name for folder in left}:
        del notices[name]
    for row in gone:
        if row.folder.path.parent == jobs.root and row.folder not in left and row.request:
            what = "The folder of the job {name} was deleted while it was running."
            values = {"name": row.request.name}
            remember_error(Problem("job_folder_deleted", what, "Start it again.", values))


def _running() -> list[Row]:
    return [row for row in jobs.rows if row.at_work and jobs.was_read(row)]
