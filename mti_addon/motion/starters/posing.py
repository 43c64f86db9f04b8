"""Forward and inverse kinematics of rest bones: poses, and how legs bend to place feet.

Matches Blender's computation for bones in XYZ rotation order, so that starter motions can be made,
and tested, without Blender. Imports numpy and stdlib only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Point = tuple[float, float, float]
Row = tuple[str, str | None, Point, Point]
"""A bone as (name, parent, head, tail); in meters, facing -Y, z up; parents before children."""

FORWARD, UP = (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)
ALONG = 0.9
"""A bone that points forward more than this (cosine) has its local Z up instead."""
STEPS = 60
DAMPING = 2e-4


@dataclass
class Pose:
    """How bones differ from rest; bones that are not listed are at rest."""

    turns: dict[str, Point] = field(default_factory=dict)
    """Bone -> degrees about its local X, Y and Z, in this order."""
    root: Point = (0.0, 0.0, 0.0)
    """The first bone's translation along its local axes, in meters."""


def roll_towards(head: Point, tail: Point) -> Point:
    """Return the target of a bone's local Z: the viewer, or up for a bone that points at them.

    A positive rotation about X then swings a hanging limb, or a standing spine, forward.
    """
    along = _unit(np.subtract(tail, head))
    return UP if abs(float(along @ FORWARD)) > ALONG else FORWARD


class Skeleton:
    """Bones at rest, as (name, parent, head, tail)."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)
        self.place = {row[0]: i for i, row in enumerate(self.rows)}
        self.rest = np.stack([_rest_matrix(head, tail) for _, _, head, tail in self.rows])
        self.from_rest = np.linalg.inv(self.rest)
        self.lengths = np.array([np.linalg.norm(np.subtract(r[3], r[2])) for r in self.rows])

    def matrices(self, pose: Pose) -> Array:
        """Return each bone's axes and head in the armature's space (B, 4, 4)."""
        found = np.empty_like(self.rest)
        for i, (name, parent, *_) in enumerate(self.rows):
            shift = pose.root if i == 0 else (0.0, 0.0, 0.0)
            basis = _basis(pose.turns.get(name, (0.0, 0.0, 0.0)), shift)
            above = np.eye(4) if parent is None else self.carried(found, parent)
            found[i] = above @ self.rest[i] @ basis
        return found

    def carried(self, found: Array, bone: str) -> Array:
        """Return how a posed bone moves its children from rest (4, 4)."""
        place = self.place[bone]
        return np.asarray(found[place] @ self.from_rest[place])

    def ends(self, pose: Pose) -> tuple[Array, Array]:
        """Return heads and tails (B, 3), in meters."""
        found = self.matrices(pose)
        heads = found[:, :3, 3]
        return heads, heads + found[:, :3, 1] * self.lengths[:, None]

    def local_shift(self, shift: Point) -> Point:
        """Convert a translation from the armature's space to the first bone's local axes."""
        x, y, z = (float(v) for v in self.rest[0, :3, :3].T @ np.array(shift))
        return x, y, z

    def is_straight(self, bones: Sequence[str]) -> bool:
        """Return whether a chain of bones is nearly straight at rest."""
        first, second = (self.rest[self.place[bone], :3, 1] for bone in bones)
        return bool(first @ second > 0.97)

    def planted(self, pose: Pose, leg: Sequence[str], ankle: Array, toe: Array) -> dict[str, Point]:
        """Solve for rotations of a leg's three bones that make the last span `ankle` to `toe` (3,).

        Starts from the pose's own rotations, which determine how the knee bends. A position out of
        reach is approached as far as the leg's length allows.
        """
        above = self._above(pose, leg[0])
        values = np.array(_packed(pose.turns, leg))
        goal = np.concatenate([ankle, toe])
        tries = 0.01 * np.eye(7, 6, -1)  # the pose itself, and each angle a little larger
        for _ in range(STEPS):
            wrong, *others = self._feet(above, leg, values + tries) - goal
            if np.abs(wrong).max() < 1e-5:
                break
            slopes = np.stack([(other - wrong) / 0.01 for other in others])
            # damped, so that a fully stretched knee, which cannot move the foot farther out, does
            # no harm
            square = slopes @ slopes.T + DAMPING * 1e-2 * np.eye(6)
            values = values - np.clip(np.linalg.solve(square, slopes @ wrong), -12, 12)
        return _unpacked(values, leg)

    def _above(self, pose: Pose, bone: str) -> Array:
        parent = self.rows[self.place[bone]][1]
        return np.eye(4) if parent is None else self.carried(self.matrices(pose), parent)

    def _feet(self, above: Array, leg: Sequence[str], angles: Array) -> Array:
        """Return heads and tails (N, 6) of a chain's last bone, for N times six angles."""
        found = np.eye(4)
        for bone, degrees in zip(leg, angles @ _ANGLES, strict=True):
            place = self.place[bone]
            found = above @ self.rest[place] @ _basis(degrees, (0.0, 0.0, 0.0))
            above = found @ self.from_rest[place]
        head = found[:, :3, 3]
        tail = head + found[:, :3, 1] * self.lengths[self.place[leg[-1]]]
        return np.concatenate([head, tail], axis=1)


def _packed(turns: Mapping[str, Point], leg: Sequence[str]) -> list[float]:
    """Return the six angles of a leg: three of its hip, one of its knee, two of its ankle."""
    hip, knee, ankle = (turns.get(bone, (0.0, 0.0, 0.0)) for bone in leg)
    return [*hip, knee[0], ankle[0], ankle[2]]


_ANGLES = np.zeros((3, 6, 3))
"""Turns the six angles of a leg into three of each of its bones."""
_ANGLES[0, :3], _ANGLES[1, 3, 0], _ANGLES[2, 4:, ::2] = np.eye(3), 1.0, np.eye(2)


def _unpacked(angles: Array, leg: Sequence[str]) -> dict[str, Point]:
    a, b, c, knee, ankle, aside = (float(value) for value in angles)
    return {leg[0]: (a, b, c), leg[1]: (knee, 0.0, 0.0), leg[2]: (ankle, 0.0, aside)}


def _rest_matrix(head: Point, tail: Point) -> Array:
    along = _unit(np.subtract(tail, head))
    towards = np.array(roll_towards(head, tail))
    z = _unit(towards - (towards @ along) * along)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([np.cross(along, z), along, z], axis=1)
    matrix[:3, 3] = head
    return matrix


def _basis(degrees: Point | Array, shift: Point) -> Array:
    """Return the matrices (..., 4, 4) of rotations about X, Y and Z (..., 3), and a shift."""
    radians = np.radians(degrees)
    (cx, cy, cz), (sx, sy, sz) = np.cos(radians).T, np.sin(radians).T
    matrix = np.zeros((*radians.shape[:-1], 4, 4))
    matrix[..., 0, 0], matrix[..., 0, 1] = cy * cz, sx * sy * cz - cx * sz
    matrix[..., 0, 2], matrix[..., 1, 0] = cx * sy * cz + sx * sz, cy * sz
    matrix[..., 1, 1], matrix[..., 1, 2] = sx * sy * sz + cx * cz, cx * sy * sz - sx * cz
    matrix[..., 2, 0], matrix[..., 2, 1], matrix[..., 2, 2] = -sy, sx * cy, cx * cy
    matrix[..., :3, 3], matrix[..., 3, 3] = shift, 1.0
    return matrix


def _unit(vector: NDArray[np.floating]) -> Array:
    return np.asarray(vector / np.linalg.norm(vector), np.float64)
