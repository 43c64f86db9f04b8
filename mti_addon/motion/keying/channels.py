"""Sampled properties, as Blender animates them. Imports numpy only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .solving import Posed, Rest, euler_xyz

Array = NDArray[np.float64]
EXACT = 0.001
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

    def _part(self, columns: NDArray[np.intp]) -> Channel:
        rest, indices = (tuple(each[i] for i in columns) for each in (self.rest, self.indices))
        return replace(self, values=self.values[:, columns], rest=rest, indices=indices)


def channels_of(rest: Rest, posed: Posed, height: float) -> Iterator[Channel]:
    """Yield each bone's location, XYZ rotation, and scale.

    `height`: the figure's, in the armature's own space.
    """
    slack = EXACT * height
    for bone, name in enumerate(rest.names):
        reach = reach_of(rest, bone)
        if not rest.connected[bone]:
            yield Channel(LOCATION, posed.locations[:, bone], slack, (0.0,) * 3, name)
        turns = euler_xyz(posed.rotations[:, bone])
        yield Channel(TURN, turns, slack / reach, (0.0,) * 3, name)
        scale = np.ones((len(turns), 3))
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
