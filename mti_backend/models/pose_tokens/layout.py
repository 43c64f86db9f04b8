"""The order and units of the motion features (`token_layout`). Imports numpy.

36 numbers are unit vectors of twelve bones in view space (x to the right, y up, z toward the
viewer), times 2; then the root's path in figure heights and the camera's pan (frame widths), ln
zoom and roll since the first frame, times 10; then the four expressions of a face, times 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BONES = ("torso", "head", "shoulders", "hips", "upper_arm_l", "forearm_l", "upper_arm_r",
         "forearm_r", "thigh_l", "shin_l", "thigh_r", "shin_r")  # fmt: skip
"""l is the figure's own right, which is on the image's left if it faces the viewer."""


@dataclass(frozen=True)
class Movement:
    """What a motion does over F frames, in the units above but unscaled.

    bones: (F, 12, 3). root: (F, 2). camera: (F, 4). face: (F, 4): jaw, smile, brow, blink.
    """

    bones: Array
    root: Array
    camera: Array
    face: Array

    def features(self) -> Array:
        """(F, 46)"""
        frames = len(self.bones)
        since = 10 * (self.root - self.root[:1]), 10 * (self.camera - self.camera[:1])
        return np.concatenate([2 * self.bones.reshape(frames, -1), *since, 2 * self.face], 1)


def posed(
    frames: int,
    lean_side: Array | float = 0.0,
    lean_forward: Array | float = 0.0,
    head_tilt: Array | float = 0.0,
    head_nod: Array | float = 0.0,
    yaw: Array | float = 0.0,
    limbs: Array | None = None,
) -> Array:
    """Bones (F, 12, 3) of a body from angles in radians, each a number or (F,).

    limbs: (F, 8, 2) angles outward and forward of the last eight bones; a relaxed stand without.
    """
    zero = np.zeros(frames)
    side, ahead = zero + lean_side, zero + lean_forward
    bones = np.zeros((frames, 12, 3))
    bones[:, 0] = _upright(side, ahead)
    bones[:, 1] = _upright(side + head_tilt, ahead + head_nod)
    bones[:, 2, 0], bones[:, 2, 1], bones[:, 3, 0] = np.cos(side), -np.sin(side), 1
    if limbs is None:
        limbs = np.zeros((frames, 8, 2))
        limbs[:, :4, 0], limbs[:, 4:, 0] = 0.15, 0.08
    for bone in range(8):
        sign = -1.0 if bone in (0, 1, 4, 5) else 1.0
        out, forward = limbs[:, bone, 0], limbs[:, bone, 1]
        bones[:, 4 + bone] = np.stack(
            [sign * np.sin(out), -np.cos(out) * np.cos(forward), np.cos(out) * np.sin(forward)], -1
        )
    return turned(bones, zero + yaw)


def turned(vectors: Array, yaw: Array) -> Array:
    """Rotate (F, n, 3) to the right about the vertical by yaw (F,)."""
    cos, sin = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return np.stack([x * cos + z * sin, y, z * cos - x * sin], -1)


def _upright(side: Array, ahead: Array) -> Array:
    return np.stack([np.sin(side) * np.cos(ahead), np.cos(side) * np.cos(ahead), np.sin(ahead)], -1)


def path(points: Array, axes: Array, height: float) -> Array:
    """Path (F, 2) of points (F, 3) across the first frame's view, in figure heights."""
    return np.asarray((points - points[0]) @ axes[0, :2].T / max(height, 1e-9))
