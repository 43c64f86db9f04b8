"""Motions that are dragged into the 3D viewport, from the Asset Browser or from an asset shelf.

Blender does not let an extension accept dragged assets. It does tell a running operator where the
mouse button is released. Until then, the status bar tells what will happen.
"""

from __future__ import annotations

from typing import Any

import bpy

from ...translations import translated
from .metadata import motion_of
from .operators_assets import OnShelf

_watching: set[Any] = set()
"""The operator that follows the mouse from an Asset Browser, if there is one."""
DROP = "Drop the motion to key the active figure, or to add one"


def overridden(**members: Any) -> Any:
    """Return bpy.context.temp_override(), which is None while an Asset Browser is out of date.

    Blender then answers None for whatever is not among a context's own properties.
    """
    return bpy.types.Context.temp_override(bpy.context, **members)


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
        with overridden(window=context.window, area=area, region=region):
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
        if event.type not in ("LEFTMOUSE", "ESC", "RIGHTMOUSE") or event.value == "CLICK_DRAG":
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

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Look on while Blender selects and drags the asset.

        Blender keeps the press of the mouse button on a selected asset to itself. So while the
        mouse is in a browser with a selected motion, every press is looked out for.
        """
        self._area, self._region = context.area, context.region
        self._pressed, self._told = event.type == "LEFTMOUSE", False
        if _watching or not (self._pressed or self._may_be_dragged()):
            return {"CANCELLED", "PASS_THROUGH"}
        _watching.add(self)
        self.wait(context)
        return {"RUNNING_MODAL", "PASS_THROUGH"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Apply the asset if it is a motion, and is dropped in a viewport."""
        if event.type == "LEFTMOUSE" and event.value != "RELEASE":
            self._pressed = True
        elif event.type == "LEFTMOUSE" and self._pressed:
            return self._end(context, event)
        elif event.type in ("ESC", "RIGHTMOUSE"):
            return self._end(context)
        elif self._pressed:
            self._tell(context, event)
        elif not _is_inside(self._region, event.mouse_x, event.mouse_y):
            return self._end(context)
        return {"PASS_THROUGH"}

    def cancel(self, context: Any) -> None:
        """Stop when a file is opened, or Blender ends."""
        self._end(context)

    def _end(self, context: Any, event: Any = None) -> set[str]:
        """Stop looking; what is released in a viewport is applied."""
        _watching.discard(self)
        if self._told:
            context.workspace.status_text_set(None)
        if event is not None:
            self.released(context, event, self._dragged())
        return {"FINISHED", "PASS_THROUGH"}

    def _tell(self, context: Any, event: Any) -> None:
        over = _viewport_at(context.window, event.mouse_x, event.mouse_y)[0] is not None
        if over and not self._told and self._dragged():
            self._told = True
            context.workspace.status_text_set(translated(DROP))

    def _may_be_dragged(self) -> bool:
        """Return whether a motion is selected, or the browser is out of date and does not tell."""
        _, selected = self._assets()
        return selected is None or bool(self._dragged())

    def _dragged(self) -> str:
        """Return the id of the motion that is selected in the browser; empty if there is none."""
        asset, selected = self._assets()
        return motion_of(asset) if asset is not None and asset in (selected or ()) else ""

    def _assets(self) -> tuple[Any, Any]:
        with overridden(area=self._area, region=self._region):
            return bpy.context.asset, bpy.context.selected_assets


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
