"""Queues motions of the library to be learned for an engine, one after the other on a timer.

Drawing and writing a motion's images takes a moment, and there may be hundreds. What is not queued
yet when Blender is closed is offered again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ...client.library import Entry
from ...wire import MtiError, Settings
from ...wire.library import Motion, read_motion
from ...workflow.job_list import Row
from ...workflow.learning_again import can_learn, create_relearn_job, kept_in
from ..common import addon, panels
from ..library import motions, saving
from ..queue.submit import submit
from .options import options_for

SECONDS = 0.02
_waiting: list[tuple[Path, Settings]] = []
"""Motions that are not queued yet."""
_total = 0


def missing(settings: Settings) -> list[Entry]:
    """Return the motions that the engine has not learned, and is not about to learn."""
    found = [each for each in motions.library().entries() if can_learn(each, settings.model)]
    return [each for each in found if not _is_queued(saving.job_learning(each), settings)]


def queue_now(props: Any, motion: Motion, settings: Settings) -> None:
    """Queue one motion.

    Raises BadRequest, UnreadableInput, DiskFull, NotWritable, BackendMissing.
    """
    options = options_for(props, motion.preset.name, settings.model)
    job = create_relearn_job(addon.jobs_folder(), motion, settings, options)
    submit(job, None, kept_in(motion))


def queue_all(entries: list[Entry], settings: Settings) -> None:
    """Queue these motions; at once without a window, where no timer runs."""
    global _total
    _waiting.extend((entry.folder, settings) for entry in entries)
    _total = len(_waiting)
    if bpy.app.background:
        while _next() is not None:
            pass
    elif not bpy.app.timers.is_registered(_next):
        bpy.app.timers.register(_next, first_interval=SECONDS)


def progress() -> tuple[int, int]:
    """Return how many motions were queued, and how many there are; (0, 0) if none is waiting."""
    return (_total - len(_waiting), _total) if _waiting else (0, 0)


def stop() -> None:
    """Queue no more of them; also for unregister()."""
    _waiting.clear()
    if bpy.app.timers.is_registered(_next):
        bpy.app.timers.unregister(_next)


def _next() -> float | None:
    """Queue one motion; one that cannot be learned is reported, and the others go on."""
    if not _waiting:
        return None
    folder, settings = _waiting.pop(0)
    try:
        queue_now(bpy.context.scene.mti, read_motion(folder), settings)
    except MtiError as error:
        panels.remember_error(error.problem)
    panels.redraw()
    return SECONDS if _waiting else None


def _is_queued(row: Row | None, settings: Settings) -> bool:
    request = row.request if row is not None else None
    return request is not None and request.settings.model == settings.model
