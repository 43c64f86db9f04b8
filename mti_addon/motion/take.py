"""A captured motion: joints, limbs and cameras over time. Imports numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PARTS = ("torso", "head", "left_arm", "right_arm", "left_leg", "right_leg", "ground")
"""The body parts a limb may belong to; each has its colour in `raster.Look`."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Take:
    """What was sampled from a scene, once: everything needed to draw it, and nothing of Blender.

    Raises ValueError if the fields do not fit together.
    """

    joints: Array
    """float32 (F, J, 3), metres, world space, z up."""
    limbs: tuple[tuple[int, int], ...]
    """L pairs of joint indices; a pair of equal indices is a ball, such as a head."""
    parts: tuple[str, ...]
    """L names out of PARTS."""
    radii: tuple[float, ...]
    """L radii, metres, above 0."""
    world_to_clip: Array
    """float32 (F, 4, 4): projection times view, column vectors, OpenGL clip space (y up)."""
    fps: float
    """Sampled pictures per second, above 0."""
    size: tuple[int, int]
    """(width, height) of the pictures, pixels."""

    def __post_init__(self) -> None:
        frames, joints = self.joints.shape[:2]
        if self.joints.shape != (frames, joints, 3) or frames < 1:
            raise ValueError(f"joints must be (F, J, 3), got {self.joints.shape}")
        if self.world_to_clip.shape != (frames, 4, 4):
            raise ValueError(
                f"world_to_clip must be ({frames}, 4, 4), got {self.world_to_clip.shape}"
            )
        if not len(self.limbs) == len(self.parts) == len(self.radii) or not self.limbs:
            raise ValueError("limbs, parts and radii must have the same length, at least one")
        if not all(0 <= a < joints and 0 <= b < joints for a, b in self.limbs):
            raise ValueError("a limb names a joint that does not exist")
        if unknown := set(self.parts) - set(PARTS):
            raise ValueError(f"unknown body parts: {sorted(unknown)}")
        if min(self.radii) <= 0 or self.fps <= 0 or min(self.size) < 1:
            raise ValueError("radii, fps and size must be above 0")

    @property
    def frames(self) -> int:
        """The number of pictures, F."""
        return int(self.joints.shape[0])
