"""When an F-curve changes its value, and what is known about when something moves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Span = tuple[float, float]
"""First and last scene frame of a movement."""

UNSEEN = re.compile(
    r"(hide|show_|color|lock|select|lineart|dof\.|clip_|energy|(.*\W)?(mute|show_\w+|hide\w*)$)"
)
"""Path prefixes of properties that change without moving anything."""


@dataclass(frozen=True)
class Played:
    """When something moves, as far as its animation tells."""

    span: Span | None = None
    """None if unknown."""
    endless: bool = False
    """It moves all the time: it is cyclic, or computed from the frame number."""
    given: bool = False
    """The animator has set the action's frame range, so nothing is trimmed."""
    idle: bool = False
    """It has keys that move nothing: muted, or all with the same value."""
    slotless: tuple[str, str] | None = None
    """Names of an action that does not play because no slot is chosen, and of its owner."""

    def __or__(self, other: Played) -> Played:
        spans = [span for span in (self.span, other.span) if span is not None]
        span = (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else None
        return Played(
            span,
            self.endless or other.endless,
            self.given or other.given,
            self.idle or other.idle,
            self.slotless or other.slotless,
        )

    def stretched(self, factor: float) -> Played:
        """Return the same with each frame lasting this many times as long."""
        if self.span is None or factor == 1:
            return self
        return replace(self, span=(self.span[0] * factor, self.span[1] * factor))

    @property
    def moves(self) -> bool:
        """Return whether anything may move it."""
        return self.span is not None or self.endless


STILL = Played()
IDLE = Played(idle=True)


def together(played: Iterable[Played]) -> Played:
    """Combine several."""
    whole = STILL
    for one in played:
        whole = whole | one
    return whole


def of_curve(owner: Any, curve: Any) -> Played:
    if curve.mute or (curve.group is not None and curve.group.mute):
        return IDLE
    if UNSEEN.match(curve.data_path) or not _resolves(owner, curve.data_path):
        return STILL
    span = _changing(curve)
    modifiers = [modifier for modifier in curve.modifiers if not modifier.mute]
    for modifier in modifiers:
        if modifier.type == "GENERATOR" and (path := _path_walked(owner, curve, modifier)):
            return Played(path)
        if modifier.type in ("NOISE", "FNGENERATOR", "GENERATOR"):
            if modifier.use_restricted_range:
                made = Played((modifier.frame_start, modifier.frame_end))
                return made | Played(span)
            return Played(span, endless=True)
    if span is None:
        return IDLE
    return Played(span, goes_on(curve))


def goes_on(curve: Any) -> bool:
    """Return whether a curve with keys never ends: it is cyclic or extrapolated linearly."""
    repeats = any(m.type == "CYCLES" and not m.mute for m in curve.modifiers)
    return repeats or curve.extrapolation == "LINEAR"


def _resolves(owner: Any, path: str) -> bool:
    """Return whether the property exists: a curve for another rig's bone moves nothing."""
    try:
        owner.path_resolve(path)
    except ValueError:
        return False
    return True


def _changing(curve: Any) -> Span | None:
    """Return the span in which a curve's keys change its value, without holds before and after."""
    if len(curve.keyframe_points):
        points = _table(curve.keyframe_points, "co")
    elif len(curve.sampled_points):
        points = _table(curve.sampled_points, "co")
    else:
        return None
    moves = np.diff(points[:, 1]) != 0
    if len(curve.keyframe_points) and not (len(moves) and moves[0] and moves[-1]):
        moves |= _bulges(curve, points)
    changes = np.flatnonzero(moves)
    if not len(changes):
        return None
    return float(points[changes[0], 0]), float(points[changes[-1] + 1, 0])


def _bulges(curve: Any, points: np.ndarray) -> np.ndarray:
    """Return which spans between two equal keys (K - 1,) still change because of their handles."""
    left = _table(curve.keyframe_points, "handle_left")
    right = _table(curve.keyframe_points, "handle_right")
    shapes = [point.interpolation for point in curve.keyframe_points[:-1]]
    bezier = np.array([shape == "BEZIER" for shape in shapes], bool)
    slack = 1e-4 * max(float(np.ptp(points[:, 1])), 1e-6)
    leaves = np.abs(right[:-1, 1] - points[:-1, 1]) > slack
    comes = np.abs(left[1:, 1] - points[1:, 1]) > slack
    return np.asarray(bezier & (leaves | comes), bool)


def _table(points: Any, name: str) -> np.ndarray:
    values = np.empty(2 * len(points), np.float32)
    points.foreach_get(name, values)
    return values.reshape(-1, 2)


def _path_walked(owner: Any, curve: Any, modifier: Any) -> Span | None:
    """Return when a path is followed from start to end, as set up by Animate Path."""
    if curve.data_path != "eval_time" or modifier.poly_order != 1:
        return None
    begin, speed = modifier.coefficients[:2]
    if modifier.mode != "POLYNOMIAL" or speed == 0:
        return None
    ends = sorted(((0 - begin) / speed, (owner.path_duration - begin) / speed))
    return round(ends[0], 3), round(ends[1], 3)
