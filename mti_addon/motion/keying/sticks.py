"""The bones that a pose sequence was sampled from. Imports numpy only.

A sampled figure has three joints per bone, its head, end and center, and two more for a bendy one
(`skeleton.limbs.Plan`). Blender's bones are straight, so a bendy one becomes four.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..pose_sequence import PoseSequence
from ..skeleton.limbs import HEAD_RADIUS, LIMB_RADIUS

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sticks:
    """Straight bones over time, parents first; in meters, world space."""

    heads: Array
    """(F, B, 3)."""
    tails: Array
    """(F, B, 3)."""
    parents: tuple[int, ...]
    """B indices, -1 for a root."""
    at_tail: tuple[bool, ...]
    """Whether each bone hangs on its parent's tail, or else on its head."""
    parts: tuple[str, ...]
    height: float
    """The figure's height that the radii of its limbs were computed from."""

    @property
    def count(self) -> int:
        """Return the number of bones, B."""
        return len(self.parents)

    @property
    def lengths(self) -> Array:
        """Return the length of each bone in each frame (F, B)."""
        return np.asarray(np.linalg.norm(self.tails - self.heads, axis=2))

    def base(self, bone: int) -> Array:
        """Return where a bone hangs on its parent (F, 3); at its own head for a root."""
        above = self.parents[bone]
        if above < 0:
            return self.heads[:, bone]
        return self.tails[:, above] if self.at_tail[bone] else self.heads[:, above]


def sticks_of(poses: PoseSequence) -> Sticks | None:
    """Return the bones of a figure; None for a box, or joints that no armature has."""
    whole = _bone_count(poses.parents)
    extra = poses.joints.shape[1] - 3 * whole
    if not whole or extra % 2 or extra > 2 * whole:
        return None
    owners = poses.parents[3 * whole :: 2]
    if any(owner % 3 or owner >= 3 * whole for owner in owners):
        return None
    if list(poses.parents[3 * whole :]) != [owner for owner in owners for _ in range(2)]:
        return None
    return _straightened(poses, whole, [owner // 3 for owner in owners])


def _bone_count(parents: Sequence[int]) -> int:
    """Return for how many bones, from the first joint on, the parents are those of bones."""
    count = 0
    while 3 * count + 2 < len(parents):
        head = 3 * count
        above = parents[head]
        if parents[head + 1] != head or parents[head + 2] != head:
            break
        if above >= 0 and above % 3 == 2:
            break  # nothing hangs on a center
        count += 1
    return count


def _straightened(poses: PoseSequence, count: int, bendy: Sequence[int]) -> Sticks:
    joints = poses.joints.astype(np.float64)
    parts = _parts_of_bones(poses, count)
    heads: list[Array] = []
    tails: list[Array] = []
    names: list[str] = []
    parents: list[int] = []
    at_tail: list[bool] = []
    first, last = [0] * count, [0] * count
    for bone in range(count):
        points = [joints[:, 3 * bone], joints[:, 3 * bone + 1]]
        if bone in bendy:
            quarter = 3 * count + 2 * bendy.index(bone)
            inner = [joints[:, quarter], joints[:, 3 * bone + 2], joints[:, quarter + 1]]
            points[1:1] = inner
        first[bone] = len(heads)
        above = poses.parents[3 * bone]
        for piece, (head, tail) in enumerate(zip(points[:-1], points[1:], strict=True)):
            heads.append(head)
            tails.append(tail)
            names.append(parts[bone])
            if piece:
                parents.append(len(heads) - 2)
                at_tail.append(True)
            elif above < 0:
                parents.append(-1)
                at_tail.append(False)
            else:
                at_tail.append(above % 3 == 1)
                parents.append(last[above // 3] if at_tail[-1] else first[above // 3])
        last[bone] = len(heads) - 1
    return Sticks(
        np.stack(heads, 1),
        np.stack(tails, 1),
        tuple(parents),
        tuple(at_tail),
        tuple(names),
        _drawn_height(poses),
    )


def _parts_of_bones(poses: PoseSequence, count: int) -> list[str]:
    """Return the body part of each bone: that of its own limb, or of its first piece."""
    parts = ["torso"] * count
    for (a, b), part in zip(poses.limbs, poses.parts, strict=True):
        own = a // 3 == b // 3 or b >= 3 * count
        if a < 3 * count and own and (a % 3 == 0 or a == b):
            parts[a // 3] = part
    return parts


def _drawn_height(poses: PoseSequence) -> float:
    thin = [r for (a, b), r in zip(poses.limbs, poses.radii, strict=True) if a != b]
    return min(thin) / LIMB_RADIUS if thin else min(poses.radii) / HEAD_RADIUS
