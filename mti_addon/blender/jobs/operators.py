"""Operators on existing jobs: cancel, pause, resume, start, delete, rename, open the log."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import StringProperty

from ... import client
from ...wire.errors import BadRequest
from ...wire.problem import Problem
from ...workflow.job_titles import LONGEST_NAME, rename
from ..common import panels
from ..common.dialogs import ask
from ..common.reporting import reports_errors, set_poll_message
from ..queue import polling, resume
from ..queue.job_operator import JobOperator
from ..queue.removal import remove
from ..studio import place
from ..translations import translated


class MTI_OT_cancel(JobOperator, bpy.types.Operator):
    """Stop this job; what it has learned is kept, and it can be resumed"""

    bl_idname = "mti.cancel"
    bl_label = "Cancel Job"

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Ask its runner to stop, which it does within two seconds."""
        client.cancel(self.row().folder)
        polling.start()
        return {"FINISHED"}


class MTI_OT_pause(JobOperator, bpy.types.Operator):
    """Pause this job, keeping what it has learned; the next job in the queue starts"""

    bl_idname = "mti.pause"
    bl_label = "Pause Job"

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Ask its runner to stop, and record that it was only paused."""
        client.pause(self.row().folder)
        polling.start()
        return {"FINISHED"}


class MTI_OT_resume(JobOperator, bpy.types.Operator):
    """Resume this job where it stopped, as soon as its turn comes"""

    bl_idname = "mti.resume"
    bl_label = "Resume Job"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a backend."""
        return set_poll_message(cls, place.resume_problem())

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Add the job to the queue, which starts it if nothing else is running."""
        resume.resume(self.row().folder)
        return {"FINISHED"}


class MTI_OT_start_now(JobOperator, bpy.types.Operator):
    """Start this job immediately, in parallel to the running one"""

    bl_idname = "mti.start_now"
    bl_label = "Start Now"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a backend."""
        return set_poll_message(cls, place.resume_problem())

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Start a runner on it, whatever else is running."""
        resume.start_now(self.row().folder)
        return {"FINISHED"}


class MTI_OT_remove_job(JobOperator, bpy.types.Operator):
    """Delete this job and any motion it has learned; results already added stay"""

    bl_idname = "mti.remove_job"
    bl_label = "Delete Job"

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Ask for confirmation: this cannot be undone."""
        answer: set[str] = context.window_manager.invoke_confirm(self, event)
        return answer

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Delete its folder, unless a runner is still using it."""
        remove(self.row().folder)
        polling.start()
        return {"FINISHED"}


class MTI_OT_rename_job(JobOperator, bpy.types.Operator):
    """Rename this motion; results already added keep their names"""

    bl_idname = "mti.rename_job"
    bl_label = "Rename Motion"

    name: StringProperty(
        name="Name",
        description="New name of the motion",
        maxlen=LONGEST_NAME + 1,
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the name."""
        row = polling.jobs.find(self.job)
        if row is not None and row.request is not None:
            self.name = row.request.name
        return ask(self, context, translated("Rename"))

    def draw(self, _context: Any) -> None:
        """Draw only the name."""
        self.layout.prop(self, "name")

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Save the name in the job folder."""
        rename(self.row().folder, self.name)
        polling.jobs.read_again(self.job)
        panels.redraw()
        return {"FINISHED"}


class MTI_OT_open_log(JobOperator, bpy.types.Operator):
    """Open the backend's log of this job"""

    bl_idname = "mti.open_log"
    bl_label = "Open Log"

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Open it in the system's default viewer."""
        log = self.row().folder.log_file
        if not log.is_file():
            what = "This job has no log."
            raise BadRequest(
                Problem("job_without_log", what, "The backend was never started on it.")
            )
        bpy.ops.wm.path_open(filepath=str(log))
        return {"FINISHED"}
