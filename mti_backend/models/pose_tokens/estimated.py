"""Motion features of poses that a network estimates in images. Imports numpy."""

from __future__ import annotations

import numpy as np

from .layout import Array, Movement
from .people import body_bones
from .skeleton import Skeleton

_SKULL = 0.5
"""Radius of a head as a share of the distance from its middle to the chest."""


def estimated_features(joints: Array) -> Array:
    """Features (F, 46), in the units of `layout`, of a body whose joints were found in images.

    The camera is taken to be still: what an image shows cannot tell its movement from the body's.

    Args:
        joints: (F, 15, 3): x to the right and y down (0 .. 1), and depth toward the viewer in image
            widths, of pelvis, chest and head, then of shoulder, elbow and wrist or hip, knee and
            ankle of the arm and of the leg on the image's left (of a body that faces the viewer),
            and of those on its right, arms first.
    """
    x, down, near = np.moveaxis(np.asarray(joints, np.float64), -1, 0)
    world = np.stack([x, -near, -down], -1)  # z up, seen along y
    limbs = np.stack([world[:, 3 + 3 * limb : 6 + 3 * limb] for limb in range(4)], 1)
    pelvis, chest, head = world[:, 0], world[:, 1], world[:, 2]
    skull = _SKULL * float(np.linalg.norm(head - chest, axis=-1).mean())
    body = Skeleton(limbs, pelvis, chest, head, skull)
    frames = len(world)
    axes = np.tile([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]], (frames, 1, 1))
    still = np.zeros((frames, 4))
    return Movement(*body_bones(body, axes), still, still).features()
