"""Operators that use a motion or preview its target."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import StringProperty

from ...wire.errors import BadRequest
from ...wire.problem import Problem
from ...workflow.motions import motion_of_job
from ..common import panels
from ..common.reporting import reports_errors, set_poll_message
from ..queue import polling
from ..setup import engines
from ..studio import place
from ..translations import translated
from . import preview
from .current import current_motion, motion_problem
from .edit import edit_problem, is_edited, reset_edit
from .send import apply_motion
from .sources import make_target, target_problem
from .words import plays_words, words_problem


class MTI_OT_apply(bpy.types.Operator):
    """Apply a learned motion to the target image, in the background"""

    bl_idname = "mti.apply"
    bl_label = "Apply"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a motion, a target or prompts, and a backend."""
        motion = current_motion(context.scene)
        problem = engines.missing_problem(motion.settings.model if motion else "draft")
        if plays_words(context.scene):
            problem = problem or words_problem(context.scene.mti)
        else:
            problem = problem or target_problem(context)
            problem = problem or motion_problem(context.scene) or edit_problem(context.scene)
        return set_poll_message(cls, problem)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Render or read the target, write the job and start the backend on it."""
        motion = current_motion(context.scene)
        assert motion is not None  # checked by poll()
        apply_motion(self, context, motion)
        return {"FINISHED"}


class MTI_OT_use_motion(bpy.types.Operator):
    """Switch to this motion, which was learned after the current one"""

    bl_idname = "mti.use_motion"
    bl_label = "Use Motion"
    bl_options = {"UNDO"}

    motion: StringProperty(
        name="Motion", description="Name and job of the motion", options={"SKIP_SAVE", "HIDDEN"}
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Select the motion in the scene."""
        context.scene.mti.motion = self.motion
        return {"FINISHED"}


class MTI_OT_apply_this(bpy.types.Operator):
    """Apply the motion learned by this job to the target, in the background"""

    bl_idname = "mti.apply_this"
    bl_label = "Apply This"

    job: StringProperty(name="Job", description="Job ID", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a target and a backend."""
        problem = place.start_problem() or target_problem(context)
        return set_poll_message(cls, problem or edit_problem(context.scene))

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Select the motion in the scene, then start a job like Apply."""
        row = polling.jobs.find(self.job)
        motion = motion_of_job(row) if row is not None else None
        if motion is None:
            what = "This job has not learned a motion."
            raise BadRequest(Problem("job_has_no_motion", what, "Wait until it is done."))
        context.scene.mti.motion = motion.label
        apply_motion(self, context, motion)
        return {"FINISHED"}


class MTI_OT_reset_edit(bpy.types.Operator):
    """Apply the motion as it was learned"""

    bl_idname = "mti.reset_edit"
    bl_label = "Reset"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a change."""
        changed = is_edited(context.scene.mti)
        problem = None if changed else Problem("edit_is_default", "Nothing is changed")
        return set_poll_message(cls, problem)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Set all settings of the edit to their defaults."""
        reset_edit(context.scene.mti)
        return {"FINISHED"}


class MTI_OT_show_target(bpy.types.Operator):
    """Show the image that will be sent, cropped or padded to the engine's shape"""

    bl_idname = "mti.show_target"
    bl_label = "Preview Target"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a target."""
        return set_poll_message(cls, target_problem(context))

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Create the target as Apply would, and store it for the panel."""
        motion = current_motion(context.scene)
        settings = motion.settings if motion else engines.chosen_settings()
        target = make_target(context, settings.target_size)
        preview.show(context, target, settings.target_size)
        if target.warnings:
            text = translated("Shown as it will be sent")
            self.report({"WARNING"}, "; ".join([text, *target.warnings]))
        panels.redraw()
        return {"FINISHED"}
