"""The same motion with other body proportions: longer legs, a bigger head. Imports numpy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from .pose_sequence import PoseSequence

GROUPS = ("torso", "neck", "shoulders", "hips", "head", "arms", "legs", "other")
"""What is scaled as one. Left and right belong together, or a walk would limp."""

_BY_PART = {
    "torso": "torso",
    "head": "head",
    "left_arm": "arms",
    "right_arm": "arms",
    "left_leg": "legs",
    "right_leg": "legs",
}
_BORNE_ALONE = {
    "head": "neck",
    "left_arm": "shoulders",
    "right_arm": "shoulders",
    "left_leg": "hips",
    "right_leg": "hips",
}


def is_one_body(poses: PoseSequence) -> bool:
    """Return whether all joints are connected, so that scaling bones does not tear the figure."""
    return poses.parents.count(-1) == 1


def limb_groups(poses: PoseSequence) -> tuple[str, ...]:
    """Return a name from GROUPS for each limb.

    In a connected body, parts of the torso are distinguished: what carries only the head is the
    neck, what carries a single arm or leg is a shoulder or a side of the hips.
    """
    if not is_one_body(poses):
        return tuple(_BY_PART.get(part, "other") for part in poses.parts)
    by_joint = _joint_groups(poses)
    return tuple(by_joint[_lower_end(poses, limb)] for limb in poses.limbs)


def reproportion(poses: PoseSequence, factors: Mapping[str, float]) -> PoseSequence:
    """Scale each group's bones by `factors[group]` (default 1).

    Bones keep their directions in every frame. The root's path is scaled like the legs, so that
    planted feet stay planted. Raises ValueError if the joints are not connected.
    """
    if not is_one_body(poses):
        raise ValueError("the joints are not connected")
    groups = _joint_groups(poses)
    old = poses.joints.astype(np.float64)
    new = np.empty_like(old)
    for joint, parent in enumerate(poses.parents):
        if parent < 0:
            step = factors.get("legs", 1.0) if "legs" in groups else 1.0
            new[:, joint] = old[0, joint] + step * (old[:, joint] - old[0, joint])
        else:
            factor = factors.get(groups[joint], 1.0)
            new[:, joint] = new[:, parent] + factor * (old[:, joint] - old[:, parent])
    balls = [factors.get("head", 1.0) if part == "head" else 1.0 for part in poses.parts]
    radii = tuple(radius * ball for radius, ball in zip(poses.radii, balls, strict=True))
    return replace(poses, joints=new.astype(np.float32), radii=radii)


def _lower_end(poses: PoseSequence, limb: tuple[int, int]) -> int:
    """Return the end of a limb whose parent is the other one."""
    a, b = limb
    return a if poses.parents[a] == b else b


def _joint_groups(poses: PoseSequence) -> list[str]:
    """Return for each joint the group of the bone that ends there."""
    parts = _joint_parts(poses)
    borne: list[set[str]] = [set() for _ in parts]
    for joint in reversed(range(len(parts))):  # children follow their parents
        parent = poses.parents[joint]
        if parent >= 0:
            borne[parent] |= borne[joint] | ({parts[joint]} - {"torso"})
    return [_group(part, below) for part, below in zip(parts, borne, strict=True)]


def _joint_parts(poses: PoseSequence) -> list[str]:
    """Return each joint's body part: that of the limb ending there, or else of the next one up."""
    limbs = list(zip(poses.limbs, poses.parts, strict=True))
    ends = {_lower_end(poses, limb): part for limb, part in limbs}
    starts = {sum(limb) - _lower_end(poses, limb): part for limb, part in limbs}
    parts: list[str] = []
    for joint, parent in enumerate(poses.parents):
        above = starts.get(parent) or parts[parent] if parent >= 0 else "torso"
        parts.append(ends.get(joint) or above)
    return parts


def _group(part: str, below: set[str]) -> str:
    if part != "torso" or len(below) != 1:
        return _BY_PART.get(part, "other")
    (only,) = below
    return _BORNE_ALONE.get(only, "torso")
