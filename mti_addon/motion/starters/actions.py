"""Motions that step, lunge, or dance. Imports numpy and stdlib only.

Feet that stand stay in place (`standing`). Times are in seconds, rotations in degrees.
"""

from __future__ import annotations

from .keys import Keys, Motion
from .standing import HIPS, SECONDS, Foot, stand


def side_step(fps: float) -> Motion:
    """A wide step to the figure's left, the other foot follows; and back again."""
    keys = Keys()
    there = (  # seconds, hips aside and up, left foot aside and up, right foot aside and up
        (0.0, 0.0, -0.03, 0.0, 0.0, 0.0, 0.0), (0.16, -0.05, -0.05, 0.0, 0.0, 0.0, 0.0),
        (0.34, 0.07, -0.055, 0.22, 0.10, 0.0, 0.0), (0.5, 0.165, -0.085, 0.4, 0.0, 0.0, 0.0),
        (0.62, 0.235, -0.08, 0.4, 0.0, 0.0, 0.0), (0.82, 0.35, -0.05, 0.4, 0.0, 0.22, 0.09),
        (1.0, 0.4, -0.03, 0.4, 0.0, 0.4, 0.0),
    )  # fmt: skip
    back = [
        (1 + t, 0.4 - x, z, 0.4 - right, right_up, 0.4 - left, left_up)
        for t, x, z, left, left_up, right, right_up in there[1:]
    ]
    for seconds, x, z, left, left_up, right, right_up in (*there, *back):
        feet = Foot(left, 0.0, left_up, 180 * left_up), Foot(right, 0.0, right_up, 180 * right_up)
        stand(keys, round(seconds * fps), (x, 0.0, z), {HIPS: (0.0, 0.0, 0.0)}, *feet)
    lean = {0: 0, 0.16: 5, 0.45: -6, 0.85: 3, 1: 0, 1.16: -5, 1.45: 6, 1.85: -3, 2: 0}
    keys.curve("spine", 2, lean, fps)
    arms = {0: 12, 0.16: 15, 0.52: 52, 1: 12, 1.16: 15, 1.52: 52, 2: 12}
    keys.both("upper_arm", 2, arms, fps)
    keys.both("forearm", 2, {0: 4, 0.5: 14, 1: 4, 1.5: 14, 2: 4}, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def lunge(fps: float) -> Motion:
    """One foot far in front of the other, down until the knee nearly touches, and up."""
    keys = Keys()
    moments = (  # seconds, share of the way down
        (0.0, 0.0), (0.12, -0.05), (0.3, 0.2), (0.5, 0.66), (0.72, 0.97), (0.9, 1.02), (1.08, 0.98),
        (1.3, 0.66), (1.52, 0.2), (1.72, -0.05), (1.86, 0.02), (2.0, 0.0),
    )  # fmt: skip
    for seconds, deep in moments:
        hips = (0.0, -0.02 - 0.05 * deep, -0.095 - 0.28 * deep)
        left, right = Foot(0.0, 0.37), Foot(0.0, -0.35, 0.0, 30 + 22 * deep)
        stand(keys, round(seconds * fps), hips, {HIPS: (2 + 5 * deep, 0.0, 0.0)}, left, right)
    keys.both("upper_arm", 2, {0: 24, 0.15: 22, 0.82: 66, 1: 68, 1.8: 22, 2: 24}, fps)
    keys.both("forearm", 2, {0: 6, 0.9: 10, 2: 6}, fps)
    keys.curve("neck", 0, {0: 0, 0.9: -6, 2: 0}, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def side_lunge(fps: float) -> Motion:
    """Feet wide apart, deep onto one bent leg, and onto the other."""
    keys = Keys()
    moments = (  # seconds, share of the way to the figure's left
        (0.0, 0.0), (0.17, 0.36), (0.34, 0.84), (0.5, 1.02), (0.67, 0.92), (0.83, 0.42), (1.0, 0.0),
        (1.17, -0.36), (1.34, -0.84), (1.5, -1.02), (1.67, -0.92), (1.83, -0.42), (2.0, 0.0),
    )  # fmt: skip
    for seconds, share in moments:
        # on an arc about the foot of the leg that stays straight
        low = 0.14 + 0.125 * abs(share) + 0.06 * share**2
        hips = (0.25 * share, 0.05 * share**2, -low)
        left, right = Foot(0.30, 0.0, 0.0, 0.0, 30.0), Foot(-0.30, 0.0, 0.0, 0.0, 30.0)
        turns = {HIPS: (12.0 * share**2, 0.0, 4.0 * share)}
        stand(keys, round(seconds * fps), hips, turns, left, right)
        keys.turn(round(seconds * fps), {"spine": (5.0 * share**2, 0.0, -3.0 * share)})
    arms = {0: 22, 0.52: 62, 1: 22, 1.52: 62, 2: 22}
    keys.both("upper_arm", 2, arms, fps)
    keys.both("forearm", 2, {0: 6, 0.52: 12, 1: 6, 1.52: 12, 2: 6}, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def dance(fps: float) -> Motion:
    """The weight from one foot to the other, one arm up and the other down; twice."""
    step = max(1, round(fps / 8))
    keys = Keys()
    for phase, side in enumerate((0.0, 0.7, 1.0, 0.7, 0.0, -0.7, -1.0, -0.7, 0.0)):
        hips = (0.10 * side, 0.0, -0.062 + 0.025 * side**2)
        left = Foot(0.10, 0.0, 0.0, 26 * max(0.0, -side))
        right = Foot(-0.10, 0.0, 0.0, 26 * max(0.0, side))
        stand(keys, phase * step, hips, {HIPS: (0.0, 0.0, 5.0 * side)}, left, right)
        keys.turn(phase * step, {"chest": (0.0, 0.0, -11.0 * side), "neck": (0.0, 0.0, -6 * side)})
    quarter = 2 * step / fps
    for bone, values in (("upper_arm", (72, 122, 72, 34, 72)), ("forearm", (16, 30, 16, 6, 16))):
        first = {i * quarter: float(value) for i, value in enumerate(values)}
        other = {i * quarter: float(value) for i, value in enumerate(reversed(values))}
        keys.both(bone, 2, first, fps, other)
    return keys.motion(16 * step, 8 * step)
