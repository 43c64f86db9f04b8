"""What the Asset Browser and the asset shelf do with a motion."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from ....wire.errors import BadRequest, UnreadableInput
from ....wire.problem import Problem
from ....workflow.asset_files import file_name
from ....workflow.motions import motion_of_library
from ...common.problems import edit_mode_problem
from ...common.reporting import reports_errors, set_poll_message
from ...setup import engines
from ...translations import translated
from .. import motions
from ..keying.operators import OnMotion, put_on_figure
from .metadata import motion_of

NOT_OURS = Problem("asset_not_a_motion", "Choose a motion of the library in the Asset Browser")
NOT_LEARNED = "{name} has not been learned for any engine, so it cannot be applied."
CHOSEN = "Apply uses {}"
HIDDEN = {"HIDDEN", "SKIP_SAVE"}
GIVEN = "Location of the asset, supplied by the asset shelf"
LIBRARY_TYPES = [
    (name, name, "", number)
    for name, number in (
        ("LOCAL", 1), ("ALL", 2), ("ESSENTIALS", 3), ("ONLINE_ESSENTIALS", 4), ("CUSTOM", 100),
    )
]  # fmt: skip
"""Blender's own names and numbers."""


class _OnAsset:
    """Operators of the active asset, if it is a motion of the library."""

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require such an asset; other assets are left to Blender's own operators."""
        if not motion_of(getattr(context, "asset", None)):
            return set_poll_message(cls, NOT_OURS)
        return True


class OnShelf:
    """Operators that an asset shelf calls, which tells them the asset by its file and name."""

    asset_library_type: EnumProperty(
        name="Library Type", description=GIVEN, items=LIBRARY_TYPES, options=HIDDEN
    )
    asset_library_identifier: StringProperty(name="Library Name", description=GIVEN, options=HIDDEN)
    relative_asset_identifier: StringProperty(name="Asset Name", description=GIVEN, options=HIDDEN)

    def chosen(self, context: Any) -> str:
        """Return the id of the motion that is meant."""
        file = self.relative_asset_identifier.replace("\\", "/").partition("/")[0]
        if not file:
            return motion_of(getattr(context, "asset", None))
        entries = motions.library().entries()
        return next((entry.id for entry in entries if file_name(entry) == file), "")


class MTI_OT_pose_asset(OnShelf, OnMotion, bpy.types.Operator):
    """Key this motion onto the active figure from the current frame on, or add a figure"""

    bl_idname = "mti.pose_asset"
    bl_label = "Apply to Figure"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a motion, and a mode in which bones can be keyed."""
        problem = edit_mode_problem(context)
        in_browser = context.area is not None and context.area.type == "FILE_BROWSER"
        if not problem and in_browser and not motion_of(getattr(context, "asset", None)):
            problem = NOT_OURS
        return set_poll_message(cls, problem)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Key it; the redo panel keeps the motion, whatever asset is active then."""
        self.motion = self.motion or self.chosen(context)
        if not self.motion:
            raise BadRequest(NOT_OURS)
        put_on_figure(self, context)
        return {"FINISHED"}


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
