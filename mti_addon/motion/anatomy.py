"""Body parts by shape: what is symmetrical, what goes down to the ground, what is on top.

For skeletons whose names say nothing, such as those in other languages. Imports numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .bones import Bone, apart, children_of, ends, extent, next_up, subtree

SAME_PLACE = 0.03
"""Of the figure's height: bones that are mirrored this exactly are a pair."""
LIMB = 0.18
"""Of the figure's height: a chain that reaches less far is no arm and no leg."""
ON_GROUND = 0.15
DETAIL = 0.12
"""Chains that reach less far than this, at the end of a limb or on the head, are fingers, ears."""
SAME_ROOT = 0.08
APART = 0.25
"""Of the figure's height: pairs of legs whose roots are farther apart are those of an animal."""


@dataclass(frozen=True)
class Shape:
    """What was found: a part for every used bone but for those too small to be drawn."""

    parts: dict[int, str]
    details: frozenset[int]


@dataclass(frozen=True)
class _Pair:
    """Two mirrored chains: their first bones, the left one first."""

    left: int
    right: int
    reach: float
    lowest: float
    root: tuple[float, float, float]


def parts_by_shape(bones: Sequence[Bone], used: Sequence[int]) -> Shape | None:
    """The parts of a symmetrical skeleton that stands upright; None where no pair of legs is."""
    above = next_up(bones, used)
    children = children_of(above)
    height = extent(bones, used)
    side, middle, partner = _mirror(bones, used, height)
    if not partner:
        return None
    pairs = _pairs(bones, above, children, side, partner)
    limbs = [pair for pair in pairs if pair.reach > LIMB * height]
    ground = min(min(bones[i].head[2], bones[i].tail[2]) for i in used)
    legs, arms = _legs_and_arms(limbs, ground + ON_GROUND * height, height)
    if not legs:
        return None
    parts = dict.fromkeys(used, "torso")
    details: set[int] = set()
    for kind, chosen in (("leg", legs), ("arm", arms)):
        for pair in chosen:
            for bone, which in ((pair.left, "left"), (pair.right, "right")):
                first = _first_of_limb(bones, bone, children, side, middle, height)
                for other in subtree(children, first):
                    parts[other] = f"{which}_{kind}"
                details |= _small_ends(bones, children, first, height)
    head = _head(bones, children, arms or legs, legs, parts)
    if head >= 0:
        parts[head] = "head"
        for child in children[head]:
            if _reach(bones, children, child) < LIMB * height:
                details |= set(subtree(children, child))
    small = {bone for pair in pairs if pair not in limbs for bone in (pair.left, pair.right)}
    for bone in small:
        if parts[bone] == "torso" and _reach(bones, children, bone) < DETAIL * height:
            details |= set(subtree(children, bone))
    return Shape({b: p for b, p in parts.items() if b not in details}, frozenset(details))


def _mirror(
    bones: Sequence[Bone], used: Sequence[int], height: float
) -> tuple[int, float, dict[int, int]]:
    """The axis to the side, the middle plane's place on it, and each bone's mirrored one."""
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
    """For each bone beside the plane the nearest one to where it is mirrored, if that is near."""
    places = ends(bones, used).reshape(-1, 2, 3)
    aside = [int(i) for i in np.flatnonzero(np.abs(places[:, :, axis] - middle).max(1) > near)]
    places = places[aside]
    mirrored = places.copy()
    mirrored[:, :, axis] = 2 * middle - mirrored[:, :, axis]
    found: dict[int, int] = {}
    for i, bone in enumerate(aside):
        if used[bone] in found:
            continue
        apart_from = np.abs(places - mirrored[i]).max((1, 2))
        apart_from[i] = np.inf
        apart_from[[used[other] in found for other in aside]] = np.inf
        other = int(apart_from.argmin())
        if apart_from[other] <= near:
            found[used[bone]], found[used[aside[other]]] = used[aside[other]], used[bone]
    return found


def _pairs(
    bones: Sequence[Bone],
    above: dict[int, int],
    children: dict[int, list[int]],
    side: int,
    partner: dict[int, int],
) -> list[_Pair]:
    """Chains that begin at the trunk, each with the one on the other side."""
    found = []
    for bone, other in partner.items():
        if above[bone] in partner or above[other] in partner:
            continue
        far = [np.mean([bones[b].head[side], bones[b].tail[side]]) for b in (bone, other)]
        if far[0] <= far[1]:
            continue  # the left one, at the larger coordinate, speaks for both
        tree = subtree(children, bone)
        lowest = min(min(bones[i].head[2], bones[i].tail[2]) for i in tree)
        reach = _reach(bones, children, bone)
        root = bones[above[bone]].head if above[bone] >= 0 else bones[bone].head
        found.append(_Pair(bone, other, reach, lowest, root))
    return found


