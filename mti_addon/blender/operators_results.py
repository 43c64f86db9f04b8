"""Buttons on a job that exists: stop it, go on, fetch its result, look at its log, delete it."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from .. import client
from ..wire.errors import BadRequest
from ..wire.problem import Problem
from . import addon, polling, starting
from .add_to_scene import place, results_root
from .jobs import Row
from .properties import LONGEST_NAME
from .recipe import read_note
from .reporting import reports_errors, set_poll_message
from .results import export_take
from .stillness import hardly_moves
from .target_sources import pixels
from .titles import rename
from .translations import translated

CROPPED = "the target was cropped to {:.0%} of its area"


class _JobOperator:
    """An operator on one job, given by its id."""

    job: StringProperty(name="Job", description="The job's id", options={"SKIP_SAVE", "HIDDEN"})

    def row(self) -> Row:
        """The job. Raises BadRequest if it is gone."""
        row = polling.jobs.find(self.job)
        if row is None or not row.folder.request_file.is_file():
            what = "This job no longer exists."
            raise BadRequest(Problem("job_gone", what, "Its folder has been removed."))
        return row


class MTI_OT_cancel(_JobOperator, bpy.types.Operator):
    """Stop this job; what it has learned is kept, and it can be resumed"""

    bl_idname = "mti.cancel"
    bl_label = "Cancel Job"

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Ask its runner to stop, which it does within two seconds."""
        client.cancel(self.row().folder)
        polling.start()
        return {"FINISHED"}


class MTI_OT_pause(_JobOperator, bpy.types.Operator):
    """Stop this job for now, with all that it has learned; the next one in the queue begins"""

    bl_idname = "mti.pause"
    bl_label = "Pause Job"

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Ask its runner to stop, and remember that it was only meant to pause."""
        client.pause(self.row().folder)
        polling.start()
        return {"FINISHED"}


class MTI_OT_resume(_JobOperator, bpy.types.Operator):
    """Resume this job where it stopped, as soon as its turn comes"""

    bl_idname = "mti.resume"
    bl_label = "Resume Job"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """There must be a backend."""
        return set_poll_message(cls, addon.backend_problem())

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Put it into the queue; if nothing else runs, that starts it."""
        starting.resume(self.row().folder)
        return {"FINISHED"}


class MTI_OT_start_now(_JobOperator, bpy.types.Operator):
    """Start this job at once, beside the one that is running"""

    bl_idname = "mti.start_now"
    bl_label = "Start Now"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """There must be a backend."""
        return set_poll_message(cls, addon.backend_problem())

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Start a runner on it, whatever else is running."""
        starting.start_now(self.row().folder)
        return {"FINISHED"}


class MTI_OT_import_result(_JobOperator, bpy.types.Operator):
    """Keep this take's images in the results' folder, and add them to the scene as chosen"""

    bl_idname = "mti.import_result"
    bl_label = "Add Result"
    bl_options = {"REGISTER", "UNDO"}

    take: IntProperty(
        name="Take",
        description="Which of the job's results; 1 is the likeliest",
        default=1,
        min=1,
        max=128,
        options={"SKIP_SAVE"},
    )
    set_view_transform: BoolProperty(
        name="Set View Transform",
        description="Set the edit's view transform to Standard, the only one that shows finished "
        "images in their own colors",
        default=False,
    )
    replace: BoolProperty(
        name="Replace",
        description="Show the result in the strip that it was made again from, if there is one; "
        "else add another",
        default=True,
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Check the pictures, copy them to where they stay, and lay them down."""
        row = self.row()
        root, note = results_root(context.scene)
        result = export_take(row, self.take, root, pixels)
        placed = place(context, result, self.set_view_transform, self.replace)
        target = read_note(row.folder.path)
        warnings = [*placed.warnings, note]
        if hardly_moves(result.folder):
            warnings.insert(0, translated("it hardly moves"))
        if target is not None and target.kept < 1:
            warnings.append(translated(CROPPED, target.kept))
        warnings = [warning for warning in warnings if warning]
        level = "WARNING" if warnings else "INFO"
        self.report({level}, "; ".join([placed.text, *warnings]))
        polling.dismiss(self.job)
        return {"FINISHED"}


class MTI_OT_remove_job(_JobOperator, bpy.types.Operator):
    """Delete this job, with a motion that it has learned; results that were added stay"""

    bl_idname = "mti.remove_job"
    bl_label = "Delete Job"

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Ask first: this cannot be undone."""
        answer: set[str] = context.window_manager.invoke_confirm(self, event)
        return answer

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Delete its folder, unless a runner is still in it."""
        client.remove(self.row().folder)
        polling.start()
        return {"FINISHED"}


class MTI_OT_rename_job(_JobOperator, bpy.types.Operator):
    """Rename this motion; results that were added keep their names"""

    bl_idname = "mti.rename_job"
    bl_label = "Rename Motion"

    name: StringProperty(
        name="Name",
        description="What the motion is called from now on",
        maxlen=LONGEST_NAME + 1,
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the name."""
        row = polling.jobs.find(self.job)
        if row is not None and row.request is not None:
            self.name = row.request.name
        answer: set[str] = context.window_manager.invoke_props_dialog(
            self, confirm_text=translated("Rename")
        )
        return answer

    def draw(self, _context: Any) -> None:
        """The name alone."""
        self.layout.prop(self, "name")

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Note the name beside the job."""
        rename(self.row().folder, self.name)
        polling.jobs.read_again(self.job)
        polling.redraw()
        return {"FINISHED"}


class MTI_OT_open_log(_JobOperator, bpy.types.Operator):
    """Open what the backend wrote while it worked on this job"""

    bl_idname = "mti.open_log"
    bl_label = "Open Log"

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Open it in the system's own viewer."""
        log = self.row().folder.log_file
        if not log.is_file():
            what = "This job has no log."
            raise BadRequest(
                Problem("job_without_log", what, "The backend was never started on it.")
            )
        bpy.ops.wm.path_open(filepath=str(log))
        return {"FINISHED"}
