"""Sampled properties, as Blender animates them. Imports numpy only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .solving import Posed, Rest, euler_xyz

Array = NDArray[np.float64]
EXACT = 0.002
"""How far keys may take a joint from where it was sampled, as a fraction of the figure's height."""
LOCATION, TURN, SCALE = "location", "rotation_euler", "scale"


@dataclass(frozen=True)
class Channel:
    """One property of an object, a bone or a camera in each sampled frame."""

    path: str
    """The property's name, such as location."""
    values: Array
    """(F, C)."""
    tolerance: float
    """How far each value may be off."""
    rest: tuple[float, ...]
    """Its C values if it is not animated."""
    bone: str = ""
    indices: tuple[int, ...] = (0, 1, 2)
    """Which C of the property's values these are."""

    @property
    def moves(self) -> bool:
        """Return whether it changes."""
        return bool(np.ptp(self.values, axis=0).max() > self.tolerance)

    def parts(self) -> list[Channel]:
        """Return what changes, as one, and what is constant but not at rest, which needs one key.

        What stays at rest is left out.
        """
        moving = np.ptp(self.values, axis=0) > self.tolerance
        off = np.abs(self.values - np.array(self.rest)).max(0) > self.tolerance
        chosen = (np.flatnonzero(each) for each in (moving, off & ~moving))
        return [self._part(columns) for columns in chosen if len(columns)]

    def placed(self) -> Channel:
        """Return the same for what is at its first sample already, and needs no key if it stays."""
        return replace(self, rest=tuple(self.values[0].tolist()))

    def _part(self, columns: NDArray[np.intp]) -> Channel:
        rest, indices = (tuple(each[i] for i in columns) for each in (self.rest, self.indices))
        return replace(self, values=self.values[:, columns], rest=rest, indices=indices)


class Turns(NamedTuple):
    """Rotations as one of Blender's rotation modes has them."""

    path: str
    values: Array
    rest: tuple[float, ...]
    per_radian: float = 1.0
    """By how much the values change if the bone turns by a small angle."""


def xyz_turns(_bone: str, rotations: Array) -> Turns:
    """Return rotations (F, 3, 3) as XYZ Euler angles."""
    return Turns(TURN, euler_xyz(rotations), (0.0,) * 3)


def channels_of(
    rest: Rest,
    posed: Posed,
    height: float,
    turns_of: Callable[[str, Array], Turns] = xyz_turns,
) -> Iterator[Channel]:
    """Yield each bone's location, rotation, and scale.

    `height`: the figure's, in the armature's own space. `turns_of`: name and rotations of a bone ->
    what its rotation mode keys.
    """
    slack = EXACT * height
    for bone, name in enumerate(rest.names):
        if not rest.connected[bone]:
            yield Channel(LOCATION, posed.locations[:, bone], slack, (0.0,) * 3, name)
        turns = turns_of(name, posed.rotations[:, bone])
        allowed = turns.per_radian * slack / reach_of(rest, bone)
        indices = tuple(range(len(turns.rest)))
        yield Channel(turns.path, turns.values, allowed, turns.rest, name, indices)
        scale = np.ones((len(turns.values), 3))
        scale[:, 1] = posed.stretches[:, bone]
        yield Channel(SCALE, scale, slack / float(rest.lengths[bone]), (1.0,) * 3, name)


def reach_of(rest: Rest, bone: int) -> float:
    """Return the distance, at rest, from a bone's head to the farthest tail that it carries."""
    carried = {bone}
    for other, above in enumerate(rest.parents):
        if above in carried:
            carried.add(other)
    ways = rest.tails[sorted(carried)] - rest.matrices[bone, :3, 3]
    return float(np.linalg.norm(ways, axis=1).max())
