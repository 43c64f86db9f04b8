"""A sampled motion on another figure with the same bones. Imports numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..pose_sequence import PoseSequence
from ..skeleton.limbs import Plan
from .figures import Figure, fits
from .solving import Posed, Rest, solve

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Target:
    """The bones at rest of the figure that is to move, in its armature's space."""

    rest: Rest
    """Each bone as it is drawn: from its head to where it ends."""
    turns: Array
    """(B, 3, 3): the drawn bones' axes, along those of Blender's bones, which may end elsewhere."""
    upright: Array
    """(3, 3): rotation from upright to the armature's space."""
    height: float


def fits_plan(poses: PoseSequence, plan: Plan) -> bool:
    """Return whether a figure has the same bones as the sampled one, in the same order."""
    count = 3 * len(plan.bones)
    alike = _parts(poses.limbs, poses.parts, count) == _parts(plan.limbs, plan.parts, count)
    return plan.parents == poses.parents and alike


def transferred(figure: Figure, target: Target) -> Posed:
    """Return how the target's bones move like the figure's, each standing where it stands.

    A figure of the same proportions, at any size, does exactly the same. One of other proportions
    turns its bones into the same directions, and its root moves as far as suits its size.
    """
    back = np.asarray(np.linalg.inv(figure.matrix), np.float64)
    points = (figure.sticks.heads, figure.sticks.tails)
    heads, tails = (each @ back[:3, :3].T + back[:3, 3] for each in points)
    own = replace(figure.sticks, heads=heads, tails=tails, height=figure.height)
    rest = target.rest
    straight = bool(np.allclose(target.turns, np.eye(3), atol=1e-4))
    scale = float(np.median(np.median(own.lengths, 0) / rest.lengths))
    same = straight and fits(rest, own, scale)
    factor = 1 / scale if same else target.height / figure.height
    start = rest.matrices[0, :3, 3]
    before = figure.rest.matrices[0, :3, 3]
    heads, tails = (start + factor * (each - before) @ target.upright.T for each in (heads, tails))
    posed = solve(rest, heads, tails, rigid=not same)
    turned = target.turns @ posed.rotations @ target.turns.transpose(0, 2, 1)
    moved = np.einsum("bij,fbj->fbi", target.turns, posed.locations)
    return Posed(moved, turned, posed.stretches)


def _parts(
    limbs: Sequence[tuple[int, int]], parts: Sequence[str], count: int
) -> dict[tuple[int, int], str]:
    """Return the part of each bone; without links, which end at a head, if proportions need any."""
    both = zip(limbs, parts, strict=True)
    return {limb: part for limb, part in both if limb[1] % 3 or limb[1] >= count}
