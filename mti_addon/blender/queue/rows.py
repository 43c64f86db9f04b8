"""A job's state as text, icons and progress bar, wherever jobs are drawn."""

from __future__ import annotations

import time
from typing import Any

from ... import client
from ...client import JobState
from ...wire.durations import clock
from ...wire.problem import Problem
from ...workflow.job_list import Row
from ..common import this_file
from ..common.drawing import is_narrow, paragraph
from ..translations import told, translated
from . import polling

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
    "upload": "Sending to the studio",
    "queue": "Waiting at the studio",
    "download": "Fetching the results",
}
NO_CONNECTION = ("No connection to the studio, trying again", "INTERNET_OFFLINE")
TASKS = {"learn": "FORCE_CURVE", "apply": "RENDER_ANIMATION", "learn+apply": "RENDER_ANIMATION"}
HOW_FAR = ("running", "paused", "cancelled", "failed", "dead")
"""Phases in which a job has made some progress."""


def phase_of(row: Row) -> tuple[str, str]:
    """Return a job's state in words, not translated, and its icon."""
    if row.state.phase == "running" and not row.state.online:
        return NO_CONNECTION
    return PHASES[row.state.phase]


def how_far(row: Row) -> str:
    """Return text such as '45%'; empty for a job that has not started or is done."""
    if row.state.phase not in HOW_FAR or not row.state.total or row.state.stage == "queue":
        return ""
    return "{:.0%}".format(row.state.fraction)


def when(created: float) -> str:
    """Return the time of day if it is today, otherwise the date."""
    then, now = time.localtime(created), time.localtime()
    today = then[:3] == now[:3]
    return time.strftime("%H:%M" if today else "%m-%d", then)


def advice(state: JobState) -> str:
    """Return advice on a job with a problem; empty if there is none, or none known."""
    if state.phase == "failed" and state.error is not None and state.error.hint:
        return told(state.error.said)[1]
    return translated(client.advice(state))


def warning_of(result: dict[str, Any]) -> Problem | None:
    """Return what could be better about the motion that a finished job has learned."""
    text, values = result.get("warning"), result.get("warning_values")
    if not text or not isinstance(text, str):
        return None
    # the only warning before codes were introduced
    code = str(result.get("warning_code", "motion_weak"))
    return Problem.literal(code, text, values=values if isinstance(values, dict) else {})


def draw_stop(top: Any, row: Row) -> None:
    """Draw the buttons that end a job: pause and cancel while it runs, otherwise delete."""
    job, request = row.folder.path.name, row.request
    if not row.active:
        top.operator("mti.remove_job", text="", icon="TRASH").job = job
        return
    if request is not None and request.learns and row.state.phase == "running":
        top.operator("mti.pause", text="", icon="PAUSE").job = job
    top.operator("mti.cancel", text="", icon="X").job = job


def draw_bar(context: Any, layout: Any, row: Row) -> None:
    """Draw a job's progress, with as much text as fits."""
    text = how_far(row) or translated("Starting") if is_narrow(context) else progress_text(row)
    layout.progress(factor=row.state.fraction, text=text, translate=False)


def progress_text(row: Row) -> str:
    """Return text such as 'Learning 40/120, 1:05 left'."""
    state = row.state
    text = translated(STAGES.get(state.stage, "Starting"))
    if not state.online:
        return translated(NO_CONNECTION[0])
    if state.stage in ("upload", "download"):
        text += " {:.1f}/{:.1f} MB".format(state.step / 1000, state.total / 1000)
    elif state.stage == "queue":
        text += translated(", place {}", state.total - state.step)
    elif state.total > 1:
        text += " {}/{}".format(state.step, state.total)
    if state.seconds_left is not None:
        text += translated(", {} left", clock(state.seconds_left))
    return text


def draw_status(context: Any, layout: Any, learns: bool, text: str) -> None:
    """Draw the progress of the running job, or else the estimate for the next one.

    Drawn below the button that starts jobs, always as one line so that nothing below moves.
    """
    mine = [
        row
        for row in polling.jobs.rows[::-1]
        if row.active
        and row.request is not None
        and row.request.learns == learns
        and this_file.is_here(row.origin)
    ]
    if not mine:
        paragraph(context, layout, text, "TIME")
        return
    row = next((row for row in mine if row.at_work), mine[0])
    line = layout.row(align=True)
    draw_bar(context, line, row)
    draw_stop(line, row)