def _reach(bones: Sequence[Bone], children: dict[int, list[int]], bone: int) -> float:
    """How far the ends of what hangs on a bone are from its head."""
    tree = subtree(children, bone)
    return max(apart(bones[bone].head, bones[i].tail) for i in tree)


def _legs_and_arms(
    limbs: Sequence[_Pair], ground: float, height: float
) -> tuple[list[_Pair], list[_Pair]]:
    """Which pairs are legs, and which arms: an animal's front legs are its arms.

    Legs are the lowest chains that stand on the ground; arms begin next above them. So a skirt,
    which begins where the legs do, and pigtails, which begin at the head, are neither.
    """

    def lowest(pair: _Pair) -> tuple[float, float]:
        return round(pair.root[2] / (0.06 * height)), -pair.reach

    standing = [pair for pair in limbs if pair.lowest < ground]
    if not standing:
        return [], []
    legs = min(standing, key=lowest)
    hanging = [pair for pair in limbs if pair.lowest >= ground]
    above = [pair for pair in hanging if apart(pair.root, legs.root) > SAME_ROOT * height]
    if hanging:
        arms = min(above, key=lowest) if above else max(hanging, key=lambda pair: pair.reach)
        return [legs], [arms]
    others = [pair for pair in standing if apart(pair.root, legs.root) > APART * height]
    if not others:
        return [legs], []
    other = max(others, key=lambda pair: pair.reach)
    front, hind = sorted((legs, other), key=lambda pair: -pair.root[2])
    return [hind], [front]


def _first_of_limb(
    bones: Sequence[Bone],
    bone: int,
    children: dict[int, list[int]],
    side: int,
    middle: float,
    height: float,
) -> int:
    """A collarbone, or a side of the hips, belongs to the trunk: the limb begins after it."""
    if len(children[bone]) != 1:
        return bone
    (after,) = children[bone]
    near = abs(bones[bone].head[side] - middle) < 0.06 * height
    short = apart(bones[bone].head, bones[after].head) < 0.75 * _step(bones, children, after)
    return after if near and short else bone


def _step(bones: Sequence[Bone], children: dict[int, list[int]], bone: int) -> float:
    below = children[bone]
    end = bones[below[0]].head if below else bones[bone].tail
    return apart(bones[bone].head, end)


def _small_ends(
    bones: Sequence[Bone], children: dict[int, list[int]], first: int, height: float
) -> set[int]:
    """Fingers and toes: three or more short chains on one bone."""
    found: set[int] = set()
    for bone in subtree(children, first):
        short = [c for c in children[bone] if _reach(bones, children, c) < DETAIL * height]
        if len(short) >= 3:
            found |= {i for child in short for i in subtree(children, child)}
    return found


def _head(
    bones: Sequence[Bone],
    children: dict[int, list[int]],
    front: Sequence[_Pair],
    legs: Sequence[_Pair],
    parts: dict[int, str],
) -> int:
    """The bone at the trunk's end beyond the arms that most hangs on, the last of those; or -1."""
    hips, chest = legs[0].root, front[0].root
    trunk = [bone for bone, part in parts.items() if part == "torso"]
    beyond = []
    for bone in trunk:
        tip, root = bones[bone].tail, bones[bone].head
        up = np.subtract(chest, hips)
        if not np.linalg.norm(up):
            up = np.array([0.0, 0.0, 1.0])
        # it begins where the arms do, or farther on from the hips, and goes on from there
        begins = float(np.subtract(root, chest) @ up) > -1e-6 * float(up @ up)
        goes = float(np.subtract(tip, chest) @ up) > 0 or tip[2] > chest[2]
        if begins and goes:
            beyond.append(bone)
    if not beyond:
        return -1
    borne = {bone: len(set(subtree(children, bone)) & set(beyond)) for bone in beyond}
    first = max(beyond, key=lambda bone: borne[bone])
    chain = [first]
    while True:
        after = [c for c in children[chain[-1]] if c in borne]
        if not after:
            break
        chain.append(max(after, key=lambda bone: (borne[bone], bones[bone].tail[2])))
    if len(chain) == 1 and any(parts[child] != "torso" for child in children[first]):
        return -1  # it bears the arms
    crowded = [bone for bone in chain[1:] if len(children[bone]) > 1]
    return crowded[0] if crowded else chain[-1]
