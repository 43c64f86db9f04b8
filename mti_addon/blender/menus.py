"""The tab's buttons in Blender's menus, and so in its search (F3), which looks nowhere else."""

from __future__ import annotations

from typing import Any

import bpy

from .translations import OWN

MENUS = ("VIEW3D_MT_object", "VIEW3D_MT_pose", "SEQUENCER_MT_strip")
ADD_MENU = "VIEW3D_MT_armature_add"


class MTI_MT_motion(bpy.types.Menu):
    """What the Motion tab in the sidebar does"""

    bl_idname = "MTI_MT_motion"
    bl_label = "Motion"

    def draw(self, _context: Any) -> None:
        """In the order of the tab."""
        layout = self.layout
        layout.operator("mti.add_camera", icon="CAMERA_DATA")
        layout.operator("mti.capture", icon="RENDER_ANIMATION")
        layout.operator("mti.learn", icon="PLAY")
        layout.separator()
        layout.operator("mti.show_target", icon="HIDE_OFF")
        layout.operator("mti.apply", icon="PLAY")
        layout.operator("mti.redo", icon="LOOP_BACK")
        layout.separator()
        layout.operator("mti.collect_results", icon="FILE_FOLDER")
        layout.operator("mti.clean_up", icon="TRASH")


def draw_motion(self: Any, _context: Any) -> None:
    """Appended to the menus of what is animated, and of strips."""
    self.layout.separator()
    self.layout.menu(MTI_MT_motion.bl_idname, icon="ARMATURE_DATA")


def draw_figures(self: Any, _context: Any) -> None:
    """Appended to Add > Armature."""
    self.layout.menu("MTI_MT_add_figure", text="Figure", text_ctxt=OWN, icon="ARMATURE_DATA")


def register() -> None:
    """Append to Blender's menus."""
    for name in MENUS:
        getattr(bpy.types, name).append(draw_motion)
    getattr(bpy.types, ADD_MENU).append(draw_figures)


def unregister() -> None:
    """Take it out again."""
    getattr(bpy.types, ADD_MENU).remove(draw_figures)
    for name in MENUS:
        getattr(bpy.types, name).remove(draw_motion)
