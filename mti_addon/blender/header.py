"""A word on running jobs in the headers of the 3D viewport and the sequencer."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import StringProperty

from . import polling
from .jobs import Row
from .panel_jobs import STAGES
from .translations import translated

ENDINGS = {
    "done": ("{} is done", "CHECKMARK"),
    "failed": ("{} has failed", "ERROR"),
    "dead": ("{} has stopped", "ERROR"),
}
EDITORS = ("VIEW3D_HT_header", "SEQUENCER_HT_header")


class MTI_OT_dismiss(bpy.types.Operator):
    """A job has ended; click to take this notice away. The job itself stays in the Motion tab"""

    bl_idname = "mti.dismiss"
    bl_label = "Dismiss"

    job: StringProperty(name="Job", description="The job's id", options={"SKIP_SAVE"})

    def execute(self, _context: Any) -> set[str]:
        """Show the notice no more."""
        polling.dismiss(self.job)
        return {"FINISHED"}


def status(rows: tuple[Row, ...]) -> tuple[float, str] | None:
    """How far the running job is, and that in a few words; None if nothing runs."""
    busy = [row for row in rows if row.active]
    if not busy:
        return None
    row = next((row for row in busy if row.state.phase == "running"), busy[-1])
    waiting = sum(1 for each in busy if each is not row and not each.at_work)
    stage = translated(STAGES.get(row.state.stage, "Starting"))
    text = translated("Motion: {} {:.0%}").format(stage, row.state.fraction)
    if waiting:
        text += translated(", {} waiting").format(waiting)
    return row.state.fraction, text


def draw_header(self: Any, _context: Any) -> None:
    """Appended to the headers of the editors that have the tab."""
    layout = self.layout
    running = status(polling.jobs.rows)
    if running is not None:
        row = layout.row()
        row.ui_units_x = 10
        row.progress(factor=running[0], text=running[1], translate=False)
    for job, phase in list(polling.notices.items())[-2:]:
        row_of = polling.jobs.find(job)
        name = row_of.request.name if row_of and row_of.request else job[:6]
        text, icon = ENDINGS[phase]
        text = translated(text).format(name)
        button = layout.operator("mti.dismiss", text=text, icon=icon, translate=False)
        button.job = job


def register() -> None:
    """Append to the headers."""
    for name in EDITORS:
        getattr(bpy.types, name).append(draw_header)


def unregister() -> None:
    """Take it out again."""
    for name in EDITORS:
        getattr(bpy.types, name).remove(draw_header)
