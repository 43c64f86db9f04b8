"""Motions in Blender's own places for assets: context menu, double click, and asset shelf."""

from __future__ import annotations

from typing import Any

import bpy

from .metadata import motion_of

MENU = "ASSETBROWSER_MT_context_menu"
KEYMAP = "Asset Browser Main" if bpy.app.version >= (5, 0) else "File Browser Main"
APPLY, USE, EDIT = "mti.pose_asset", "mti.use_asset", "mti.edit_motion"

_keys: list[tuple[Any, Any]] = []


class MTI_AST_motions(bpy.types.AssetShelf):
    """The motions at the bottom of the 3D viewport, in Object Mode.

    Pose Mode has Blender's own pose library there.
    """

    bl_space_type = "VIEW_3D"
    bl_activate_operator = "MTI_OT_pose_asset"
    bl_drag_operator = "MTI_OT_drag_motion"
    bl_default_preview_size = 64
    filter_action = True

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Show it in Object Mode."""
        return bool(context.mode == "OBJECT")

    @classmethod
    def asset_poll(cls, asset: Any) -> bool:
        """Show motions only."""
        return bool(asset.id_type == "ACTION" and motion_of(asset))

    @classmethod
    def draw_context_menu(cls, _context: Any, asset: Any, layout: Any) -> None:
        """Draw what the Asset Browser offers, too."""
        _draw(layout, motion_of(asset))


def draw_menu(self: Any, context: Any) -> None:
    """Prepend to the Asset Browser's context menu."""
    if motion := motion_of(getattr(context, "asset", None)):
        _draw(self.layout, motion)
        self.layout.separator()


def _draw(layout: Any, motion: str) -> None:
    layout.operator(APPLY, icon="ARMATURE_DATA")
    layout.operator(EDIT, icon="GREASEPENCIL").motion = motion
    layout.operator(USE, icon="PLAY")


def register() -> None:
    """Add the menu entries, and the double click before Blender's own for poses."""
    getattr(bpy.types, MENU).prepend(draw_menu)
    config = bpy.context.window_manager.keyconfigs.addon
    if config is None:  # in the background
        return
    keymap = config.keymaps.new(name=KEYMAP, space_type="FILE_BROWSER")
    # Blender asks the last one first, and its own pose library would take the motion for a pose
    item = keymap.keymap_items.new(APPLY, "LEFTMOUSE", "DOUBLE_CLICK")
    _keys.append((keymap, item))
    for event, value in (("LEFTMOUSE", "PRESS"), ("MOUSEMOVE", "ANY")):
        _keys.append((keymap, keymap.keymap_items.new("mti.drag_asset", event, value)))


def unregister() -> None:
    """Take them out again."""
    for keymap, item in _keys:
        keymap.keymap_items.remove(item)
    _keys.clear()
    getattr(bpy.types, MENU).remove(draw_menu)
