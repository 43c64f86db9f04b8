"""A skeleton at rest: its bones, and who hangs on whom. Imports numpy only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Bone:
    """One bone at rest; `parent` is an index into the same list, -1 for a root; metres, z up."""

    name: str
    parent: int
    head: Point
    tail: Point
    deform: bool = True
    bendy: bool = False
    """It is a curve, and may bend while its ends stand still."""


def length(bone: Bone) -> float:
    """From head to tail, metres."""
    return apart(bone.head, bone.tail)


def apart(a: Point, b: Point) -> float:
    """The distance of two points."""
    return float(np.linalg.norm(np.subtract(a, b)))


def ends(bones: Sequence[Bone], used: Iterable[int]) -> NDArray[np.float64]:
    """(2 B, 3): heads and tails of the used bones."""
    points = [point for i in used for point in (bones[i].head, bones[i].tail)]
    return np.array(points, np.float64).reshape(-1, 3)


def extent(bones: Sequence[Bone], used: Iterable[int]) -> float:
    """The largest extent of the figure at rest along any axis, metres."""
    return float(max(np.ptp(ends(bones, used), axis=0).max(), 1e-6))


def ancestor(bones: Sequence[Bone], bone: int, known: Mapping[int, object]) -> int:
    """The nearest bone above `bone` that is among `known`, or -1."""
    above = bones[bone].parent
    while above >= 0 and above not in known:
        above = bones[above].parent
    return above


def next_up(bones: Sequence[Bone], used: Sequence[int]) -> dict[int, int]:
    """For each used bone the next used one up, or -1.

    In a generated rig deforming bones hang on bones of the mechanism, which lie where other
    deforming bones do: then they hang on those.
    """
    wanted = dict.fromkeys(used, 0)
    above = {bone: ancestor(bones, bone, wanted) for bone in used}
    at = {(bones[bone].head, bones[bone].tail): bone for bone in used}
    ending: dict[Point, int] = {bones[bone].tail: bone for bone in used}
    for bone in used:
        carrier = bones[bone].parent
        while above[bone] < 0 and carrier >= 0:
            twin = at.get((bones[carrier].head, bones[carrier].tail), bone)
            if not hangs_on(above, twin, bone):
                above[bone] = twin
            carrier = bones[carrier].parent
        twin = ending.get(bones[bone].head, bone)
        if above[bone] < 0 <= bones[bone].parent and not hangs_on(above, twin, bone):
            above[bone] = twin
    return above


def hangs_on(above: Mapping[int, int], bone: int, other: int) -> bool:
    """`bone` is `other`, or hangs on it, over any number of bones."""
    while bone >= 0 and bone != other:
        bone = above[bone]
    return bone == other


def children_of(above: Mapping[int, int]) -> dict[int, list[int]]:
    """For each bone, and for -1, those that hang on it next."""
    found: dict[int, list[int]] = {-1: [], **{bone: [] for bone in above}}
    for bone, parent in above.items():
        found[parent].append(bone)
    return found


def subtree(children: Mapping[int, Sequence[int]], bone: int) -> list[int]:
    """A bone and all that hang on it, parents first."""
    found = [bone]
    for one in found:
        found += children[one]
    return found


def parents_first(bones: Sequence[Bone], used: Sequence[int]) -> list[int]:
    """The same bones, each after those above it, and otherwise in their order."""
    found: dict[int, int] = {}
    above = next_up(bones, used)

    def add(bone: int) -> None:
        if above[bone] >= 0 and above[bone] not in found:
            add(above[bone])
        found[bone] = 0

    for bone in used:
        if bone not in found:
            add(bone)
    return list(found)
