"""A rigid object, drawn as the edges of a box. Imports numpy only."""

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
"""Color -> corners that are joined: bottom, top, uprights, and a line across the front, so that
every rotation is visible. Corners are in Blender's order: X, then Y clockwise, -Z and +Z in
turn."""
RADIUS = 0.02
"""Fraction of the box's diagonal."""


def box_poses(
    corners: NDArray[np.floating],
    world_to_clip: NDArray[np.floating],
    fps: float,
    size: tuple[int, int],
) -> PoseSequence:
    """Return a pose sequence of a box from its corners (F, 8, 3), in meters, world space.

    Raises ValueError for another shape.
    """
    edges = [(edge, part) for part, pairs in EDGES.items() for edge in pairs]
    diagonal = float(np.linalg.norm(np.ptp(corners[0], axis=0)))
    return PoseSequence(
        joints=corners.astype(np.float32),
        limbs=tuple(edge for edge, _ in edges),
        parts=tuple(part for _, part in edges),
        radii=(max(RADIUS * diagonal, 1e-6),) * len(edges),
        world_to_clip=world_to_clip.astype(np.float32),
        fps=fps,
        size=size,
    )
