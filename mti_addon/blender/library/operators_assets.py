"""What the Asset Browser and the asset shelf do with a motion."""

from __future__ import annotations

from typing import Any

import bpy

from ...wire.errors import UnreadableInput
from ...wire.problem import Problem
from ...workflow.motions import motion_of_library
from ..common.reporting import reports_errors, set_poll_message
from ..setup import engines
from ..sketch.operators_figures import LEAVE_EDIT_MODE
from ..translations import translated
from . import motions
from .metadata import motion_of
from .operators import OnMotion, put_on_figure

NOT_OURS = Problem("asset_not_a_motion", "Choose a motion of the library in the Asset Browser")
NOT_LEARNED = "{name} has not been learned for any engine, so it cannot be applied."
CHOSEN = "Apply uses {}"


class _OnAsset:
    """Operators of the active asset, if it is a motion of the library."""

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require such an asset; other assets are left to Blender's own operators."""
        if not motion_of(getattr(context, "asset", None)):
            return set_poll_message(cls, NOT_OURS)
        return True


class MTI_OT_pose_asset(_OnAsset, OnMotion, bpy.types.Operator):
    """Key this motion onto the active figure from the current frame on, or add a figure"""

    bl_idname = "mti.pose_asset"
    bl_label = "Apply to Figure"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a motion, and a mode in which bones can be keyed."""
        active = context.view_layer.objects.active
        if active is not None and active.mode not in ("OBJECT", "POSE"):
            return set_poll_message(cls, LEAVE_EDIT_MODE)
        return _OnAsset.poll.__func__(cls, context)  # type: ignore[attr-defined]

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Key it; the redo panel keeps the motion, whatever asset is active then."""
        self.motion = self.motion or motion_of(context.asset)
        put_on_figure(self, context)
        return {"FINISHED"}


class MTI_OT_drag_motion(_OnAsset, bpy.types.Operator):
    """Drop this motion in the 3D viewport, to key it onto the active figure or to add one"""

    bl_idname = "mti.drag_motion"
    bl_label = "Drop Motion"
    bl_options = {"INTERNAL"}

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Wait until the mouse button is released."""
        self._motion = motion_of(context.asset)
        context.window_manager.modal_handler_add(self)
        context.window.cursor_modal_set("HAND")
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Apply it where it is dropped, unless that is outside of the viewport."""
        if event.type not in ("LEFTMOUSE", "ESC", "RIGHTMOUSE"):
            return {"RUNNING_MODAL"}
        context.window.cursor_modal_restore()
        region = next(each for each in context.area.regions if each.type == "WINDOW")
        x, y = event.mouse_x - region.x, event.mouse_y - region.y
        inside = 0 <= x < region.width and 0 <= y < region.height
        if event.type == "LEFTMOUSE" and inside:
            with context.temp_override(region=region):
                bpy.ops.mti.pose_motion("EXEC_DEFAULT", True, motion=self._motion)
            return {"FINISHED"}
        return {"CANCELLED"}


class MTI_OT_use_asset(_OnAsset, bpy.types.Operator):
    """Choose this motion in the tab, to apply it to a target"""

    bl_idname = "mti.use_asset"
    bl_label = "Use for Apply"
    bl_options = {"UNDO"}

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Select it in the scene, learned for the chosen engine if it is."""
        motion = motions.read(motion_of(context.asset))
        engine = engines.chosen_settings().model
        models = [engine, *motion.preset.embeddings]
        known = (motion_of_library(motion, model) for model in models)
        chosen = next((each for each in known if each is not None), None)
        if chosen is None:
            hint = "Learn it first."
            values = {"name": motion.preset.name}
            raise UnreadableInput(Problem("motion_not_learned", NOT_LEARNED, hint, values))
        context.scene.mti.motion = chosen.label
        self.report({"INFO"}, translated(CHOSEN, chosen.label))
        return {"FINISHED"}
