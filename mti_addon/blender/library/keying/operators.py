"""Operators that bring a motion of the library into the scene."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import StringProperty

from ....wire.errors import BadRequest
from ....wire.library import Motion
from ....workflow.motion_poses import Span, read_poses
from ...common.problems import edit_mode_problem
from ...common.reporting import reports_errors, set_poll_message
from ...translations import translated
from .. import motions, shown
from ..problems import NONE_CHOSEN
from .figure import add_alone, bring_back
from .pose import pose_on

KEYED = "{} is keyed on frames {} to {} of {}"


class OnMotion:
    """Operators of one motion, or of the chosen one, in Object Mode and Pose Mode."""

    motion: StringProperty(
        name="Motion", description="ID of the motion", options={"SKIP_SAVE", "HIDDEN"}
    )

    def read(self, context: Any) -> Motion:
        """Read the motion. Raises UnreadableInput if there is none, or BadRequest."""
        if not self.motion:
            entry = shown.chosen(context.scene)
            if entry is None:
                raise BadRequest(NONE_CHOSEN)
            self.motion = entry.id  # the redo panel keeps it
        return motions.read(self.motion)

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a mode in which objects can be added, and bones keyed."""
        return set_poll_message(cls, edit_mode_problem(context))

    def say(self, name: str, span: Span, thing: Any) -> None:
        """Report what was keyed, and remember that the motion was used."""
        motions.note_use(self.motion)
        text = translated(KEYED, name, span.start, span.end, thing.name)
        self.report({"INFO"}, text)  # type: ignore[attr-defined]


class MTI_OT_edit_motion(OnMotion, bpy.types.Operator):
    """Add the figure, object or camera that this motion was captured from, with keys to change"""

    bl_idname = "mti.edit_motion"
    bl_label = "Edit in Scene"
    bl_options = {"REGISTER", "UNDO"}

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Add it, and select it as the source to capture."""
        motion = self.read(context)
        name, capture = motion.preset.name, motion.preset.capture
        thing, span = bring_back(context, name, read_poses(motion), capture)
        self.say(name, span, thing)
        return {"FINISHED"}


class MTI_OT_pose_motion(OnMotion, bpy.types.Operator):
    """Key this motion onto the active figure from the current frame on, or add a figure"""

    bl_idname = "mti.pose_motion"
    bl_label = "Apply to Figure"
    bl_options = {"REGISTER", "UNDO"}

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Key it as a new action."""
        put_on_figure(self, context)
        return {"FINISHED"}


def put_on_figure(operator: OnMotion, context: Any) -> None:
    """Key an operator's motion onto the active figure; if none is active, add one.

    What is no figure is always added. Raises UnreadableInput, BadRequest, CaptureError.
    """
    motion = operator.read(context)
    name, capture, poses = motion.preset.name, motion.preset.capture, read_poses(motion)
    figure = context.view_layer.objects.active
    if figure is None or figure.type != "ARMATURE" or not poses.parents:
        figure, span = add_alone(context, name, poses, capture)
    else:
        span = pose_on(context, figure, name, poses, capture)
    operator.say(name, span, figure)
