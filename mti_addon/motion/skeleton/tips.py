"""Where bones end: not always at their tails, which importers of FBX and glTF guess.

Imports numpy only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from .bones import Bone, Point, apart, children_of, extent, length, next_up

LOOSE = 0.3
"""A tail is loose if its distance from every child's head exceeds this fraction of the bone's
distance to it."""
LOOSE_RIG = 0.34
"""If this share of bones with children have loose tails, all tails of a rig are guesses."""
ASIDE = 0.5
"""A bone continues in a child that is off to the side by less than this fraction of its
distance."""
LIKELY = (0.15, 1.3)
"""Plausible lengths of a last bone, as multiples of the previous one."""
LAST = {"arm": 0.4, "leg": 0.2, "head": 1.5}
"""Otherwise its length, by the kind of limb."""
ENDS = ("end", "nub", "tip", "top")
FAR = 0.2
"""Fraction of the figure's height: if the first bone is farther from the root on the ground, it
is not adjacent to it."""


def without_ground(
    bones: Sequence[Bone], used: Sequence[int], is_part: Callable[[str], bool]
) -> list[int]:
    """Return the used bones without a root that is on the ground, far from all of its children.

    Such a root moves the whole figure, and is not a part of it, as `is_part` tells from a name.
    """
    left = list(used)
    while len(left) > 3:
        above = next_up(bones, left)
        children = children_of(above)
        roots = [root for root in children[-1] if not is_part(bones[root].name)]
        roots = [r for r in roots if _is_ground(bones, left, r, _borne(bones, children, r))]
        if not roots:
            break
        left.remove(roots[0])
    return left


def _borne(bones: Sequence[Bone], children: Mapping[int, list[int]], root: int) -> list[int]:
    """Return a root's children; if it has a coinciding root as a child, that one's children."""
    found = list(children[root])
    for child in list(found):
        if apart(bones[child].head, bones[root].head) < 1e-6:
            found.remove(child)
            found += _borne(bones, children, child)
    return found


def _is_ground(
    bones: Sequence[Bone], used: Sequence[int], root: int, children: Sequence[int]
) -> bool:
    others = [bone for bone in used if bone != root]
    if not children or len(others) < 3:
        return False
    height = extent(bones, others)
    head, tail = bones[root].head, bones[root].tail
    far = [apart(bones[child].head, head) > FAR * height for child in children]
    if not all(far):
        return False
    if all(apart(bones[child].head, tail) > FAR * height for child in children):
        return True
    # it ends where the hips start: it is a part, unless legs reach the ground next to it
    lowest = min(min(bones[i].head[2], bones[i].tail[2]) for i in others)
    low = [i for i in others if min(bones[i].head[2], bones[i].tail[2]) < lowest + 0.1 * height]
    beside = {bones[i].head[0] > head[0] for i in low if bones[i].head[0] != head[0]}
    return head[2] < lowest + 0.1 * height and len(beside) == 2


def mended(
    bones: Sequence[Bone], used: Sequence[int], kind: Callable[[str], str]
) -> tuple[list[Bone], dict[int, int]]:
    """Return bones with corrected tails, and for each bone that ends in a child this child.

    Tails are kept in a rig most of whose bones end where the next one starts. `kind` tells arm,
    leg, head, torso or '' from a name.
    """
    above = next_up(bones, used)
    children = children_of(above)
    having = [bone for bone in used if _ways(bones, bone, children[bone])]
    loose = [bone for bone in having if _is_loose(bones, bone, children[bone])]
    if len(loose) < max(2, LOOSE_RIG * len(having)):
        return list(bones), {}
    fixed = list(bones)
    onto: dict[int, int] = {}
    for bone in loose:
        if (goes_on := _goes_on(bones, bone, children[bone], kind)) is not None:
            onto[bone] = goes_on
            fixed[bone] = replace(bones[bone], tail=bones[goes_on].head)
    for bone in used:
        if not children[bone]:
            fixed[bone] = replace(bones[bone], tail=_last(bones, bone, above, kind, used))
    return fixed, onto


def _ways(bones: Sequence[Bone], bone: int, children: Sequence[int]) -> list[float]:
    """Return the distances of children's heads from a bone's own, except coinciding ones."""
    ways = [apart(bones[child].head, bones[bone].head) for child in children]
    return [way for way in ways if way > 1e-6]


def _is_loose(bones: Sequence[Bone], bone: int, children: Sequence[int]) -> bool:
    for child in children:
        way = apart(bones[child].head, bones[bone].head)
        if apart(bones[child].head, bones[bone].tail) <= LOOSE * max(way, 1e-6):
            return False
    return True


def _goes_on(
    bones: Sequence[Bone], bone: int, children: Sequence[int], kind: Callable[[str], str]
) -> int | None:
    """Return the child that a bone continues in; None if all branch off to the sides."""
    head = np.array(bones[bone].head)
    places = np.array([bones[child].head for child in children]) - head
    ways = np.linalg.norm(places, axis=1)
    own = kind(bones[bone].name)
    # two shoulders or two thighs are on both sides of it
    spans = np.where((places.min(0) < 0) & (places.max(0) > 0), np.ptp(places, axis=0), 0)
    across = int(spans.argmax())

    def fits(at: int) -> tuple[bool, bool, float]:
        aside = spans[across] > 0 and abs(places[at, across]) > ASIDE * ways[at]
        other = kind(bones[children[at]].name)
        limb = bool(own) and other in ("arm", "leg") and other != own
        return limb, bool(aside), -ways[at]

    real = [at for at in range(len(children)) if ways[at] > 1e-6]
    if not real:
        return None
    best = min(real, key=fits)
    if len(real) > 1 and fits(best)[1]:
        return None
    return children[best]


def _last(
    bones: Sequence[Bone],
    bone: int,
    above: Mapping[int, int],
    kind: Callable[[str], str],
    used: Sequence[int],
) -> Point:
    """Return where a bone without children ends: at its end marker, or else straight on."""
    parent = above[bone]
    marks = _marks(bones, bone, parent, kind(bones[bone].name), used)
    if marks is not None:
        return marks
    if parent < 0:
        return bones[bone].tail
    way = np.subtract(bones[bone].head, bones[parent].head)
    before = float(np.linalg.norm(way))
    if before < 1e-6:
        return bones[bone].tail
    own = np.subtract(bones[bone].tail, bones[bone].head)
    size = length(bones[bone])
    straight = float(own @ way) / max(size * before, 1e-9)
    if straight > 0.7 and LIKELY[0] * before <= size <= LIKELY[1] * before:
        return bones[bone].tail
    upwards = "head" if way[2] > 0.7 * before else "arm"
    share = LAST.get(kind(bones[bone].name) or upwards, LAST["arm"])
    tip = np.array(bones[bone].head) + share * way
    return float(tip[0]), float(tip[1]), float(tip[2])


def _marks(
    bones: Sequence[Bone], bone: int, parent: int, kind: str, used: Sequence[int]
) -> Point | None:
    """Return the mean head of undrawn bones attached to a last one: fingers, end markers.

    Eyes and a jaw do not mark where a head ends, nor do thumbs, off to the side, mark a hand.
    """
    drawn = set(used)
    own = np.array(bones[bone].head)
    hanging = [b for i, b in enumerate(bones) if b.parent == bone and i not in drawn]
    if kind == "head":
        hanging = [b for b in hanging if b.name.lower().rstrip("_.0123456789").endswith(ENDS)]
    ways = [np.array(other.head) - own for other in hanging if apart(other.head, bones[bone].head)]
    if kind != "leg" and parent >= 0:  # a foot turns off
        on = own - np.array(bones[parent].head)
        size = float(np.linalg.norm(on))
        ways = [w for w in ways if float(w @ on) > 0.8 * size * float(np.linalg.norm(w))]
    if not ways:
        return None
    x, y, z = own + np.mean(ways, axis=0)
    return float(x), float(y), float(z)
