"""Body parts by shape: what is symmetrical, what reaches the ground, what is on top.

For skeletons with uninformative names, such as those in other languages. Imports numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .bones import Bone, apart, children_of, extent, next_up, subtree
from .symmetry import Pair, mirror, pairs_of, reach_of

LIMB = 0.15
"""Fraction of the figure's extent: a shorter chain is neither an arm nor a leg."""
ON_GROUND = 0.15
DETAIL = 0.12
"""Shorter chains at the end of a limb or on the head are fingers or ears."""
SAME_ROOT = 0.08
"""Limbs that start closer together than this start in the same place."""
SHORT_ARM = 0.35
"""Fraction of a leg's length: arms are longer."""
APART = 0.25
"""Fraction of a leg's length: pairs of legs with roots farther apart belong to an animal."""


@dataclass(frozen=True)
class Shape:
    """The result: a part for every used bone except those too small to be drawn."""

    parts: dict[int, str]
    details: frozenset[int]


def parts_by_shape(bones: Sequence[Bone], used: Sequence[int]) -> Shape | None:
    """Return the parts of a symmetrical, upright skeleton; None if it has no pair of legs."""
    above = next_up(bones, used)
    children = children_of(above)
    height = extent(bones, used)
    side, middle, partner = mirror(bones, used, height)
    if not partner:
        return None
    pairs = pairs_of(bones, above, children, side, partner)
    limbs = [pair for pair in pairs if pair.reach > LIMB * height]
    ground = min(min(bones[i].head[2], bones[i].tail[2]) for i in used)
    legs, arms = _legs_and_arms(limbs, ground + ON_GROUND * height, height)
    if not legs:
        return None
    if arms and arms[0].lowest < ground + ON_GROUND * height:
        legs, arms = _hind_and_front(bones, used, partner, legs[0], arms[0], children)
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
            if reach_of(bones, children, child) < LIMB * height:
                details |= set(subtree(children, child))
    small = {bone for pair in pairs if pair not in limbs for bone in (pair.left, pair.right)}
    for bone in small:
        if parts[bone] == "torso" and reach_of(bones, children, bone) < DETAIL * height:
            details |= set(subtree(children, bone))
    return Shape({b: p for b, p in parts.items() if b not in details}, frozenset(details))


def _legs_and_arms(
    limbs: Sequence[Pair], ground: float, height: float
) -> tuple[list[Pair], list[Pair]]:
    """Return which pairs are legs, and which are arms; an animal's front legs are its arms.

    Legs are the lowest chains that reach the ground; arms start next above them. So a skirt, which
    starts where the legs do, and pigtails, which start at the head, are neither.
    """

    def lowest(pair: Pair) -> tuple[float, float]:
        return round(pair.root[2] / (0.06 * height)), -pair.reach

    standing = [pair for pair in limbs if pair.lowest < ground]
    if not standing:
        return [], []
    legs = min(standing, key=lowest)
    hanging = [p for p in limbs if p.lowest >= ground and p.reach > SHORT_ARM * legs.reach]
    above = [pair for pair in hanging if apart(pair.root, legs.root) > SAME_ROOT * height]
    if above:
        return [legs], [min(above, key=lowest)]
    others = [pair for pair in standing if apart(pair.root, legs.root) > APART * legs.reach]
    arms = others or hanging
    return [legs], [max(arms, key=lambda pair: pair.reach)] if arms else []


def _hind_and_front(
    bones: Sequence[Bone],
    used: Sequence[int],
    partner: dict[int, int],
    one: Pair,
    other: Pair,
    children: dict[int, list[int]],
) -> tuple[list[Pair], list[Pair]]:
    """Return an animal's hind and front legs; eyes and ears, or the higher end, are in front."""
    limbs = {i for pair in (one, other) for root in (pair.left, pair.right)
             for i in subtree(children, root)}  # fmt: skip
    along = np.subtract(other.root, one.root)
    along[2] = 0

    def beyond(bone: int) -> float:
        place = float(np.subtract(bones[bone].tail, one.root) @ along) / float(along @ along)
        return place - 1 if place > 1 else min(place, 0)

    rest = [bone for bone in used if bone not in limbs]
    there = [bone for bone in rest if beyond(bone) > 0]
    here = [bone for bone in rest if beyond(bone) < 0]
    features = sum(b in partner for b in there) - sum(b in partner for b in here)
    higher = max((bones[b].tail[2] for b in there), default=0) - max(
        (bones[b].tail[2] for b in here), default=0
    )
    return ([one], [other]) if (features, higher) > (0, 0) else ([other], [one])


def _first_of_limb(
    bones: Sequence[Bone],
    bone: int,
    children: dict[int, list[int]],
    side: int,
    middle: float,
    height: float,
) -> int:
    """Return where the limb starts: after a collarbone or hip bone, which belongs to the trunk."""
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
    """Return fingers and toes: three or more short chains on one bone."""
    found: set[int] = set()
    for bone in subtree(children, first):
        short = [c for c in children[bone] if reach_of(bones, children, c) < DETAIL * height]
        if len(short) >= 3:
            found |= {i for child in short for i in subtree(children, child)}
    return found


def _head(
    bones: Sequence[Bone],
    children: dict[int, list[int]],
    front: Sequence[Pair],
    legs: Sequence[Pair],
    parts: dict[int, str],
) -> int:
    """Return the bone at the trunk's end beyond the arms, the one with most descendants; or -1."""
    hips, chest = legs[0].root, front[0].root
    trunk = [bone for bone, part in parts.items() if part == "torso"]
    beyond = []
    for bone in trunk:
        tip, root = bones[bone].tail, bones[bone].head
        up = np.subtract(chest, hips)
        if not np.linalg.norm(up):
            up = np.array([0.0, 0.0, 1.0])
        # it starts at the arms, or farther from the hips, and continues from there
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
        return -1  # it carries the arms
    crowded = [bone for bone in chain[1:] if len(children[bone]) > 1]
    return max(crowded, key=lambda bone: len(children[bone])) if crowded else chain[-1]
