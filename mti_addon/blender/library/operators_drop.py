"""Motions that are dragged into the 3D viewport, from the Asset Browser or from an asset shelf.

Blender does not let an extension accept dragged assets. It does tell a running operator where the
mouse button is released.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..translations import translated
from .metadata import motion_of
from .operators_assets import OnShelf

DROP = "Drop the motion to key the active figure, or to add one"


class _Dragging:
    """Operators that wait for the mouse button, and then apply a motion."""

    def wait(self, context: Any) -> None:
        """Follow the mouse."""
        context.window_manager.modal_handler_add(self)

    def released(self, context: Any, event: Any, motion: str) -> bool:
        """Apply the motion if the mouse is over a viewport; return whether it was."""
        area, region = _viewport_at(context.window, event.mouse_x, event.mouse_y)
        if not motion or area is None:
            return False
        with context.temp_override(window=context.window, area=area, region=region):
            if bpy.ops.mti.pose_motion.poll():
                bpy.ops.mti.pose_motion("EXEC_DEFAULT", True, motion=motion)
        return True


class MTI_OT_drag_motion(_Dragging, OnShelf, bpy.types.Operator):
    """Drop this motion in the 3D viewport, to key it onto the active figure or to add one"""

    bl_idname = "mti.drag_motion"
    bl_label = "Drop Motion"
    bl_options = {"INTERNAL"}

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Wait until the mouse button is released."""
        self._motion = self.chosen(context)
        context.window.cursor_modal_set("HAND")
        context.workspace.status_text_set(translated(DROP))
        self.wait(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Apply it where it is dropped, unless that is outside of the viewport."""
        if event.type not in ("LEFTMOUSE", "ESC", "RIGHTMOUSE"):
            return {"RUNNING_MODAL"}
        context.window.cursor_modal_restore()
        context.workspace.status_text_set(None)
        dropped = event.type == "LEFTMOUSE" and self.released(context, event, self._motion)
        return {"FINISHED"} if dropped else {"CANCELLED"}


class MTI_OT_drag_asset(_Dragging, bpy.types.Operator):
    """Drop a motion in the 3D viewport, to key it onto the active figure or to add one"""

    bl_idname = "mti.drag_asset"
    bl_label = "Drop Motion"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require an Asset Browser."""
        return context.area is not None and context.area.ui_type == "ASSETS"

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Look on from when the mouse button is pressed; Blender selects and drags the asset."""
        self._area, self._region, self._told = context.area, context.region, False
        self.wait(context)
        return {"RUNNING_MODAL", "PASS_THROUGH"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Apply the asset if it is a motion, and is dropped in a viewport."""
        if event.type == "MOUSEMOVE":
            self._tell(context, event)
            return {"PASS_THROUGH"}
        if event.type not in ("LEFTMOUSE", "ESC", "RIGHTMOUSE"):
            return {"PASS_THROUGH"}
        if self._told:
            context.workspace.status_text_set(None)
        if event.type == "LEFTMOUSE" and event.value == "RELEASE":
            self.released(context, event, self._dragged(context))
        return {"FINISHED", "PASS_THROUGH"}

    def _tell(self, context: Any, event: Any) -> None:
        over = _viewport_at(context.window, event.mouse_x, event.mouse_y)[0] is not None
        if over and not self._told and self._dragged(context):
            self._told = True
            context.workspace.status_text_set(translated(DROP))

    def _dragged(self, context: Any) -> str:
        """Return the id of the motion that is selected in the browser; empty if there is none."""
        with context.temp_override(area=self._area, region=self._region):
            asset, selected = context.asset, context.selected_assets
        return motion_of(asset) if asset is not None and asset in selected else ""


def _viewport_at(window: Any, x: int, y: int) -> tuple[Any, Any]:
    """Return the 3D viewport, and its main region, at a place in a window; None outside of it.

    Panels and toolbars that lie over the viewport are not it.
    """
    for area in window.screen.areas:
        if area.type == "VIEW_3D":
            under = [region for region in area.regions if _is_inside(region, x, y)]
            if [region.type for region in under] == ["WINDOW"]:
                return area, under[0]
    return None, None


def _is_inside(region: Any, x: int, y: int) -> bool:
    inside = 0 <= x - region.x < region.width and 0 <= y - region.y < region.height
    return inside and region.width > 1 and region.height > 1
