"""A rigid object, drawn as a box. Imports numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..pose_sequence import PoseSequence

EDGES = {
    "right_leg": ((0, 3), (3, 7), (7, 4), (4, 0)),
    "left_arm": ((1, 2), (2, 6), (6, 5), (5, 1)),
    "torso": ((0, 1), (3, 2), (7, 6), (4, 5)),
    "right_arm": ((0, 5),),
}
"""Color -> corners that are joined: bottom, top, uprights, and a line across the front. They are
only drawn where a corner is behind the camera. Corners are in Blender's order: X, then Y clockwise,
-Z and +Z in turn."""
RADIUS = 0.02
"""Fraction of the box's diagonal."""
SIDES = {
    "torso": (0, 4, 5, 1),
    "head": (2, 6, 7, 3),
    "left_arm": (1, 5, 6, 2),
    "right_leg": (0, 3, 7, 4),
    "left_leg": (0, 1, 2, 3),
    "right_arm": (4, 7, 6, 5),
}
"""Color -> corners of a side, counterclockwise as seen from outside: -Y, +Y, +Z, -Z, -X, +X. They
all differ, so that every rotation is visible. A solid body is more like what a picture shows than
its edges alone."""
_EDGES = tuple((edge, part) for part, pairs in EDGES.items() for edge in pairs)


def box_poses(
    corners: NDArray[np.floating],
    world_to_clip: NDArray[np.floating],
    fps: float,
    size: tuple[int, int],
) -> PoseSequence:
    """Return a pose sequence of a box from its corners (F, 8, 3), in meters, world space.

    Raises ValueError for another shape.
    """
    diagonal = float(np.linalg.norm(np.ptp(corners[0], axis=0)))
    return PoseSequence(
        joints=corners.astype(np.float32),
        limbs=tuple(edge for edge, _ in _EDGES),
        parts=tuple(part for _, part in _EDGES),
        radii=(max(RADIUS * diagonal, 1e-6),) * len(_EDGES),
        world_to_clip=world_to_clip.astype(np.float32),
        fps=fps,
        size=size,
    )


def is_box(poses: PoseSequence) -> bool:
    """Return whether it is a box, which has sides."""
    drawn = tuple(zip(poses.limbs, poses.parts, strict=True))
    return poses.joints.shape[1] == 8 and drawn == _EDGES
