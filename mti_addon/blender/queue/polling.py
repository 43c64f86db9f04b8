"""Poll the jobs on Blender's timer, and redraw the panels when something has changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import bpy

from ... import client
from ...wire import JobFolder, MtiError
from ...wire.problem import Problem
from ...workflow.job_list import Jobs, Row
from ..common import addon, panels
from ..common.file_cache import cached_answer
from . import pictures, starting, stillness

SECONDS = 0.5
"""Polling interval while a job runs; it emits an event about once a second."""
SOON = 0.05

jobs = Jobs()
notices: dict[str, str] = {}
"""Jobs that ended unseen: job ID -> final state."""
_awaited: set[str] = set()
"""IDs of jobs that this Blender has started and that have not ended."""
_revived: set[str] = set()
"""IDs of jobs whose relay this Blender has started without being asked."""
_timings: client.Timings | None = None
_listeners: list[Callable[[], None]] = []
"""Called when jobs have changed."""


def poll() -> float | None:
    """Poll once; return the seconds until the next poll, or None if there is nothing to wait for.

    Called by Blender's timers; in background mode, where timers never run, by the caller.
    """
    if jobs.outdated:
        _refresh()
    known = {row.folder: row for row in jobs.rows if jobs.was_read(row)}
    if jobs.look():
        for row in jobs.rows:
            if row != known.get(row.folder):
                _react(known.get(row.folder), row)
        for tell in _listeners:
            tell()
        panels.redraw()
    _start_next()
    if not jobs.waiting:
        return None
    return SOON if jobs.behind else SECONDS


def start(job: JobFolder | None = None) -> None:
    """Reload the list of jobs, and poll as long as any of them is pending.

    Args:
        job: one that this Blender has just started; its end is noticed even if it comes before the
            first poll.
    """
    if job is not None:
        _awaited.add(job.path.name)
    _refresh()
    panels.redraw()
    if not bpy.app.timers.is_registered(poll):
        bpy.app.timers.register(poll, first_interval=SOON, persistent=True)


def begin() -> None:
    """Schedule the first poll: at register() Blender has no context yet."""
    if not bpy.app.timers.is_registered(poll):
        bpy.app.timers.register(poll, first_interval=SECONDS, persistent=True)


def notice_changes() -> None:
    """Start polling if another Blender has added or removed jobs; called when jobs are drawn."""
    root = jobs.root
    if root is not None and cached_answer(("jobs", root), lambda: jobs.outdated):
        begin()


def on_change(tell: Callable[[], None]) -> None:
    """Call a function whenever jobs have changed; registering twice has no effect."""
    if tell not in _listeners:
        _listeners.append(tell)


def stop() -> None:
    """Reset all state; for unregister()."""
    global _timings
    if bpy.app.timers.is_registered(poll):
        bpy.app.timers.unregister(poll)
    jobs.forget()
    notices.clear()
    _awaited.clear()
    _revived.clear()
    _timings = None
    panels.forget()


def timings() -> client.Timings:
    """Return the durations of past jobs on this machine."""
    global _timings
    if _timings is None:
        _timings = client.Timings(addon.user_folder() / "timings.json")
    return _timings


def dismiss(job: str) -> None:
    """Mark a job's end as seen."""
    if notices.pop(job, None) is not None:
        panels.redraw()


def _react(before: Row | None, row: Row) -> None:
    """React to a job that has changed."""
    if row.state.phase == "done" and row.request is not None:
        timings().note(row.request, row.state)
    pictures.follow(row)
    job = row.folder.path.name
    was_active = job in _awaited or (before is not None and before.active)
    ended = was_active and not row.active
    if ended:
        _awaited.discard(job)
    if ended and row.state.phase == "done":
        stillness.look(row)
    if ended and row.state.phase in ("done", "failed", "dead"):
        notices[job] = row.state.phase


def _start_next() -> None:
    """Start the next job in the queue, if any, unless one is running."""
    _revive()
    here = [row for row in jobs.rows if not row.remote]
    if any(row.at_work for row in here) or not any(row.active for row in here):
        return
    if starting.advance():
        start()


def _revive() -> None:
    """Start relays that are not there: of jobs that wait, and of those whose relay has died.

    A relay dies when the machine is switched off, and takes up what waits when it ends, unless it
    was killed. Each job is tried once, then the panel offers to resume it.
    """
    remote = [row for row in jobs.rows if row.remote and jobs.was_read(row)]
    free = starting.MOST_RELAYS - sum(row.at_work for row in remote)
    for row in remote[::-1]:
        name = row.folder.path.name
        if free > 0 and row.state.phase in ("waiting", "dead") and name not in _revived:
            _revived.add(name)
            free -= 1
            with suppress(MtiError, OSError):
                starting.launch(row.folder)


def _refresh() -> None:
    gone = _running()
    try:
        jobs.refresh(addon.jobs_folder())
    except OSError as error:
        what, hint = "The jobs folder cannot be read ({reason}).", "Choose another folder."
        values = {"reason": error.strerror}
        panels.remember_error(Problem("jobs_folder_unreadable", what, hint, values))
    left = {row.folder for row in jobs.rows}
    names = {folder.path.name for folder in left}
    pictures.keep_only(names)
    _awaited.intersection_update(names)
    for name in notices.keys() - names:
        del notices[name]
    for row in gone:
        if row.folder.path.parent == jobs.root and row.folder not in left and row.request:
            what = "The folder of the job {name} was deleted while the job was running."
            values = {"name": row.request.name}
            panels.remember_error(
                Problem("job_folder_deleted", what, "Start the job again.", values)
            )


def _running() -> list[Row]:
    return [row for row in jobs.rows if row.at_work and jobs.was_read(row)]
