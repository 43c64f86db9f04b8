"""Moving objects, captured as boxes, in the units of `layout`. Imports numpy."""

from __future__ import annotations

import numpy as np

from .layout import Array, path, posed
from .poses import Poses

_CORNERS = 8
_UPRIGHT = ((0, 1), (3, 2), (4, 5), (7, 6))
"""Edges from the bottom to the top of a captured box."""
_TURNED = 0.15
"""Radians by which a box may turn. How the draft's objects lean follows from all bones of a person
together, so that no single one of them tells it; learned from its images, a turn is played."""


def is_box(poses: Poses) -> bool:
    """Whether the poses are a box's."""
    return not poses.parents and poses.joints.shape[1] == _CORNERS


def box_bones(poses: Poses, axes: Array) -> tuple[Array, Array] | None:
    """Bones (F, 12, 3) of the person whose motion the box's is, and the root's path (F, 2).

    None for a box that turns.
    """
    seen = np.einsum("fij,fpj->fpi", axes, poses.joints)
    up = sum(seen[:, b] - seen[:, a] for a, b in _UPRIGHT) / len(_UPRIGHT)
    flat = seen[:, 4] - seen[:, 0]
    turn = np.unwrap(np.arctan2(flat[:, 2], np.hypot(flat[:, 0], flat[:, 1])))
    lean = np.unwrap(np.arctan2(up[:, 0], up[:, 1]))
    if max(np.ptp(turn), np.ptp(lean)) > _TURNED:
        return None
    height = np.linalg.norm(up, axis=-1)
    squashed = (1 - height / height[0]) / 0.3
    foot = poses.joints[:, [a for a, _ in _UPRIGHT]].mean(1)
    bones = posed(poses.frames, lean - lean[0], squashed)
    return bones, path(foot, axes, float(height[0]) / 0.8)
