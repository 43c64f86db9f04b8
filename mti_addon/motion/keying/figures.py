"""The armature to build for sampled bones: a starter figure if it is one, or else one like them.

Imports numpy and stdlib only.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from ..pose_sequence import PoseSequence
from ..skeleton.bones import Bone
from ..skeleton.limbs import Plan, plan_limbs
from ..starters.catalog import KINDS, Kind
from ..starters.posing import Row, Skeleton
from .solving import Posed, Rest, solve
from .sticks import Sticks, sticks_of

Array = NDArray[np.float64]
SAME = 0.03
"""Bones whose lengths differ by less than this fraction are those of a starter figure."""
ON_GROUND = 0.03
"""A figure this close to the ground, as a fraction of its height, stands on it."""
ROUNDED = 1e-3
"""Radii that differ by less than this fraction cannot be told apart in images."""
SHORTEST = 1e-3
"""Minimum length of a bone, as a fraction of the figure's height; Blender deletes shorter ones."""
CONNECTED = 1e-5
BASES = {
    "torso": ("spine", ""),
    "ground": ("spine", ""),
    "head": ("head", ""),
    "left_arm": ("arm", ".L"),
    "right_arm": ("arm", ".R"),
    "left_leg": ("leg", ".L"),
    "right_leg": ("leg", ".R"),
}
"""Part -> name of its bones, and their side; `plan_limbs` and Blender recognize both."""


@dataclass(frozen=True)
class Figure:
    """An armature to build, and how its bones move."""

    label: str
    """A starter figure's name; empty for another figure."""
    rows: tuple[Row, ...]
    """Bones at rest in the armature's own space."""
    matrix: Array
    """(4, 4): the armature object's place, turned about Z and scaled evenly."""
    height: float
    """In the armature's own space: what the radii of its limbs are computed from."""
    sticks: Sticks

    @property
    def rest(self) -> Rest:
        """Return its bones at rest, in the order of the sampled ones."""
        return rest_of(self.rows)

    @property
    def drawn_height(self) -> float | None:
        """Return its height if the rest pose has another one, by which limbs would be drawn."""
        ends = np.array([(head, tail) for _, _, head, tail in self.rows])
        own = float(np.ptp(ends.reshape(-1, 3), axis=0).max())
        return None if abs(own - self.height) < ROUNDED * self.height else self.height

    def posed(self, rest: Rest | None = None) -> Posed:
        """Return how its bones, or those of an equal armature, move."""
        back = np.asarray(np.linalg.inv(self.matrix), np.float64)
        heads, tails = (_moved(back, each) for each in (self.sticks.heads, self.sticks.tails))
        return solve(rest or self.rest, heads, tails)


def figure_of(poses: PoseSequence) -> Figure | None:
    """Return the armature to build for a figure's poses; None if they are not of a figure."""
    sticks = sticks_of(poses)
    if sticks is None:
        return None
    for kind in KINDS:
        rows, plan = _planned(kind)
        if (plan.parents, plan.limbs, plan.parts) == (poses.parents, poses.limbs, poses.parts):
            return _starter(kind.label, tuple(rows[bone] for bone in plan.bones), sticks)
    return _unknown(sticks)


def rest_of(rows: tuple[Row, ...]) -> Rest:
    """Return bones at rest as Blender has them, from (name, parent, head, tail)."""
    skeleton = Skeleton(rows)
    parents = tuple(-1 if above is None else skeleton.place[above] for _, above, _, _ in rows)
    connected = tuple(
        above >= 0 and float(np.linalg.norm(np.subtract(row[2], rows[above][3]))) < CONNECTED
        for row, above in zip(rows, parents, strict=True)
    )
    names = tuple(row[0] for row in rows)
    return Rest(names, parents, skeleton.rest, skeleton.lengths, connected)


@functools.cache
def _planned(kind: Kind) -> tuple[list[Row], Plan]:
    """Return a starter figure's bones in Blender's order, and how they are drawn."""
    rows = list(_depth_first(kind.rows, None))
    place = {row[0]: i for i, row in enumerate(rows)}
    bones = [Bone(name, place[up] if up else -1, head, tail) for name, up, head, tail in rows]
    return rows, plan_limbs(bones)


def _depth_first(rows: tuple[Row, ...], parent: str | None) -> Iterator[Row]:
    for row in rows:
        if row[1] == parent:
            yield row
            yield from _depth_first(rows, row[0])


def _starter(label: str, rows: tuple[Row, ...], sticks: Sticks) -> Figure:
    """Return a starter figure, of its own proportions or of those that it was given."""
    rest = rest_of(rows)
    scale = float(np.median(np.median(sticks.lengths, 0) / rest.lengths))
    scale = 1.0 if abs(scale - 1) < SAME / 6 else scale
    if scale < SHORTEST * sticks.height or not fits(rest, sticks, scale):
        rows, scale = _reproportioned(rows, sticks), 1.0
        rest = rest_of(rows)
    yaw = _facing(rest, sticks)
    turn = np.diag([scale, scale, scale, 1.0])
    turn[:2, :2] = scale * np.array(
        [[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]]
    )
    root = turn @ rest.matrices[0, :, 3]
    lowest = scale * float(min(rest.matrices[:, 2, 3].min(), rest.tails[:, 2].min()))
    turn[:2, 3] = sticks.heads[0, 0, :2] - root[:2]
    turn[2, 3] = _ground(sticks, lowest)
    return Figure(label, rows, turn, sticks.height / scale, sticks)


