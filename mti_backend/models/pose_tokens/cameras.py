"""Camera moves in the units of `layout`. Imports numpy."""

from __future__ import annotations

import numpy as np

from .layout import Array
from .poses import Poses, project, view_axes

_FAR = 2.5
"""Distance of what lies behind the subject, in distances of the subject."""
_MOST = 0.35
"""Largest pan, in image widths: the draft knows no more of what lies beyond the image."""
_STILL, _PARALLEL = 1e-3, 1e-3
"""Way of a camera, in meters, and spread of its lines of sight, below which it circles nothing."""
_SUBJECT = 0.6
"""Height of a subject, in image widths, that a camera moves about."""


def camera_path(matrices: Array, size: tuple[int, int], points: Array) -> Array:
    """Pan x, pan y (image widths), ln zoom and roll (radians) since the first frame, (F, 4).

    The similarity (least squares) that takes where still points are seen first to where they are
    seen later. points: (P, 3), world space, at least two.
    """
    seen = project(matrices, points)
    seen[..., 1] *= size[1] / size[0]
    first = seen[0] - seen[0].mean(0)
    spread = max(float((first**2).sum()), 1e-12)
    middle = seen.mean(1)
    later = seen - middle[:, None]
    along = (later * first).sum((1, 2)) / spread
    across = (first[:, 0] * later[..., 1] - first[:, 1] * later[..., 0]).sum(1) / spread
    scale, turn = np.hypot(along, across), np.arctan2(across, along)
    # later = scale R(turn) (first - pan), so pan = first - R(-turn) later / scale
    cos, sin = np.cos(turn) / scale, np.sin(turn) / scale
    x, y = middle[:, 0], middle[:, 1]
    back = np.stack([x * cos + y * sin, y * cos - x * sin], 1)
    return np.column_stack([seen[0].mean(0) - back, np.log(scale), -turn])


def room_movement(poses: Poses) -> tuple[Array, Array, Array]:
    """Camera (F, 4), the root's path (F, 2) in figure heights and the yaw (F,) of a subject.

    A camera that circles a subject moves what is behind it: seen from the camera, the subject
    turns, and stays where it is while the background passes.
    """
    axes = view_axes(poses.world_to_clip)
    eye, target = poses.joints[:, 0], poses.joints[:, 1]
    center = _circled(eye, -axes[:, 2])
    reach = float(np.linalg.norm((target[0] if center is None else center) - eye[0]))
    near = _square(eye[0] - reach * axes[0, 2], axes[0], 0.2 * reach)
    far = _square(eye[0] - _FAR * reach * axes[0, 2], axes[0], 0.2 * _FAR * reach)
    camera = camera_path(poses.world_to_clip, poses.size, far)
    subject = camera_path(poses.world_to_clip, poses.size, near)
    path = (camera[:, :2] - subject[:, :2]) / _SUBJECT
    camera[:, 2] = subject[:, 2]
    most = float(np.abs(camera[:, :2]).max())
    slower = min(1.0, _MOST / max(most, 1e-9))
    camera[:, :2] *= slower
    if center is None:
        return camera, slower * path, np.zeros(len(eye))
    around = center - eye
    azimuth = np.unwrap(np.arctan2(around[:, 1], around[:, 0]))
    return camera, slower * path, azimuth[0] - azimuth


def _circled(eye: Array, ahead: Array) -> Array | None:
    """The point (3,) that a camera at `eye` (F, 3) with view directions `ahead` (F, 3) circles.

    The point nearest to all lines of sight; None if the camera hardly moves, or none is near.
    """
    way = float(np.linalg.norm(eye - eye[0], axis=1).max())
    across = np.eye(3) - ahead[:, :, None] * ahead[:, None]
    total = across.sum(0)
    if way < _STILL or np.linalg.eigvalsh(total)[0] < _PARALLEL * len(eye):
        return None
    center = np.linalg.solve(total, np.einsum("fij,fj->i", across, eye))
    off = np.linalg.norm(np.einsum("fij,fj->fi", across, center - eye), axis=1).max()
    in_front = ((center - eye) * ahead).sum(1).min()
    return center if in_front > way / 4 and off < 0.1 * in_front else None


def _square(center: Array, axes: Array, half: float) -> Array:
    """Four corners (4, 3) of a square across the view."""
    return np.stack([center + half * (x * axes[0] + y * axes[1]) for x in (-1, 1) for y in (-1, 1)])
