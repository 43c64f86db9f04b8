"""How one job stands, in words, icons and a bar, wherever jobs are drawn."""

from __future__ import annotations

import time
from typing import Any

from .drawing import is_narrow
from .jobs import Row
from .translations import translated

PHASES = {
    "waiting": ("Waiting", "TIME"),
    "queued": ("Starting", "TIME"),
    "running": ("Running", "PLAY"),
    "done": ("Done", "CHECKMARK"),
    "failed": ("Failed", "ERROR"),
    "cancelled": ("Cancelled", "CANCEL"),
    "paused": ("Paused", "PAUSE"),
    "dead": ("Stopped unexpectedly", "ERROR"),
    "stuck": ("Not responding", "ERROR"),
}
STAGES = {
    "load": "Loading the model",
    "encode": "Reading the images",
    "learn": "Learning",
    "reconstruct": "Checking the motion",
    "apply": "Applying",
    "decode": "Drawing",
    "save": "Saving",
}
TASKS = {"learn": "FORCE_CURVE", "apply": "RENDER_ANIMATION", "learn+apply": "RENDER_ANIMATION"}
HOW_FAR = ("running", "paused", "cancelled", "failed", "dead")
"""Phases in which a job has come some way."""


def how_far(row: Row) -> str:
    """Such as '45%'; empty for a job that has not begun, or is done."""
    if row.state.phase not in HOW_FAR or not row.state.total:
        return ""
    return "{:.0%}".format(row.state.fraction)


def when(created: float) -> str:
    """The time of day for today, else the date."""
    then, now = time.localtime(created), time.localtime()
    today = then[:3] == now[:3]
    return time.strftime("%H:%M" if today else "%m-%d", then)


def draw_stop(top: Any, row: Row) -> None:
    """What ends a job: pausing and cancelling while it runs, deleting when it does not."""
    job, request = row.folder.path.name, row.request
    if not row.active:
        top.operator("mti.remove_job", text="", icon="TRASH").job = job
        return
    if request is not None and request.learns and row.state.phase == "running":
        top.operator("mti.pause", text="", icon="PAUSE").job = job
    top.operator("mti.cancel", text="", icon="X").job = job


def draw_bar(context: Any, layout: Any, row: Row) -> None:
    """How far a job is, in as many words as there is room for."""
    text = how_far(row) or translated("Starting") if is_narrow(context) else progress_text(row)
    layout.progress(factor=row.state.fraction, text=text, translate=False)


def progress_text(row: Row) -> str:
    """Such as 'Learning 40/120, 1:05 left'."""
    state = row.state
    text = translated(STAGES.get(state.stage, "Starting"))
    if state.total > 1:
        text += " {}/{}".format(state.step, state.total)
    if state.seconds_left is not None:
        text += translated(", {} left").format(clock(state.seconds_left))
    return text


def clock(seconds: float) -> str:
    """Such as 1:05 or 2:01:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
