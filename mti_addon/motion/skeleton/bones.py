"""A skeleton at rest: its bones and their hierarchy. Imports numpy only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Bone:
    """One bone at rest; `parent` is an index into the same list, -1 for a root; in meters, z up."""

    name: str
    parent: int
    head: Point
    tail: Point
    deform: bool = True
    bendy: bool = False
    """It is a curve, and may bend while its ends stay in place."""


def length(bone: Bone) -> float:
    """Return the distance from head to tail, in meters."""
    return apart(bone.head, bone.tail)


def apart(a: Point, b: Point) -> float:
    """Return the distance of two points."""
    return float(np.linalg.norm(np.subtract(a, b)))


def ends(bones: Sequence[Bone], used: Iterable[int]) -> NDArray[np.float64]:
    """Return heads and tails of the used bones (2 B, 3)."""
    points = [point for i in used for point in (bones[i].head, bones[i].tail)]
    return np.array(points, np.float64).reshape(-1, 3)


def extent(bones: Sequence[Bone], used: Iterable[int]) -> float:
    """Return the largest extent of the figure at rest along any axis, in meters."""
    return float(max(np.ptp(ends(bones, used), axis=0).max(), 1e-6))


def ancestor(bones: Sequence[Bone], bone: int, known: Mapping[int, object]) -> int:
    """Return the nearest ancestor of `bone` that is in `known`, or -1."""
    above = bones[bone].parent
    while above >= 0 and above not in known:
        above = bones[above].parent
    return above


def next_up(bones: Sequence[Bone], used: Sequence[int]) -> dict[int, int]:
    """Return the next used ancestor of each used bone, or -1.

    In generated rigs, deforming bones are parented to bones of the mechanism that coincide with
    other deforming bones; those are then used as parents.
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
    """Return whether `bone` is `other`, or a descendant of it."""
    while bone >= 0 and bone != other:
        bone = above[bone]
    return bone == other


def children_of(above: Mapping[int, int]) -> dict[int, list[int]]:
    """Return the children of each bone, and of -1."""
    found: dict[int, list[int]] = {-1: [], **{bone: [] for bone in above}}
    for bone, parent in above.items():
        found[parent].append(bone)
    return found


def subtree(children: Mapping[int, Sequence[int]], bone: int) -> list[int]:
    """Return a bone and all of its descendants, parents first."""
    found = [bone]
    for one in found:
        found += children[one]
    return found


def parents_first(bones: Sequence[Bone], used: Sequence[int]) -> list[int]:
    """Return the same bones, each after its ancestors, and otherwise in order."""
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
