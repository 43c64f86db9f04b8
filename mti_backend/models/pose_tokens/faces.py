"""Expressions of the add-on's starter face in the units of `layout`. Imports numpy."""

from __future__ import annotations

import numpy as np

from .layout import Array, path, posed
from .poses import Poses

_PARENTS = (-1, 0, 0, 0, 3, 3, 4, 6, 6, 4, 9, 9, 1, 12, 12, 1, 15, 15, 16, 18, 18, 1, 21, 21, 0,
            24, 24, 1, 27, 27, 28, 30, 30, 1, 33, 33, 0, 36, 36)  # fmt: skip
"""Three joints per bone: head, jaw, lower lip (left, right), nose, then inner brow, outer brow, eye
and upper lip of the left and of the right."""
_JAW, _BROWS, _EYES, _LIPS = 1, (5, 9), (7, 11), (8, 12)
_OPEN = 0.66  # radians of the jaw when the mouth is fully open
_CORNER, _BROW = 0.18, 0.19  # how far corners and brows rise at 1, in head radii
_SHUT = 0.9  # share by which a shut eye is lower


def is_face(poses: Poses) -> bool:
    """Whether the poses are those of the starter face; others have unknown bones."""
    return poses.parents == _PARENTS and poses.joints.shape[1] == len(_PARENTS)


def face_movement(poses: Poses, axes: Array) -> tuple[Array, Array, Array]:
    """Bones (F, 12, 3) of the person who holds the head like this, the root's path (F, 2) in
    face heights, and jaw, smile, brow and blink (F, 4)."""
    bones = poses.joints.reshape(poses.frames, -1, 3, 3)
    up = bones[:, 0, 1] - bones[:, 0, 0]
    size = float(np.linalg.norm(up, axis=-1).mean())
    ball = poses.ball()
    radius = ball[1] if ball else size / 2
    up = up / np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-9)
    right = bones[:, _EYES[0]].mean(1) - bones[:, _EYES[1]].mean(1)  # to the figure's own left
    right = right - (right * up).sum(-1, keepdims=True) * up
    right /= np.maximum(np.linalg.norm(right, axis=-1, keepdims=True), 1e-9)
    front = np.cross(right, up)
    seen_up, seen_front = (np.einsum("fij,fj->fi", axes, v) for v in (up, front))
    # Turn, tilt and nod whose product is this orientation (draft/procedural/faces.py).
    tilt = np.arctan2(seen_up[:, 0], seen_up[:, 1])
    nod = np.arctan2(-seen_front[:, 1], np.hypot(seen_front[:, 0], seen_front[:, 2]))
    yaw = np.arctan2(seen_front[:, 0], seen_front[:, 2])
    body = posed(poses.frames, 0.0, 0.0, tilt, nod, yaw)
    return body, path(bones[:, 0, 0], axes, size), _expressions(bones, up, front, radius)


def _expressions(bones: Array, up: Array, front: Array, radius: float) -> Array:
    jaw = bones[:, _JAW, 1] - bones[:, _JAW, 0]
    opened = -np.arctan2((jaw * up).sum(-1), (jaw * front).sum(-1))
    tips = bones[:, list(_LIPS), 1] - bones[:, list(_LIPS), 0]
    corners = np.einsum("fkj,fj->f", tips, up) / 2
    brows = bones[:, list(_BROWS), 1] - bones[:, list(_BROWS), 0]
    raised = np.einsum("fkj,fj->f", brows, up) / 2
    eyes = np.linalg.norm(bones[:, list(_EYES), 1] - bones[:, list(_EYES), 0], axis=-1).mean(1)
    values = np.stack(
        [
            opened / _OPEN,
            (corners - corners[0]) / (_CORNER * radius),
            (raised - raised[0]) / (_BROW * radius),
            (1 - eyes / max(float(eyes.max()), 1e-9)) / _SHUT,
        ],
        1,
    )
    return np.asarray(np.clip(values, (0, -0.5, -0.5, 0), 1))
