"""The part "Jobs" of the panel: how each one stands, and what can be done about it."""

from __future__ import annotations

from typing import Any

from .. import client
from . import polling
from .drawing import paragraph
from .jobs import Row

SHOWN = 6
"""Jobs in the panel; the older ones stay in their folder."""
PHASES = {
    "queued": ("Starting", "TIME"),
    "running": ("Running", "PLAY"),
    "done": ("Done", "CHECKMARK"),
    "failed": ("Failed", "ERROR"),
    "cancelled": ("Cancelled", "CANCEL"),
    "dead": ("Stopped unexpectedly", "ERROR"),
    "stuck": ("Not responding", "ERROR"),
}
STAGES = {
    "load": "Loading the model",
    "encode": "Reading the pictures",
    "learn": "Learning",
    "apply": "Applying",
    "decode": "Drawing",
    "save": "Saving",
}
TASKS = {"learn": "FORCE_CURVE", "apply": "RENDER_ANIMATION", "learn+apply": "RENDER_ANIMATION"}


def draw_jobs(context: Any, layout: Any) -> None:
    """The newest jobs."""
    layout.prop(context.scene.mti, "place")
    rows = polling.jobs.rows
    for row in rows[:SHOWN]:
        _draw_job(context, layout.box(), row)
    if not rows:
        layout.label(text="None yet")
    elif len(rows) > SHOWN:
        layout.label(text=f"and {len(rows) - SHOWN} older ones")


def _draw_job(context: Any, box: Any, row: Row) -> None:
    job, phase = row.folder.path.name, row.state.phase
    request = row.request
    top = box.row()
    if request is None:
        top.label(text=job[:6], icon="ERROR")
        top.operator("mti.remove_job", text="", icon="TRASH").job = job
        paragraph(context, box, " ".join(row.problem), "NONE")
        return
    text, icon = PHASES[phase]
    top.label(text=request.name, icon=TASKS[request.task])
    top.label(text=text, icon=icon)
    started = row.folder.launched_file.exists()
    if row.active and started:
        top.operator("mti.cancel", text="", icon="X").job = job
    else:
        top.operator("mti.remove_job", text="", icon="TRASH").job = job
    if phase == "running":
        box.progress(factor=row.state.fraction, text=progress_text(row))
    if row.state.error and phase == "failed":
        paragraph(context, box, row.state.error[1], "NONE")
    if advice := client.advice(row.state):
        paragraph(context, box, advice, "NONE")
    buttons = box.row()
    if phase in ("failed", "dead", "cancelled") or not started:
        buttons.operator("mti.resume", text="Resume", icon="FILE_REFRESH").job = job
        buttons.operator("mti.open_log", text="Log", icon="TEXT").job = job
    if phase == "done" and request.applies:
        buttons.operator("mti.import_result", icon="SEQUENCE").job = job


def progress_text(row: Row) -> str:
    """Such as 'Learning 40/120, 1:05 left'."""
    state = row.state
    text = STAGES.get(state.stage, "Starting")
    if state.total > 1:
        text += f" {state.step}/{state.total}"
    if state.seconds_left is not None:
        minutes, seconds = divmod(round(state.seconds_left), 60)
        text += f", {minutes}:{seconds:02d} left"
    return text
