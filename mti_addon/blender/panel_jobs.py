"""The part "Jobs" of the panel: how each one stands, and what can be done about it."""

from __future__ import annotations

from typing import Any

from .. import client
from . import job_pictures, playback, polling, stillness
from .drawing import paragraph
from .jobs import Row
from .panel_learn import clock
from .results import takes_of
from .translations import sentences, translated

SHOWN = 6
"""Jobs in the panel; the older ones stay in their folder."""
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
    "encode": "Reading the pictures",
    "learn": "Learning",
    "reconstruct": "Checking the motion",
    "apply": "Applying",
    "decode": "Drawing",
    "save": "Saving",
}
TASKS = {"learn": "FORCE_CURVE", "apply": "RENDER_ANIMATION", "learn+apply": "RENDER_ANIMATION"}


def draw_jobs(context: Any, layout: Any) -> None:
    """The newest jobs, those that run or wait before all others."""
    polling.notice_changes()
    rows = polling.jobs.rows
    busy = [row for row in rows if row.at_work] + [row for row in rows if waits(row)][::-1]
    shown = (busy + [row for row in rows if not row.active])[: max(SHOWN, len(busy))]
    for row in shown:
        _draw_job(context, layout.box(), row)
    if not rows:
        layout.label(text="None yet")
    elif len(rows) > len(shown):
        layout.label(text=translated("and {} older ones").format(len(rows) - len(shown)))


def waits(row: Row) -> bool:
    """It is to run when its turn comes."""
    return row.active and not row.at_work


def _draw_job(context: Any, box: Any, row: Row) -> None:
    job, phase = row.folder.path.name, row.state.phase
    request = row.request
    top = box.row()
    if request is None:
        top.label(text=job[:6], icon="ERROR")
        top.operator("mti.remove_job", text="", icon="TRASH").job = job
        paragraph(context, box, sentences(*row.problem), "NONE")
        return
    text, icon = PHASES[phase]
    top.label(text=request.name, icon=TASKS[request.task], translate=False)
    top.label(text=text, icon=icon)
    _draw_stop(top, row)
    if phase == "running":
        _draw_progress(context, box, row)
    if row.state.error and phase == "failed":
        paragraph(context, box, row.state.error[1], "NONE")
    if advice := client.advice(row.state):
        paragraph(context, box, advice, "NONE")
    if phase == "done":
        _draw_done(context, box, row)
    buttons = box.row()
    if phase == "waiting":
        buttons.operator("mti.start_now", icon="PLAY").job = job
    if phase in ("failed", "dead", "cancelled", "paused"):
        buttons.operator("mti.resume", text="Resume", icon="FILE_REFRESH").job = job
    if phase in ("failed", "dead", "cancelled"):
        buttons.operator("mti.open_log", text="Log", icon="TEXT").job = job


def _draw_stop(top: Any, row: Row) -> None:
    """What ends a job: pausing and cancelling while it runs, deleting when it does not."""
    job, request = row.folder.path.name, row.request
    if not row.active:
        top.operator("mti.remove_job", text="", icon="TRASH").job = job
        return
    if request is not None and request.learns and row.state.phase == "running":
        top.operator("mti.pause", text="", icon="PAUSE").job = job
    top.operator("mti.cancel", text="", icon="X").job = job


def _draw_progress(context: Any, box: Any, row: Row) -> None:
    box.progress(factor=row.state.fraction, text=progress_text(row))
    if row.state.plan:
        paragraph(context, box, row.state.plan, "INFO")
    curve, live = job_pictures.curve_icon(row), job_pictures.live_icon(row)
    if not (curve or live):
        return
    pictures = box.row()
    for icon, text in ((curve, "Loss"), (live, "So Far")):
        if icon:
            column = pictures.column(align=True)
            column.template_icon(icon_value=icon, scale=5)
            column.label(text=text)


def _draw_done(context: Any, box: Any, row: Row) -> None:
    job, result = row.folder.path.name, row.state.result or {}
    warning = result.get("warning")
    if isinstance(warning, str) and warning:
        paragraph(context, box, warning, "ERROR")
    takes = takes_of(row)
    if takes and len(stillness.still_takes(row)) == len(takes):
        paragraph(context, box, stillness.ADVICE, "ERROR")
    if len(takes) == 1:
        if shown := playback.icon(row, 1):
            box.template_icon(icon_value=shown, scale=8)
        buttons = box.row(align=True)
        buttons.operator("mti.import_result", icon="SEQUENCE").job = job
        _draw_play(buttons, row, 1)
        buttons.operator("mti.redo", text="", icon="LOOP_BACK").job = job
    elif takes:
        _draw_takes(box, row, job)


def _draw_takes(box: Any, row: Row, job: str) -> None:
    """Side by side, the likeliest first; a click on one adds it."""
    grid = box.grid_flow(row_major=True, columns=-4, even_columns=True, align=True)
    still = stillness.still_takes(row)
    for take, icon in zip(takes_of(row), job_pictures.take_icons(row), strict=True):
        column = grid.column(align=True)
        icon = playback.icon(row, take.number) or icon
        if icon:
            column.template_icon(icon_value=icon, scale=5)
        text = translated("Take {}").format(take.number)
        buttons = column.row(align=True)
        buttons.alert = take.number in still
        button = buttons.operator("mti.import_result", text=text)
        button.job, button.take = job, take.number
        _draw_play(buttons, row, take.number)
    box.operator("mti.redo", icon="LOOP_BACK").job = job


def _draw_play(buttons: Any, row: Row, take: int) -> None:
    """Play a result here, or stop it."""
    icon = "PAUSE" if playback.playing(row, take) else "PLAY"
    button = buttons.operator("mti.play_result", text="", icon=icon)
    button.job, button.take = row.folder.path.name, take


def progress_text(row: Row) -> str:
    """Such as 'Learning 40/120, 1:05 left'."""
    state = row.state
    text = translated(STAGES.get(state.stage, "Starting"))
    if state.total > 1:
        text += " {}/{}".format(state.step, state.total)
    if state.seconds_left is not None:
        text += translated(", {} left").format(clock(state.seconds_left))
    return text
