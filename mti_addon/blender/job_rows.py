"""How one job stands, in words, icons and a bar, wherever jobs are drawn."""

from __future__ import annotations

import time
from typing import Any

from .. import client
from ..client import JobState
from ..wire.problem import Problem
from .drawing import is_narrow
from .jobs import Row
from .translations import told, translated

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


def advice(state: JobState) -> str:
    """What to do about a job that is not well; empty for one that is, or if nothing is known."""
    if state.phase == "failed" and state.error is not None and state.error.hint:
        return told(state.error.said)[1]
    return translated(client.advice(state))


def warning_of(result: dict[str, Any]) -> Problem | None:
    """What could be better in what a finished job has learned."""
    text, values = result.get("warning"), result.get("warning_values")
    if not text or not isinstance(text, str):
        return None
    code = str(result.get("warning_code", "motion_weak"))  # the only one before there were codes
    return Problem.literal(code, text, values=values if isinstance(values, dict) else {})


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
        text += translated(", {} left", clock(state.seconds_left))
    return text


def clock(seconds: float) -> str:
    """Such as 1:05 or 2:01:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
