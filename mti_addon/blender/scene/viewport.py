"""Images of the 3D viewport as the animator sees it, without overlays and gizmos."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...motion import encode_png
from ...wire.problem import Problem
from ..common.overrides import overriding
from ..common.problems import TargetError
from .color import shown_in_srgb
from .picture import LONGEST_RENDER


def problem(context: Any) -> Problem | None:
    """Return why there is no image of a viewport, or None if there is one."""
    if bpy.app.background:
        what = "The viewport is only drawn in Blender's window: choose another target"
        return Problem("no_target_viewport_in_background", what)
    if find_viewport(context)[0] is None:
        what = "There is no 3D viewport in this window: open one, or choose another target"
        return Problem("no_target_viewport", what)
    return None


def picture(context: Any, _shape: tuple[int, int] | None) -> bytes:
    """Draw the viewport as PNG, at most LONGEST_RENDER pixels a side. Raises TargetError."""
    import gpu  # only available with a window

    space, region = find_viewport(context)
    view = space.region_3d
    scale = min(1.0, LONGEST_RENDER / max(region.width, region.height))
    width, height = (max(8, round(side * scale)) for side in (region.width, region.height))
    try:
        screen = gpu.types.GPUOffScreen(width, height)
    except RuntimeError as error:
        what, hint = "The viewport cannot be drawn: {reason}", "Choose Render Current Frame."
        raise TargetError(Problem("viewport_not_drawn", what, hint, {"reason": error})) from error
    try:
        with overriding((space.overlay, {"show_overlays": False}), (space, {"show_gizmo": False})):
            return encode_png(
                drawn(screen, context, space, region, view.view_matrix, view.window_matrix)
            )
    finally:
        screen.free()


def drawn(
    screen: Any, context: Any, space: Any, region: Any, view: Any, projection: Any
) -> NDArray[np.uint8]:
    """Draw a 3D viewport as (H, W, 3), as an sRGB monitor displays it.

    `screen`: a GPUOffScreen, which sets the size. Draws everything that is enabled in the viewport,
    through the given matrices.
    """
    with shown_in_srgb(context.scene):
        screen.draw_view3d(
            context.scene,
            context.view_layer,
            space,
            region,
            view,
            projection,
            do_color_management=True,
        )
    read = screen.texture_color.read()
    read.dimensions = screen.width * screen.height * 4
    pixels = np.array(read, dtype=np.uint8).reshape(screen.height, screen.width, 4)
    return np.ascontiguousarray(pixels[::-1, :, :3])


def find_viewport(context: Any) -> tuple[Any, Any]:
    """Return the 3D viewport to capture as (space, region): this one, or else the window's largest.

    (None, None) if there is none.
    """
    area = getattr(context, "area", None)
    if area is None or area.type != "VIEW_3D":
        window = context.window or context.window_manager.windows[0]
        areas = [a for a in window.screen.areas if a.type == "VIEW_3D"]
        area = max(areas, key=lambda a: a.width * a.height, default=None)
    if area is None:
        return None, None
    return area.spaces.active, next(r for r in area.regions if r.type == "WINDOW")
