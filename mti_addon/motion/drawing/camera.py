"""Projection from world space to pixels. Imports numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEAR = 1e-3
"""Clip-space w below which a point counts as behind the camera (meters, for a perspective view)."""

Array = NDArray[np.float64]


def to_clip(points: NDArray[np.floating], world_to_clip: NDArray[np.floating]) -> Array:
    """Return clip coordinates (F, N, 4) of points (F, N, 3), in meters, by matrices (F, 4, 4)."""
    homogeneous = np.concatenate([points, np.ones((*points.shape[:2], 1))], axis=2)
    clip: Array = np.einsum("fij,fnj->fni", world_to_clip.astype(np.float64), homogeneous)
    return clip


def clip_to_pixels(clip: Array, size: tuple[int, int]) -> Array:
    """Return pixels (..., 2), x right and y DOWN, (0, 0) the upper left corner; clip w above 0."""
    ndc = clip[..., :2] / clip[..., 3:]
    return np.stack([(ndc[..., 0] + 1) * size[0], (1 - ndc[..., 1]) * size[1]], axis=-1) / 2


def project(
    points: NDArray[np.floating], world_to_clip: NDArray[np.floating], size: tuple[int, int]
) -> tuple[Array, NDArray[np.bool_]]:
    """Return pixels (F, N, 2) of points (F, N, 3), and which of them are inside the image (F, N).

    Pixels of points behind the camera are NaN.
    """
    clip = to_clip(points, world_to_clip)
    behind = clip[..., 3] < NEAR
    clip[behind] = np.nan
    pixels = clip_to_pixels(clip, size)
    inside = ((pixels >= 0) & (pixels <= np.array(size))).all(axis=-1)
    return pixels, np.asarray(inside, bool)


def pixels_per_metre(world_to_clip: NDArray[np.floating], size: tuple[int, int]) -> Array:
    """Return the pixels that one meter across the view covers where clip w is 1 (F,).

    The first row of the matrix is the image's x axis times the focal length; with a shifted lens it
    also has a component along the view axis (the last row), which does not affect the size.
    """
    focal: Array = np.linalg.norm(_across(world_to_clip), axis=1)
    return focal * size[0] / 2


def orbited(
    world_to_clip: NDArray[np.floating], pivot: NDArray[np.floating], yaw: float, pitch: float
) -> Array:
    """Return the same cameras (F, 4, 4), orbited around a point (3,), with their motion kept.

    `yaw` rotates about the world's vertical, `pitch` about the first camera's horizontal; radians.
    """
    across = _across(world_to_clip)[0]
    turn = _rotation(across / np.linalg.norm(across), pitch) @ _rotation(np.array([0, 0, 1]), yaw)
    about = np.eye(4)
    about[:3, :3], about[:3, 3] = turn, pivot - turn @ pivot
    return world_to_clip.astype(np.float64) @ about


def shifted(
    world_to_clip: NDArray[np.floating], scale: float, shift: Array, size: tuple[int, int]
) -> Array:
    """Return cameras (F, 4, 4) that map pixels p to `scale` * p + `shift` (2,), in all frames."""
    x, y = 2 * shift / np.array(size)
    move = np.diag([scale, scale, 1.0, 1.0])
    move[0, 3], move[1, 3] = scale - 1 + x, 1 - scale - y
    return move @ world_to_clip.astype(np.float64)


def _across(world_to_clip: NDArray[np.floating]) -> Array:
    """Return the direction of the image's x axis in the world, times the focal length (F, 3)."""
    rows = world_to_clip.astype(np.float64)[:, :, :3]
    across, along = rows[:, 0], rows[:, 3]
    length = (along * along).sum(1, keepdims=True)
    shift = (across * along).sum(1, keepdims=True) / np.maximum(length, 1e-12)
    return np.asarray(across - shift * along)


def _rotation(axis: Array, angle: float) -> Array:
    """Return the rotation (3, 3) by `angle`, radians, about a unit vector (Rodrigues' formula)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)
