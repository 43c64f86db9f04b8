"""A captured motion: joints, limbs and cameras over time. Imports numpy only."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

PARTS = ("torso", "head", "left_arm", "right_arm", "left_leg", "right_leg", "ground")
"""The body parts a limb may belong to; each has its color in `raster.Look`."""
ROOM = "room"
"""The part of a sequence's only limb if it is a moving camera's: from the camera to what it looks
at. What it sees is a room (drawing.room)."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class PoseSequence:
    """A sampled motion: everything needed to draw it, independent of Blender.

    Raises ValueError if the fields do not fit together.
    """

    joints: Array
    """float32 (F, J, 3), in meters, world space, z up."""
    limbs: tuple[tuple[int, int], ...]
    """L pairs of joint indices; a pair of equal indices is a ball, such as a head."""
    parts: tuple[str, ...]
    """L names from PARTS, or ROOM alone."""
    radii: tuple[float, ...]
    """L radii, in meters, above 0."""
    world_to_clip: Array
    """float32 (F, 4, 4): projection times view, column vectors, OpenGL clip space (y up)."""
    fps: float
    """Sampled images per second, above 0."""
    size: tuple[int, int]
    """(width, height) of the images, in pixels."""
    parents: tuple[int, ...] = ()
    """For each joint its parent, which precedes it, or -1; () if there are no parents."""

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
        if self.parents and len(self.parents) != joints:
            raise ValueError(f"there must be {joints} parents or none, got {len(self.parents)}")
        if not all(-1 <= parent < joint for joint, parent in enumerate(self.parents)):
            raise ValueError("a joint's parent must precede it")
        if unknown := set(self.parts) - {*PARTS, ROOM}:
            raise ValueError(f"unknown body parts: {sorted(unknown)}")
        if ROOM in self.parts and len(self.parts) > 1:
            raise ValueError("a room has no other parts")
        if min(self.radii) <= 0 or self.fps <= 0 or min(self.size) < 1:
            raise ValueError("radii, fps and size must be above 0")

    @property
    def frames(self) -> int:
        """Return the number of images, F."""
        return int(self.joints.shape[0])

    @property
    def is_room(self) -> bool:
        """Return whether it is a moving camera, which sees a room."""
        return self.parts == (ROOM,)

    def to_json(self) -> str:
        """Serialize the poses exactly as JSON, to draw them again later."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps(values, default=np.ndarray.tolist)

    @classmethod
    def from_json(cls, data: str | bytes) -> PoseSequence:
        """Parse the output of `to_json`. Raises ValueError for anything else."""
        try:
            values = json.loads(data)
            with np.errstate(over="ignore"):  # becomes infinite, which is refused below
                joints = np.array(values["joints"], np.float32)
                world_to_clip = np.array(values["world_to_clip"], np.float32)
            poses = cls(
                joints=joints,
                limbs=tuple((int(a), int(b)) for a, b in values["limbs"]),
                parts=tuple(str(part) for part in values["parts"]),
                radii=tuple(float(radius) for radius in values["radii"]),
                world_to_clip=world_to_clip,
                fps=float(values["fps"]),
                size=(int(values["size"][0]), int(values["size"][1])),
                parents=tuple(int(parent) for parent in values["parents"]),
            )
        except (KeyError, IndexError, TypeError, OverflowError, RecursionError) as error:
            raise ValueError(f"not a pose sequence: {error}") from error
        numbers = joints, world_to_clip, np.array([*poses.radii, poses.fps])
        if not all(np.isfinite(each).all() for each in numbers):
            raise ValueError("joints, cameras, radii and fps must be finite")
        return poses
