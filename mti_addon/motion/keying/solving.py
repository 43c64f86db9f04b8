"""Turn sampled bones into the properties that Blender keys: location, rotation, scale.

Matches Blender's computation for bones that inherit everything from their parents. Imports numpy
only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ASIDE = 0.02
"""Children's heads tell how a bone is twisted if they are off its axis by more than this fraction
of its length."""
TINY = 1e-9


@dataclass(frozen=True)
class Rest:
    """Bones at rest in the armature's space, parents first."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    matrices: Array
    """(B, 4, 4): axes and head; a bone points along its Y."""
    lengths: Array
    """(B,), in meters."""
    connected: tuple[bool, ...]
    """Whether a bone cannot leave its parent's tail."""

    @property
    def tails(self) -> Array:
        """Return the bones' tails (B, 3)."""
        return np.asarray(self.matrices[:, :3, 3] + self.matrices[:, :3, 1] * self.lengths[:, None])


@dataclass(frozen=True)
class Posed:
    """What Blender keys of each bone in each frame, along its own axes at rest."""

    locations: Array
    """(F, B, 3), in meters."""
    rotations: Array
    """(F, B, 3, 3)."""
    stretches: Array
    """(F, B): scale along the bone."""


def solve(rest: Rest, heads: Array, tails: Array, rigid: bool = False) -> Posed:
    """Pose the bones so that they span `heads` to `tails`, each (F, B, 3), in the armature's space.

    A bone's twist, which its two ends do not show, is that of its children's heads, or else none.
    `rigid`: for a figure of other proportions; bones keep their lengths and stay on their parents,
    and only roots are moved.
    """
    frames, count = heads.shape[:2]
    below = [[c for c in range(count) if rest.parents[c] == bone] for bone in range(count)]
    posed = np.empty((frames, count, 4, 4))
    locations = np.zeros((frames, count, 3))
    rotations = np.empty((frames, count, 3, 3))
    stretches = np.ones((frames, count))
    for bone, above in enumerate(rest.parents):
        own = rest.matrices[bone]
        frame = np.broadcast_to(own, (frames, 4, 4))
        if above >= 0:
            frame = posed[:, above] @ (np.linalg.inv(rest.matrices[above]) @ own)
        back = np.linalg.pinv(frame[:, :3, :3])
        if above < 0 or not (rigid or rest.connected[bone]):
            locations[:, bone] = _turned(back, heads[:, bone] - frame[:, :3, 3])
        along = _turned(back, tails[:, bone] - heads[:, bone])
        if not rigid:
            stretches[:, bone] = np.linalg.norm(along, axis=1) / rest.lengths[bone]
        swing = _swing(along)
        seen = [_turned(back, heads[:, c] - heads[:, bone]) for c in below[bone]]
        kept = [_local(own, rest.matrices[c][:3, 3]) for c in below[bone]]
        rotations[:, bone] = swing @ _twist(swing, kept, seen, rest.lengths[bone])
        basis = np.tile(np.eye(4), (frames, 1, 1))
        basis[:, :3, :3] = rotations[:, bone]
        basis[:, :3, 1] *= np.maximum(stretches[:, bone], TINY)[:, None]
        basis[:, :3, 3] = locations[:, bone]
        posed[:, bone] = frame @ basis
    return Posed(locations, rotations, stretches)


def euler_xyz(rotations: Array) -> Array:
    """Return XYZ Euler angles (F, 3), in radians, of rotations (F, 3, 3), without jumps."""
    found = np.empty((len(rotations), 3))
    before = np.zeros(3)
    for i, turn in enumerate(rotations):
        y = np.arcsin(np.clip(-turn[2, 0], -1, 1))
        if abs(turn[2, 0]) < 1 - 1e-9:
            first = np.array(
                [np.arctan2(turn[2, 1], turn[2, 2]), y, np.arctan2(turn[1, 0], turn[0, 0])]
            )
        else:  # X and Z turn about the same axis
            sign = -np.sign(turn[2, 0])
            z = before[2]
            first = np.array([sign * z + np.arctan2(sign * turn[0, 1], turn[1, 1]), y, z])
        second = np.array([first[0] + np.pi, np.pi - first[1], first[2] + np.pi])
        choices = [each + 2 * np.pi * np.round((before - each) / (2 * np.pi)) for each in
                   (first, second)]  # fmt: skip
        before = min(choices, key=lambda each: float(np.abs(each - before).sum()))
        found[i] = before
    return found


def _turned(matrices: Array, vectors: Array) -> Array:
    """Multiply matrices (F, 3, 3) with vectors (F, 3)."""
    return np.asarray(np.einsum("fij,fj->fi", matrices, vectors))


def _local(own: Array, point: Array) -> Array:
    return np.asarray(own[:3, :3].T @ (point - own[:3, 3]))


def _swing(along: Array) -> Array:
    """Return the shortest rotations (F, 3, 3) from Y to the vectors (F, 3).

    A vector without a length repeats the one before it.
    """
    found = np.empty((len(along), 3, 3))
    direction = np.array([0.0, 1.0, 0.0])
    for i, vector in enumerate(along):
        size = np.linalg.norm(vector)
        direction = vector / size if size > TINY else direction
        x, y, z = direction
        if y > -1 + 1e-9:
            k = 1 / (1 + y)
            found[i] = [[1 - x * x * k, x, -x * z * k], [-x, y, -z], [-x * z * k, z, 1 - z * z * k]]
        else:  # half a turn, about X
            found[i] = np.diag([1.0, -1.0, -1.0])
    return found


def _twist(swing: Array, kept: Sequence[Array], seen: Sequence[Array], length: float) -> Array:
    """Return rotations about Y (F, 3, 3) that bring children's heads closest to where they are.

    kept: each child's head at rest (3,), along the bone's axes. seen: where it is (F, 3).
    """
    sine, cosine = np.zeros(len(swing)), np.zeros(len(swing))
    for at, now in zip(kept, seen, strict=True):
        if np.hypot(at[0], at[2]) < ASIDE * length:
            continue
        back = np.einsum("fji,fj->fi", swing, now)
        cosine += at[0] * back[:, 0] + at[2] * back[:, 2]
        sine += at[2] * back[:, 0] - at[0] * back[:, 2]
    known = np.hypot(sine, cosine) > TINY
    angle = np.where(known, np.arctan2(sine, cosine), 0.0)
    found = np.tile(np.eye(3), (len(swing), 1, 1))
    found[:, 0, 0] = found[:, 2, 2] = np.cos(angle)
    found[:, 0, 2], found[:, 2, 0] = np.sin(angle), -np.sin(angle)
    return found
