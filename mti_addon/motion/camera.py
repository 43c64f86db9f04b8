"""World space to pixels. Imports numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEAR = 1e-3
"""Clip-space w below which a point counts as behind the camera (metres, for a perspective view)."""

Array = NDArray[np.float64]


def to_clip(points: NDArray[np.floating], world_to_clip: NDArray[np.floating]) -> Array:
    """Clip coordinates (F, N, 4) of points (F, N, 3), metres, by matrices (F, 4, 4)."""
    homogeneous = np.concatenate([points, np.ones((*points.shape[:2], 1))], axis=2)
    clip: Array = np.einsum("fij,fnj->fni", world_to_clip.astype(np.float64), homogeneous)
    return clip


def clip_to_pixels(clip: Array, size: tuple[int, int]) -> Array:
    """Pixels (..., 2), x to the right and y DOWN, (0, 0) the upper left corner; clip w above 0."""
    ndc = clip[..., :2] / clip[..., 3:]
    return np.stack([(ndc[..., 0] + 1) * size[0], (1 - ndc[..., 1]) * size[1]], axis=-1) / 2


def project(
    points: NDArray[np.floating], world_to_clip: NDArray[np.floating], size: tuple[int, int]
) -> tuple[Array, NDArray[np.bool_]]:
    """Pixels (F, N, 2) of points (F, N, 3), and which of them lie inside the picture (F, N).

    Pixels of points behind the camera are NaN.
    """
    clip = to_clip(points, world_to_clip)
    behind = clip[..., 3] < NEAR
    clip[behind] = np.nan
    pixels = clip_to_pixels(clip, size)
    inside = ((pixels >= 0) & (pixels <= np.array(size))).all(axis=-1)
    return pixels, np.asarray(inside, bool)


def pixels_per_metre(world_to_clip: NDArray[np.floating], size: tuple[int, int]) -> Array:
    """(F,): pixels that one metre across the view covers where clip w is 1.

    The first row of the matrix is the image's x axis times the focal length; with a shifted lens it
    also holds a part along the view axis (the last row), which says nothing about size.
    """
    rows = world_to_clip.astype(np.float64)[:, :, :3]
    across, along = rows[:, 0], rows[:, 3]
    length = (along * along).sum(1, keepdims=True)
    shift = (across * along).sum(1, keepdims=True) / np.maximum(length, 1e-12)
    focal: Array = np.linalg.norm(across - shift * along, axis=1)
    return focal * size[0] / 2
