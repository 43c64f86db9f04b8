"""The 3D viewport as a picture: what the animator sees, without overlays and gizmos."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ..motion import Problem, encode_png
from .overrides import overriding
from .target import LONGEST_RENDER, TargetError
from .translations import translated


def problem(context: Any) -> str:
    """Why there is no picture of a viewport; empty if there is one."""
    if bpy.app.background:
        return "The viewport is drawn in Blender's window only: choose another target"
    if _viewport(context) is None:
        return "There is no 3D viewport in this window: open one, or choose another target"
    return ""


def picture(context: Any, _shape: tuple[int, int]) -> bytes:
    """A PNG file of the viewport, at most LONGEST_RENDER pixels a side. Raises TargetError."""
    import gpu  # only where there is a window

    area = _viewport(context)
    region = next(each for each in area.regions if each.type == "WINDOW")
    space = area.spaces.active
    view = space.region_3d
    scale = min(1.0, LONGEST_RENDER / max(region.width, region.height))
    width, height = (max(8, round(side * scale)) for side in (region.width, region.height))
    try:
        screen = gpu.types.GPUOffScreen(width, height)
    except RuntimeError as error:
        what = translated("The viewport cannot be drawn: {}").format(error)
        raise TargetError(Problem(what, "Choose Fresh Render.")) from error
    try:
        with overriding((space.overlay, {"show_overlays": False}), (space, {"show_gizmo": False})):
            screen.draw_view3d(
                context.scene,
                context.view_layer,
                space,
                region,
                view.view_matrix,
                view.window_matrix,
                do_color_management=True,
            )
        read = screen.texture_color.read()
    finally:
        screen.free()
    read.dimensions = width * height * 4
    pixels = np.array(read, dtype=np.uint8).reshape(height, width, 4)
    return encode_png(np.ascontiguousarray(pixels[::-1, :, :3]))


def _viewport(context: Any) -> Any:
    """The area the panel is drawn in if it is a viewport, else the window's largest one."""
    area = getattr(context, "area", None)
    if area is not None and area.type == "VIEW_3D":
        return area
    window = getattr(context, "window", None)
    areas = window.screen.areas if window else ()
    found = [each for each in areas if each.type == "VIEW_3D"]
    return max(found, key=lambda each: each.width * each.height, default=None)
