"""Progress and completion of jobs in Blender's status bar.

Blender shows its own background tasks there, in every workspace; in a header, tools would be pushed
aside.
"""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import StringProperty

from ..workflow.job_list import Row
from .common import panels
from .queue import polling
from .queue.rows import NO_CONNECTION, STAGES
from .translations import translated

ENDINGS = {
    "done": ("{} is done", "CHECKMARK"),
    "failed": ("{} failed", "ERROR"),
    "dead": ("{} stopped", "ERROR"),
}
BAR = "STATUSBAR_HT_header"


class MTI_OT_dismiss(bpy.types.Operator):
    """A job has ended; click to dismiss this notice. The job stays in the Motion tab"""

    bl_idname = "mti.dismiss"
    bl_label = "Dismiss"

    job: StringProperty(name="Job", description="Job ID", options={"SKIP_SAVE"})

    def execute(self, _context: Any) -> set[str]:
        """Remove the notice."""
        polling.dismiss(self.job)
        return {"FINISHED"}


def status(rows: tuple[Row, ...]) -> tuple[float, str] | None:
    """Return the progress of the running job and a short text; None if nothing is running."""
    busy = [row for row in rows if row.active]
    if not busy:
        return None
    row = next((row for row in busy if row.state.phase == "running"), busy[-1])
    waiting = sum(1 for each in busy if each is not row and not each.at_work)
    stage = translated(STAGES.get(row.state.stage, "Starting"))
    text = translated("Motion: {} {:.0%}", stage, row.state.fraction)
    if not row.state.online:
        text = translated(NO_CONNECTION[0])
    if waiting:
        text += translated(", {} waiting", waiting)
    return row.state.fraction, text


def redraw() -> None:
    """Redraw the status bar, which is not an area and cannot be tagged."""
    bpy.msgbus.publish_rna(key=(bpy.types.Window, "view_layer"))


def draw_status(self: Any, _context: Any) -> None:
    """Draw in the status bar; appended to Blender's own."""
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
        text = translated(text, name)
        button = layout.operator("mti.dismiss", text=text, icon=icon, translate=False)
        button.job = job


def register() -> None:
    """Append to the status bar."""
    getattr(bpy.types, BAR).append(draw_status)
    panels.on_redraw(redraw)


def unregister() -> None:
    """Remove it from the status bar."""
    getattr(bpy.types, BAR).remove(draw_status)


CLASSES: tuple[type, ...] = (MTI_OT_dismiss,)
