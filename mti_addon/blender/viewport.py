"""The 3D viewport as a picture: what the animator sees, without overlays and gizmos."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..motion import encode_png
from ..wire.problem import Problem
from .color import shown_in_srgb
from .overrides import overriding
from .problems import TargetError
from .sources import find_viewport
from .target import LONGEST_RENDER


def problem(context: Any) -> Problem | None:
    """Why there is no picture of a viewport; None if there is one."""
    if bpy.app.background:
        what = "The viewport is drawn in Blender's window only: choose another target"
        return Problem("no_target_viewport_in_background", what)
    if find_viewport(context)[0] is None:
        what = "There is no 3D viewport in this window: open one, or choose another target"
        return Problem("no_target_viewport", what)
    return None


def picture(context: Any, _shape: tuple[int, int] | None) -> bytes:
    """A PNG file of the viewport, at most LONGEST_RENDER pixels a side. Raises TargetError."""
    import gpu  # only where there is a window

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
    """A 3D viewport, (H, W, 3) as an sRGB monitor displays it, of the size of a GPUOffScreen, seen
    by these matrices.

    All that is switched on in it is drawn.
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
