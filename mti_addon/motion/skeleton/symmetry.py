"""A skeleton's two sides: mirrored bones, and the chains that start at the trunk.

Imports numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .bones import Bone, apart, ends, subtree

SAME_PLACE = 0.03
"""Fraction of the figure's extent: bones mirrored within this tolerance are a pair."""
ASIDE = 0.008
"""Bones that extend less to the side belong to the trunk."""


@dataclass(frozen=True)
class Pair:
    """Two mirrored chains: their first bones, the left one first."""

    left: int
    right: int
    reach: float
    lowest: float
    root: tuple[float, float, float]


def mirror(
    bones: Sequence[Bone], used: Sequence[int], height: float
) -> tuple[int, float, dict[int, int]]:
    """Return the lateral axis, the center plane's position on it, and each bone's counterpart."""
    found: tuple[int, float, dict[int, int]] = (0, 0.0, {})
    points = ends(bones, used)
    for axis in (0, 1):
        low, high = points[:, axis].min(), points[:, axis].max()
        for middle in {0.0, round(float(low + high) / 2, 6), bones[used[0]].head[axis]}:
            partner = _partners(bones, used, axis, middle, SAME_PLACE * height)
            if len(partner) > len(found[2]):
                found = axis, middle, partner
    return found


def _partners(
    bones: Sequence[Bone], used: Sequence[int], axis: int, middle: float, near: float
) -> dict[int, int]:
    """Return for each bone off the plane the nearest one to its mirror image, if close enough."""
    places = ends(bones, used).reshape(-1, 2, 3)
    beside = np.abs(places[:, :, axis] - middle).max(1)
    aside = [int(i) for i in np.flatnonzero(beside > ASIDE / SAME_PLACE * near)]
    places = places[aside]
    mirrored = places.copy()
    mirrored[:, :, axis] = 2 * middle - mirrored[:, :, axis]
    found: dict[int, int] = {}
    for i, bone in enumerate(aside):
        if used[bone] in found:
            continue
        apart_from = np.abs(places - mirrored[i]).max((1, 2))
        apart_from[(places[:, 1, axis] > middle) == (places[i, 1, axis] > middle)] = np.inf
        apart_from[[used[other] in found for other in aside]] = np.inf
        other = int(apart_from.argmin())
        if apart_from[other] <= near:
            found[used[bone]], found[used[aside[other]]] = used[aside[other]], used[bone]
    return found


def pairs_of(
    bones: Sequence[Bone],
    above: dict[int, int],
    children: dict[int, list[int]],
    side: int,
    partner: dict[int, int],
) -> list[Pair]:
    """Return chains that start at the trunk, each with its counterpart on the other side."""
    found = []
    for bone, other in partner.items():
        if above[bone] in partner or above[other] in partner:
            continue
        far = [np.mean([bones[b].head[side], bones[b].tail[side]]) for b in (bone, other)]
        if far[0] <= far[1]:
            continue  # the left one, at the larger coordinate, represents both
        tree = subtree(children, bone)
        lowest = min(min(bones[i].head[2], bones[i].tail[2]) for i in tree)
        reach = reach_of(bones, children, bone)
        root = bones[above[bone]].head if above[bone] >= 0 else bones[bone].head
        found.append(Pair(bone, other, reach, lowest, root))
    return found


def reach_of(bones: Sequence[Bone], children: dict[int, list[int]], bone: int) -> float:
    """Return how far a bone's descendants reach from its head."""
    tree = subtree(children, bone)
    return max(apart(bones[bone].head, bones[i].tail) for i in tree)