def fits(rest: Rest, sticks: Sticks, scale: float) -> bool:
    """Return whether each bone has its length and its place on its parent in some frame.

    Where these change, as in a face, those at rest are unknown, and the starter's own will do.
    """
    lengths = sticks.lengths / (scale * rest.lengths) - 1
    kept = [np.linalg.norm(_offset(rest, sticks, bone)) for bone in range(sticks.count)]
    gaps = 4 * (_gaps(sticks) - scale * np.array(kept)) / sticks.height
    both = np.concatenate([lengths, gaps], axis=1)
    return bool(((np.abs(both).min(0) < SAME) | (np.ptp(both, axis=0) > SAME)).all())


def _gaps(sticks: Sticks) -> Array:
    """Return the distance of each bone from where it hangs (F, B)."""
    apart = [sticks.heads[:, b] - sticks.base(b) for b in range(sticks.count)]
    return np.asarray(np.linalg.norm(np.stack(apart, 1), axis=2))


def _offset(rest: Rest, sticks: Sticks, bone: int) -> Array:
    """Return the vector (3,), at rest, from where a bone hangs to its head."""
    above = sticks.parents[bone]
    head = rest.matrices[bone, :3, 3]
    if above < 0:
        return np.zeros(3)
    base = rest.tails[above] if sticks.at_tail[bone] else rest.matrices[above, :3, 3]
    return np.asarray(head - base)


def _reproportioned(rows: tuple[Row, ...], sticks: Sticks) -> tuple[Row, ...]:
    """Return the bones with the sampled lengths and gaps, and the directions that they have."""
    rest, gaps = rest_of(rows), np.median(_gaps(sticks), 0)
    lengths = np.maximum(np.median(sticks.lengths, 0), SHORTEST * sticks.height)
    heads, tails = np.zeros((2, sticks.count, 3))
    for bone, above in enumerate(sticks.parents):
        offset = _offset(rest, sticks, bone)
        size = float(np.linalg.norm(offset))
        if above >= 0:
            base = tails[above] if sticks.at_tail[bone] else heads[above]
            heads[bone] = base + (offset * gaps[bone] / size if size > CONNECTED else 0)
        tails[bone] = heads[bone] + rest.matrices[bone, :3, 1] * lengths[bone]
    lift = min(heads[:, 2].min(), tails[:, 2].min())
    lowest = min(min(head[2], tail[2]) for _, _, head, tail in rows)
    shift = np.array([*rest.matrices[0, :2, 3], lowest - lift])
    return tuple(
        (name, above, _point(heads[b] + shift), _point(tails[b] + shift))
        for b, (name, above, _, _) in enumerate(rows)
    )


def _unknown(sticks: Sticks) -> Figure:
    """Return an armature whose rest pose is the first sampled one, named by body parts."""
    matrix = np.eye(4)
    matrix[:2, 3] = sticks.heads[0, 0, :2]
    matrix[2, 3] = _ground(sticks, 0.0)
    heads, tails = sticks.heads[0] - matrix[:3, 3], sticks.tails[0] - matrix[:3, 3]
    names = _names(sticks.parts)
    rows = []
    for bone, above in enumerate(sticks.parents):
        way = tails[bone] - heads[bone]
        size, shortest = float(np.linalg.norm(way)), SHORTEST * sticks.height
        if size < shortest:
            way = np.array([0, 0, 1]) if size < 1e-9 else way / size
            way = way * max(float(np.median(sticks.lengths[:, bone])), shortest)
        parent = None if above < 0 else names[above]
        rows.append((names[bone], parent, _point(heads[bone]), _point(heads[bone] + way)))
    return Figure("", tuple(rows), matrix, sticks.height, sticks)


def _names(parts: tuple[str, ...]) -> list[str]:
    """Return a unique name for each bone, as Blender numbers them: arm.L, arm.L.001 ..."""
    numbers = {part: count() for part in BASES}
    found = []
    for part in parts:
        base, side = BASES[part]
        number = next(numbers["torso" if base == "spine" else part])
        found.append(f"{base}{side}.{number:03d}" if number else f"{base}{side}")
    return found


def _facing(rest: Rest, sticks: Sticks) -> float:
    """Return the rotation about Z, in radians, of the root in the first frame."""
    first = solve(rest, sticks.heads[:1], sticks.tails[:1])
    own = rest.matrices[0, :3, :3]
    turn = own @ first.rotations[0, 0] @ own.T
    return math.atan2(turn[1, 0] - turn[0, 1], turn[0, 0] + turn[1, 1])


def _ground(sticks: Sticks, lowest: float) -> float:
    """Return the height at which a figure stands whose rest pose begins at `lowest`."""
    height = float(min(sticks.heads[..., 2].min(), sticks.tails[..., 2].min())) - lowest
    return 0.0 if abs(height) < ON_GROUND * sticks.height else height


def _moved(matrix: Array, points: Array) -> Array:
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])


def _point(values: Array) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
