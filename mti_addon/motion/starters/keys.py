"""Keys of a starter motion under construction, and the resulting tracks.

Imports stdlib only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .posing import Point

TURN, SHIFT, STRETCH = "rotation_euler", "location", "scale"
REST = {TURN: 0.0, SHIFT: 0.0, STRETCH: 1.0}
NOTHING = {TURN: 0.25, SHIFT: 0.0005, STRETCH: 0.005}
"""Tracks that never leave their rest by more are omitted: degrees, meters, factor."""


@dataclass(frozen=True)
class Track:
    """The keys of one property of one bone."""

    bone: str
    path: str
    """TURN, SHIFT or STRETCH."""
    index: int
    """0, 1, 2 for the bone's local X, Y, Z."""
    keys: tuple[tuple[int, float], ...]
    """(frames after the motion's first, value): degrees, meters, or a factor."""
    goes_on: bool = False
    """A steady change that does not return, such as the path of a walk."""


@dataclass(frozen=True)
class Motion:
    """A starter motion at some frame rate."""

    tracks: tuple[Track, ...]
    frames: int
    """The last frame's number, from the first."""
    cycle: int
    """Number of frames after which it repeats; 0: it does not."""


@dataclass(frozen=True)
class Starter:
    """A motion for new figures."""

    name: str
    label: str
    description: str
    turned: float
    """Rotation of the figure away from the viewer to be seen well, in degrees."""
    make: Callable[[float], Motion]
    """Frames per second -> the motion. Raises ValueError unless that is above 0."""


class Keys:
    """Collects keys bone by bone."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str, int], dict[int, float]] = {}
        self._steady: set[tuple[str, str, int]] = set()

    def set(self, bone: str, path: str, index: int, frame: int, value: float) -> None:
        """Add one key."""
        self._values.setdefault((bone, path, index), {})[frame] = value

    def steady(
        self, bone: str, path: str, index: int, frames: int, span: tuple[float, float]
    ) -> None:
        """Add a straight, extrapolated line, replacing the property's keys."""
        self._values[bone, path, index] = {0: span[0], frames: span[1]}
        self._steady.add((bone, path, index))

    def turn(self, frame: int, turns: Mapping[str, Point]) -> None:
        """Add keys of whole bones: degrees about X, Y, Z."""
        for bone, degrees in turns.items():
            for index, value in enumerate(degrees):
                self.set(bone, TURN, index, frame, value)

    def shift(self, frame: int, bone: str, shift: Point) -> None:
        """Add a key of a bone's location, in meters along its local axes."""
        for index, value in enumerate(shift):
            self.set(bone, SHIFT, index, frame, value)

    def curve(
        self, bone: str, index: int, keys: Mapping[float, float], fps: float, path: str = TURN
    ) -> None:
        """Add keys of one property: seconds -> value."""
        for seconds, value in keys.items():
            self.set(bone, path, index, round(seconds * fps), value)

    def both(
        self, bone: str, index: int, keys: Mapping[float, float], fps: float,
        right: Mapping[float, float] | None = None,
    ) -> None:  # fmt: skip
        """Add keys of one rotation of a left bone, and the mirrored ones of the right bone.

        `right`: those of the right bone if it moves otherwise, given as if it were the left one.
        """
        self.curve(f"{bone}.L", index, keys, fps)
        sign = 1.0 if index == 0 else -1.0
        mirror = {at: sign * value for at, value in (right or keys).items()}
        self.curve(f"{bone}.R", index, mirror, fps)

    def motion(self, frames: int, cycle: int = 0) -> Motion:
        """Return the collected motion, without what stays at rest.

        Cycles repeat from their last key, so each property gets one at the end.
        """
        for place, values in self._values.items() if cycle else ():
            if len(values) > 1 and place not in self._steady:
                values.setdefault(0, values[min(values)])
                values.setdefault(cycle, values[0])
        tracks = [
            Track(*place, tuple(sorted(keys.items())), place in self._steady)
            for place, keys in self._values.items()
            if any(abs(v - REST[place[1]]) > NOTHING[place[1]] for v in keys.values())
        ]
        return Motion(tuple(tracks), frames, cycle)


def mirrored(turns: Mapping[str, Point]) -> dict[str, Point]:
    """Return rotations of left bones, mirrored to the right ones as well."""
    right = {bone[:-1] + "R": (x, -y, -z) for bone, (x, y, z) in turns.items() if bone[-2:] == ".L"}
    return {**turns, **right}


def smooth(share: float) -> float:
    """Ease in and out over 0..1."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)
