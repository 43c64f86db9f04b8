"""Reads limbs from a captured figure of any skeleton. Imports numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .poses import Array, Poses

_ELBOW, _WRIST = 0.44, 0.86
"""Where a limb bends and where its hand or foot begins, as shares of its length with those."""
_PARTS = ("right_arm", "left_arm", "right_leg", "left_leg")


@dataclass(frozen=True)
class Skeleton:
    """Joints of a body with a trunk, a head and four limbs, in meters, world space.

    limbs: (F, 4, 3, 3): root, elbow or knee, and wrist or ankle, of right arm, left arm, right leg
    and left leg as the figure itself has them. pelvis, chest, head: (F, 3). skull: radius.
    """

    limbs: Array
    pelvis: Array
    chest: Array
    head: Array
    skull: float

    @property
    def height(self) -> float:
        """Of the figure, standing straight."""
        legs = self.limbs[:, 2:]
        leg = np.linalg.norm(np.diff(legs, axis=2), axis=-1).sum(-1).mean()
        trunk = np.linalg.norm(self.chest - self.pelvis, axis=-1).mean()
        neck = np.linalg.norm(self.head - self.chest, axis=-1).mean()
        return float(leg + trunk + neck + self.skull)


def skeleton_of(poses: Poses) -> Skeleton | None:
    """The body in the poses; None if it has not a head and each of the four limbs."""
    chains = [_chain(poses, part) for part in _PARTS]
    ball = poses.ball()
    if ball is None or not poses.parents:
        return None
    limbs = [_bent(poses, chain) for chain in chains if len(chain) >= 3]
    if len(limbs) < len(_PARTS):
        return None
    joints = np.stack(limbs, 1)
    center, radius = ball
    return Skeleton(
        joints,
        joints[:, 2:, 0].mean(1),
        joints[:, :2, 0].mean(1),
        poses.joints[:, center],
        radius,
    )


def _chain(poses: Poses, part: str) -> list[int]:
    """The joints of a limb from its root to its farthest tip."""
    pairs = zip(poses.limbs, poses.parts, strict=True)
    own = {joint for (a, b), name in pairs if name == part for joint in (a, b)}
    own |= {a for a in _above(poses, own) if a in own}
    chains = []
    for tip in own:
        chain = [tip]
        while poses.parents and (up := poses.parents[chain[-1]]) >= 0 and up in own:
            chain.append(up)
        chains.append(chain[::-1])
    return max(chains, key=lambda chain: _length(poses, chain), default=[])


def _above(poses: Poses, joints: set[int]) -> set[int]:
    return {poses.parents[joint] for joint in joints} if poses.parents else set()


def _length(poses: Poses, chain: list[int]) -> float:
    points = poses.joints[0, chain]
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def _bent(poses: Poses, chain: list[int]) -> Array:
    """Root, middle and end joint (F, 3, 3) of a limb."""
    points = poses.joints[:, chain]
    steps = np.linalg.norm(np.diff(points, axis=1), axis=-1).mean(0)
    share = np.concatenate([[0.0], np.cumsum(steps)]) / max(float(steps.sum()), 1e-9)
    inner = np.arange(1, len(chain) - 1)
    middle = int(inner[np.abs(share[inner] - _ELBOW).argmin()])
    later = np.arange(middle + 1, len(chain))
    # A limb of two bones has no hand: then its end is its own.
    has_hand = len(later) > 1 and share[later[-2]] > 0.7
    end = int(later[np.abs(share[later] - _WRIST).argmin()]) if has_hand else int(later[-1])
    return points[:, [0, middle, end]]
