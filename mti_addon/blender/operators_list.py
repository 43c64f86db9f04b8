"""Buttons on what is chosen in a list: add a kept result again, apply the motion of a job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import StringProperty

from ..wire.errors import BadRequest
from ..wire.problem import Problem
from . import addon, polling
from .add_to_scene import place
from .motions import motion_of_job
from .operators_jobs import apply_motion
from .reporting import reports_errors, set_poll_message
from .results import read_result
from .target_sources import target_problem


class MTI_OT_add_kept(bpy.types.Operator):
    """Add this result to the scene as chosen, once more or for the first time"""

    bl_idname = "mti.add_kept"
    bl_label = "Add Result"
    bl_options = {"REGISTER", "UNDO"}

    folder: StringProperty(
        name="Folder", description="Where the result is kept", options={"SKIP_SAVE", "HIDDEN"}
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Read its recipe, and lay its images down."""
        result = read_result(Path(self.folder)) if self.folder else None
        if result is None:
            what = "This result no longer exists."
            raise BadRequest(Problem("result_gone", what, "Its folder has been removed."))
        placed = place(context, result, set_view=False, replace=False)
        level = "WARNING" if placed.warnings else "INFO"
        self.report({level}, "; ".join([placed.text, *placed.warnings]))
        return {"FINISHED"}


class MTI_OT_use_motion(bpy.types.Operator):
    """Apply this motion from now on; it was learned after the one that is used"""

    bl_idname = "mti.use_motion"
    bl_label = "Use Motion"
    bl_options = {"UNDO"}

    motion: StringProperty(
        name="Motion", description="The motion's name and job", options={"SKIP_SAVE", "HIDDEN"}
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Choose it in the scene."""
        context.scene.mti.motion = self.motion
        return {"FINISHED"}


class MTI_OT_apply_this(bpy.types.Operator):
    """Apply the motion that this job has learned to the target, in the background"""

    bl_idname = "mti.apply_this"
    bl_label = "Apply This"

    job: StringProperty(name="Job", description="The job's id", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, context: Any) -> bool:
        """There must be a target and a backend."""
        return set_poll_message(cls, addon.backend_problem() or target_problem(context))

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Choose the motion in the scene, and start a job as Apply does."""
        row = polling.jobs.find(self.job)
        motion = motion_of_job(row) if row is not None else None
        if motion is None:
            what = "This job has not learned a motion."
            raise BadRequest(Problem("job_has_no_motion", what, "Wait until it is done."))
        context.scene.mti.motion = motion.label
        apply_motion(self, context, motion)
        return {"FINISHED"}
