"""Images of any pose sequence: a figure, an object, or a moving camera's view. Imports numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..pose_sequence import PoseSequence
from . import raster
from .raster import Look
from .room import draw_view


def draw(poses: PoseSequence, look: Look | None = None) -> NDArray[np.uint8]:
    """Draw the poses as images, uint8 (F, H, W, 3), sRGB. A room has no other look."""
    return draw_view(poses) if poses.is_room else raster.draw(poses, look)
