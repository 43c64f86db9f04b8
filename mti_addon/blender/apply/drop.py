"""Use an image file dropped on the tab as the target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import StringProperty

from ...wire.errors import BadRequest
from ...wire.problem import Problem
from ..common.folders import RELATIVE, blender_path
from ..common.reporting import reports_errors
from ..translations import translated

TAB = "Motion"
EDITORS = ("VIEW_3D", "SEQUENCE_EDITOR")


class MTI_OT_drop_target(bpy.types.Operator):
    """Use this image file as the target"""

    bl_idname = "mti.drop_target"
    bl_label = "Use as Target"
    bl_options = {"UNDO"}

    filepath: StringProperty(
        name="Image",
        description="Image file",
        subtype="FILE_PATH",
        options={"SKIP_SAVE", "HIDDEN", *RELATIVE},
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Select the file as the target in the panel."""
        path = Path(bpy.path.abspath(self.filepath)) if self.filepath else Path()
        if not path.is_file():
            raise BadRequest(
                Problem("no_such_image", "The image file does not exist.", "Choose another file.")
            )
        props = context.scene.mti
        relative = context.preferences.filepaths.use_relative_paths
        props.target_image = blender_path(path) if relative else str(path)
        props.target = "IMAGE"
        self.report({"INFO"}, translated("The target is {}", path.name))
        return {"FINISHED"}


class MTI_FH_target(bpy.types.FileHandler):
    """Accept image files dropped on the tab, and nowhere else."""

    bl_idname = "MTI_FH_target"
    bl_label = "Use as Target"
    bl_import_operator = MTI_OT_drop_target.bl_idname
    bl_file_extensions = ";".join(sorted(bpy.path.extensions_image))

    @classmethod
    def poll_drop(cls, context: Any) -> bool:
        """Return whether the mouse is over the tab."""
        area, region = context.area, context.region
        if area is None or region is None or area.type not in EDITORS or region.type != "UI":
            return False
        return bool(region.active_panel_category == TAB)
