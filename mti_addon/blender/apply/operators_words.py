"""Operators of motions applied from a text prompt."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import IntProperty, StringProperty

from ...wire.errors import BadRequest
from ...wire.motion_inversion import MAX_PROMPTS
from ...wire.problem import Problem
from ...workflow.motions import motion_of_job
from ..common.reporting import reports_errors, set_poll_message
from ..queue import polling
from ..studio import place
from .send import play_words
from .words import words_problem


class MTI_OT_add_prompt(bpy.types.Operator):
    """Play the motion in one more thing; each prompt gets its own results"""

    bl_idname = "mti.add_prompt"
    bl_label = "Add Prompt"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require room in a job."""
        full = len(context.scene.mti.more_prompts) >= MAX_PROMPTS - 1
        what = "One job can have {most} prompts: apply the motion again for more"
        problem = Problem("prompts_full", what, values={"most": MAX_PROMPTS}) if full else None
        return set_poll_message(cls, problem)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Add an empty one."""
        context.scene.mti.more_prompts.add()
        return {"FINISHED"}


class MTI_OT_remove_prompt(bpy.types.Operator):
    """Remove this prompt"""

    bl_idname = "mti.remove_prompt"
    bl_label = "Remove Prompt"
    bl_options = {"UNDO"}

    number: IntProperty(
        name="Number", description="Which of the further prompts", options={"SKIP_SAVE", "HIDDEN"}
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Remove it."""
        prompts = context.scene.mti.more_prompts
        if not 0 <= self.number < len(prompts):
            return {"CANCELLED"}
        prompts.remove(self.number)
        return {"FINISHED"}


class MTI_OT_step_back(bpy.types.Operator):
    """Play the motion as it was after so many iterations, if later ones copy the captured looks"""

    bl_idname = "mti.step_back"
    bl_label = "Step Back"
    bl_options = {"UNDO"}

    iterations: IntProperty(
        name="Iterations", description="0 for all of them", options={"SKIP_SAVE", "HIDDEN"}
    )
    motion: StringProperty(
        name="Motion", description="Name and job of the motion", options={"SKIP_SAVE", "HIDDEN"}
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Remember it for this motion; another one is played as it was learned."""
        props = context.scene.mti
        props.early_state, props.early_state_of = self.iterations, self.motion
        return {"FINISHED"}


class MTI_OT_play_this(bpy.types.Operator):
    """Play the motion learned by this job in what the prompts describe, in the background"""

    bl_idname = "mti.play_this"
    bl_label = "Apply This"

    job: StringProperty(name="Job", description="Job ID", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a backend and prompts."""
        return set_poll_message(cls, place.start_problem() or words_problem(context.scene.mti))

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Select the motion in the scene, then start a job like Apply."""
        row = polling.jobs.find(self.job)
        motion = motion_of_job(row) if row is not None else None
        if motion is None:
            what = "This job has not learned a motion."
            raise BadRequest(Problem("job_has_no_motion", what, "Wait until it is done."))
        context.scene.mti.motion = motion.label
        play_words(self, context, motion)
        return {"FINISHED"}


CLASSES: tuple[type, ...] = (
    MTI_OT_add_prompt,
    MTI_OT_remove_prompt,
    MTI_OT_step_back,
    MTI_OT_play_this,
)
