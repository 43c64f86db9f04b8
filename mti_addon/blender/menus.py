"""Menu entries of the tab's operators, which also make them available in search (F3)."""

from __future__ import annotations

from typing import Any

import bpy

from .library import shown
from .translations import OWN

MENUS = ("VIEW3D_MT_object", "VIEW3D_MT_pose", "SEQUENCER_MT_strip")
ADD_MENU = "VIEW3D_MT_armature_add"
FILE_TYPE = "Motion (.motion)"
NONE_TO_EXPORT = "Motion (.motion): Choose One in the Library First"


class MTI_MT_motion(bpy.types.Menu):
    """Operators of the Motion tab in the sidebar"""

    bl_idname = "MTI_MT_motion"
    bl_label = "Motion"

    def draw(self, _context: Any) -> None:
        """Draw the operators in the order of the tab."""
        layout = self.layout
        layout.operator("mti.add_camera", icon="CAMERA_DATA")
        layout.operator("mti.capture", icon="RENDER_ANIMATION")
        layout.operator("mti.learn", icon="PLAY")
        layout.operator("mti.learn_actions", icon="ACTION")
        layout.separator()
        layout.operator("mti.find_motion", icon="VIEWZOOM")
        layout.operator("mti.save_to_library", icon="ADD")
        layout.menu("MTI_MT_library", icon="ASSET_MANAGER")
        layout.menu("MTI_MT_library_motion", icon="ACTION")
        layout.separator()
        layout.operator("mti.show_target", icon="HIDE_OFF")
        layout.operator("mti.apply", icon="PLAY")
        layout.operator("mti.save_edit", icon="ADD")
        layout.operator("mti.redo", icon="LOOP_BACK")
        layout.separator()
        layout.operator("mti.collect_results", icon="FILE_FOLDER")
        layout.operator("mti.clean_up", icon="TRASH")


def draw_motion(self: Any, _context: Any) -> None:
    """Append to the menus of animated objects and strips."""
    self.layout.separator()
    self.layout.menu(MTI_MT_motion.bl_idname, icon="ARMATURE_DATA")


def draw_figures(self: Any, _context: Any) -> None:
    """Append to Add > Armature."""
    self.layout.menu("MTI_MT_add_figure", text="Figure", text_ctxt=OWN, icon="ARMATURE_DATA")


def draw_import(self: Any, _context: Any) -> None:
    """Append to File > Import."""
    self.layout.operator("mti.import_motion", text=FILE_TYPE, text_ctxt=OWN)


def draw_export(self: Any, context: Any) -> None:
    """Append to File > Export: the chosen motion.

    The operator's poll() cannot say that none is chosen, since other menus name the motion.
    """
    row = self.layout.row()
    row.enabled = shown.chosen(context.scene) is not None
    text = FILE_TYPE if row.enabled else NONE_TO_EXPORT
    row.operator("mti.export_motion", text=text, text_ctxt=OWN)


APPENDED = (
    *((name, draw_motion) for name in MENUS),
    (ADD_MENU, draw_figures),
    ("TOPBAR_MT_file_import", draw_import),
    ("TOPBAR_MT_file_export", draw_export),
)
"""Blender's menus, and what is appended to each."""


def register() -> None:
    """Append to Blender's menus."""
    for name, draw in APPENDED:
        getattr(bpy.types, name).append(draw)


def unregister() -> None:
    """Remove the entries from Blender's menus."""
    for name, draw in reversed(APPENDED):
        getattr(bpy.types, name).remove(draw)


CLASSES: tuple[type, ...] = (MTI_MT_motion,)
