"""Captured poses as arrays, and their view axes. Imports numpy and the wire's checks."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mti_addon.wire.library.poses import check_poses

Array = NDArray[np.float64]
ROOM = "room"
_FLAT = 1e-9


class NotAProjection(Exception):
    """A matrix maps the world onto a line or a point."""


@dataclass(frozen=True)
class Poses:
    """What poses.json holds (docs/job.md), F frames of J joints.

    joints: (F, J, 3) in meters, z up. limbs: L pairs of joints, equal ones for a ball. parts: L
    names of body parts. radii: L, in meters. parents: J, -1 for a root, or () for none.
    world_to_clip: (F, 4, 4), column vectors. size: (width, height) in pixels.
    """

    joints: Array
    limbs: tuple[tuple[int, int], ...]
    parts: tuple[str, ...]
    radii: tuple[float, ...]
    parents: tuple[int, ...]
    world_to_clip: Array
    size: tuple[int, int]

    @property
    def frames(self) -> int:
        return len(self.joints)

    def ball(self) -> tuple[int, float] | None:
        """Joint and radius of the head; None without one."""
        for (a, b), part, radius in zip(self.limbs, self.parts, self.radii, strict=True):
            if a == b and part == "head":
                return a, radius
        return None


def read_poses(data: bytes, num_frames: int) -> Poses:
    """Parse poses.json of a motion of `num_frames` images. Raises UnreadableInput."""
    check_poses(data, num_frames)
    value = json.loads(data)
    return Poses(
        np.array(value["joints"], np.float64),
        tuple((a, b) for a, b in value["limbs"]),
        tuple(value["parts"]),
        tuple(value["radii"]),
        tuple(value["parents"]),
        np.array(value["world_to_clip"], np.float64),
        (value["size"][0], value["size"][1]),
    )


def view_axes(world_to_clip: Array) -> Array:
    """Rows right, up and toward the viewer, (F, 3, 3), of matrices (F, 4, 4).

    Raises NotAProjection.
    """
    rows = world_to_clip[:, :2, :3]
    right = _unit(rows[:, 0])
    ahead = _unit(np.cross(rows[:, 1], rows[:, 0]))
    up = np.cross(right, ahead)
    # The rows of an off-center projection lean toward the view direction.
    far = world_to_clip[:, 3, :3]
    perspective = np.linalg.norm(far, axis=1) > _FLAT
    if perspective.all():
        ahead = _unit(far)
        right = _unit(rows[:, 0] - (rows[:, 0] * ahead).sum(1)[:, None] * ahead)
        up = np.cross(right, ahead)
    return np.stack([right, up, -ahead], 1)


def project(world_to_clip: Array, points: Array) -> Array:
    """Positions (F, P, 2) of still points (P, 3), in image widths and heights from the image's
    center, x to the right, y up."""
    whole = np.concatenate([points, np.ones((len(points), 1))], 1)
    clip = np.einsum("fij,pj->fpi", world_to_clip, whole)
    return np.asarray(clip[..., :2] / (2 * clip[..., 3:]))


def _unit(vectors: Array) -> Array:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if (lengths < _FLAT).any():
        raise NotAProjection
    return np.asarray(vectors / lengths)
