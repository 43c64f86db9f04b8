"""The object whose box was sampled. Imports numpy only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..drawing.solid import EDGES
from ..pose_sequence import PoseSequence
from .channels import EXACT, LOCATION, SCALE, TURN, Channel
from .solving import euler_xyz

Array = NDArray[np.float64]
THIN = 1e-6
CORNERS = 8
SIDES = ((4, 0), (3, 0), (1, 0))
"""Corners that are apart along X, Y, and Z only, in Blender's order."""


@dataclass(frozen=True)
class Box:
    """A box that moves, turns, and changes its size."""

    corners: Array
    """(8, 3): around its own origin, in meters; its size in the first frame."""
    locations: Array
    """(F, 3)."""
    rotations: Array
    """(F, 3, 3)."""
    scales: Array
    """(F, 3)."""

    def channels(self) -> Iterator[Channel]:
        """Yield its location, rotation, and scale."""
        size = float(np.linalg.norm(self.corners, axis=1).max())
        yield Channel(LOCATION, self.locations, EXACT * size, (0.0,) * 3)
        yield Channel(TURN, euler_xyz(self.rotations), EXACT, (0.0,) * 3)
        yield Channel(SCALE, self.scales, EXACT, (1.0,) * 3)


def is_box(poses: PoseSequence) -> bool:
    """Return whether the poses are those of a box, as of an object or before a camera."""
    edges = tuple(edge for pairs in EDGES.values() for edge in pairs)
    return poses.joints.shape[1] == CORNERS and poses.limbs == edges and not poses.parents


def box_of(poses: PoseSequence) -> Box:
    """Return the box of such poses; what is sheared comes closest to it."""
    corners = poses.joints.astype(np.float64)
    ways = np.stack([corners[:, a] - corners[:, b] for a, b in SIDES], 2)
    sizes = np.linalg.norm(ways, axis=1)
    rotations = np.stack([_turn(way, size) for way, size in zip(ways, sizes, strict=True)])
    first = np.maximum(sizes[0], 0)
    signs = np.array([(x, y, z) for x in (-1, 1) for y, z in ((-1, -1), (-1, 1), (1, 1), (1, -1))])
    scales = np.where(first > THIN, sizes / np.maximum(first, THIN), 1.0)
    flipped = np.linalg.det(ways / np.maximum(sizes, THIN)[:, None, :]) < 0
    scales[flipped, 0] *= -1
    return Box(signs * first / 2, corners.mean(1), rotations, scales)


def _turn(ways: Array, sizes: Array) -> Array:
    """Return the rotation (3, 3) whose axes are closest to a box's sides, its columns."""
    thin = sizes < max(THIN, 1e-4 * float(sizes.max()))
    axes = ways / np.maximum(sizes, THIN)
    if thin.sum() == 1:
        flat = int(thin.argmax())
        axes[:, flat] = np.cross(axes[:, (flat + 1) % 3], axes[:, (flat + 2) % 3])
    elif thin.any():  # a line or a point
        only = int(sizes.argmax())
        start = axes[:, only] if sizes[only] > THIN else np.eye(3)[only]
        aside = np.eye(3)[int(np.abs(start).argmin())]
        axes[:, only] = start
        axes[:, (only + 1) % 3] = aside - (aside @ start) * start
        axes[:, (only + 1) % 3] /= np.linalg.norm(axes[:, (only + 1) % 3])
        axes[:, (only + 2) % 3] = np.cross(axes[:, only], axes[:, (only + 1) % 3])
    if np.linalg.det(axes) < 0:
        axes[:, 0] *= -1
    left, _, right = np.linalg.svd(axes)
    return np.asarray(left @ right)
