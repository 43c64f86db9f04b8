"""Walk and run cycles, from each foot's position over time. Imports numpy and stdlib only.

A foot on the ground moves backward as fast as the body moves forward, so that it does not slide;
inverse kinematics then bend the leg to place it there (`posing`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .keys import SHIFT, Keys, Motion
from .posing import Array, Point, Pose, Skeleton

PHASES = 8
"""Keys of a leg per cycle; the phases of all legs are multiples of 1/8."""
LEG = ("thigh", "shin", "foot")
FRONT_LEG = ("upper_arm", "forearm", "hand")


@dataclass(frozen=True)
class Gait:
    """Lengths in meters, angles in degrees."""

    period: float
    """Duration of a cycle, one step with each leg, in seconds."""
    cycles: int
    stance: float
    """Fraction of it that a foot is on the ground."""
    ahead: float
    behind: float
    """Distance from its rest position at which a foot comes down, and leaves the ground."""
    lift: float
    toe_off: float
    heel_first: float
    """How far the heel is up when the foot leaves, and the toe when it comes down."""
    low: float
    bob: float
    """How far the hips are lowered, and how far they move up and down around that."""
    bob_phase: float
    """When the hips are lowest in the first half of a cycle: 0..0.5."""
    narrow: float
    """Distance between the feet, as a multiple of that at rest."""
    legs: Mapping[tuple[str, str], float]
    """(name of the leg's side, LEG or FRONT_LEG as "back" or "front") -> phase."""
    slow_bend: Mapping[str, Point]
    """Constant rotations, such as a lean."""
    swing: Mapping[str, tuple[Point, Point]]
    """Rotations as the left hind foot comes down, and half a cycle later."""
    across: bool = False
    """Moves forward instead of staying in place."""

    @property
    def speed(self) -> float:
        """Return the speed in meters per second."""
        return (self.ahead + self.behind) / (self.stance * self.period)


def make_gait(skeleton: Skeleton, gait: Gait, fps: float) -> Motion:
    """Return the keys of one cycle, to be repeated."""
    step = max(1, round(gait.period * fps / PHASES))
    cycle, root = step * PHASES, skeleton.rows[0][0]
    frames = cycle * gait.cycles
    keys = Keys()
    for phase in range(PHASES + 1):
        u, frame = phase / PHASES, phase * step
        wave = math.cos(4 * math.pi * (u - gait.bob_phase))
        aside = 0.1 * gait.narrow * abs(skeleton.rows[-1][2][0]) * math.sin(2 * math.pi * u)
        shift = skeleton.local_shift((aside, 0.0, -gait.low - gait.bob * wave))
        keys.shift(frame, root, shift)
        pose = Pose(dict(gait.slow_bend), shift)
        for (side, end), start in gait.legs.items():
            leg = [f"{bone}.{side}" for bone in (LEG if end == "back" else FRONT_LEG)]
            place = foot_place(skeleton, gait, leg[2], (u - start) % 1.0)
            keys.turn(frame, skeleton.planted(_bent(pose, leg, end, skeleton), leg, *place))
    for bone, (first, second) in gait.swing.items():
        for phase, turns in ((0, first), (4, second), (8, first)):
            keys.turn(phase * step, {bone: turns})
    keys.turn(0, gait.slow_bend)
    if gait.across:
        _go_across(skeleton, gait, keys, frames / fps, frames)
    return keys.motion(frames, cycle)


def _go_across(skeleton: Skeleton, gait: Gait, keys: Keys, seconds: float, frames: int) -> None:
    """Move forward, centered halfway. The hips bob as before, along another axis."""
    way = skeleton.local_shift((0.0, -gait.speed * seconds, 0.0))
    index = int(np.argmax(np.abs(way)))
    keys.steady(skeleton.rows[0][0], SHIFT, index, frames, (-way[index] / 2, way[index] / 2))


def _bent(pose: Pose, leg: list[str], end: str, skeleton: Skeleton) -> Pose:
    """Return an initial pose for the solver with the knee bent the right way."""
    straight = skeleton.is_straight(leg[:2])
    bend = {leg[0]: (20.0, 0.0, 0.0), leg[1]: (-40.0, 0.0, 0.0)} if straight else {}
    return Pose({**pose.turns, **bend}, pose.root)


def foot_place(skeleton: Skeleton, gait: Gait, foot: str, u: float) -> tuple[Array, Array]:
    """Return the foot's ankle and toe (3,) at a phase 0..1 that starts when it comes down."""
    _, _, ankle, toe = skeleton.rows[skeleton.place[foot]]
    forward, up, pitch = _path(gait, u)
    at = np.array([(gait.narrow - 1) * ankle[0], -forward, up])
    return tilted(np.array(ankle) + at, np.array(toe) + at, pitch)


def tilted(ankle: Array, toe: Array, pitch: float) -> tuple[Array, Array]:
    """Tilt a foot by raising its heel about the toe (degrees above 0), or toe about ankle."""
    c, s = math.cos(math.radians(pitch)), math.sin(math.radians(pitch))
    turn = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    if pitch > 0:
        return toe + turn @ (ankle - toe), toe
    return ankle, ankle + turn @ (toe - ankle)


def _path(gait: Gait, u: float) -> tuple[float, float, float]:
    """Return forward and up, in meters, and pitch, in degrees."""
    way = gait.ahead + gait.behind
    if u <= gait.stance + 1e-9:
        t = u / gait.stance
        rise = max(0.0, (u - gait.stance + 2 / PHASES) * PHASES / 2)
        pitch = gait.toe_off * rise**2 - gait.heel_first * max(0.0, 1 - u * PHASES)
        return gait.ahead - way * t, 0.0, pitch
    t = (u - gait.stance) / (1 - gait.stance)
    pitch = gait.toe_off * max(0.0, 1 - 1.6 * t) - gait.heel_first * max(0.0, 2 * t - 1)
    eased = t * t * (3 - 2 * t)
    return -gait.behind + way * eased, gait.lift * math.sin(math.pi * t), pitch


def _both(upper: float, fore: tuple[float, float]) -> dict[str, tuple[Point, Point]]:
    """Return arms swinging opposite to the legs: degrees of upper arms, and of forearms."""
    back, front = (-upper, 0.0, 0.0), (upper * 0.8, 0.0, 0.0)
    low, high = (fore[0], 0.0, 0.0), (fore[1], 0.0, 0.0)
    return {
        "upper_arm.L": (back, front), "upper_arm.R": (front, back),
        "forearm.L": (low, high), "forearm.R": (high, low),
    }  # fmt: skip


_TWO = {("L", "back"): 0.0, ("R", "back"): 0.5}
_TWIST = {"chest": ((0.0, 6.0, 0.0), (0.0, -6.0, 0.0))}

WALK = Gait(
    period=1.0, cycles=2, stance=0.625, ahead=0.27, behind=0.27, lift=0.05, toe_off=40,
    heel_first=14, low=0.055, bob=0.015, bob_phase=0.125, narrow=0.55, legs=_TWO,
    slow_bend={"spine": (3.0, 0.0, 0.0)}, swing={**_both(26, (8, 26)), **_TWIST},
)  # fmt: skip
WALK_ACROSS = replace(WALK, across=True)
RUN = Gait(
    period=2 / 3, cycles=3, stance=0.375, ahead=0.22, behind=0.36, lift=0.20, toe_off=55,
    heel_first=6, low=0.07, bob=0.035, bob_phase=0.19, narrow=0.4, legs=_TWO,
    slow_bend={"spine": (9.0, 0.0, 0.0), "chest": (4.0, 0.0, 0.0), "neck": (-8.0, 0.0, 0.0)},
    swing=_both(42, (70, 95)),
)  # fmt: skip
_TAIL = {
    "tail.001": ((0.0, 0.0, 9.0), (0.0, 0.0, -9.0)),
    "tail.002": ((0.0, 0.0, 14.0), (0.0, 0.0, -14.0)),
}
FOUR_LEGGED_WALK = Gait(
    period=1.0, cycles=2, stance=0.625, ahead=0.25, behind=0.25, lift=0.13, toe_off=30,
    heel_first=0, low=0.06, bob=0.008, bob_phase=0.25, narrow=0.9,
    # it begins with each pair of legs apart, so that the first image shows all four
    legs={("L", "back"): 0.125, ("L", "front"): 0.375, ("R", "back"): 0.625, ("R", "front"): 0.875},
    slow_bend={"neck": (4.0, 0.0, 0.0)}, swing=_TAIL,
)  # fmt: skip
FOUR_LEGGED_TROT = Gait(
    period=2 / 3, cycles=3, stance=0.375, ahead=0.18, behind=0.20, lift=0.14, toe_off=35,
    heel_first=0, low=0.03, bob=0.03, bob_phase=0.19, narrow=0.9,
    legs={("L", "back"): 0.0, ("R", "front"): 0.0, ("R", "back"): 0.5, ("L", "front"): 0.5},
    slow_bend={"neck": (-8.0, 0.0, 0.0)}, swing=_TAIL,
)  # fmt: skip
