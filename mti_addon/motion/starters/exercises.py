"""Motions of arms and trunk, seen from the front. Imports numpy and stdlib only.

Feet that stand stay in place (`standing`). Times are in seconds, rotations in degrees.
"""

from __future__ import annotations

from .keys import Keys, Motion
from .standing import HIPS, SECONDS, Foot, apart, stand


def cheer(fps: float) -> Motion:
    """Crouch, throw both arms up, bounce once more on the toes, and come to rest."""
    keys = Keys()
    ground = (  # seconds, hips up, lean, heels up
        (0.0, -0.015, 0.0, 0.0), (0.15, -0.08, 5.0, 0.0), (0.32, -0.14, 9.0, 0.0),
        (0.46, -0.04, 2.0, 8.0), (0.58, 0.03, -4.0, 24.0), (0.74, -0.005, -3.0, 8.0),
        (0.92, -0.085, 1.0, 0.0), (1.06, -0.01, -2.0, 8.0), (1.18, 0.03, -4.0, 24.0),
        (1.36, -0.005, -3.0, 6.0), (1.54, -0.055, 2.0, 0.0), (1.78, -0.02, 1.0, 0.0),
        (2.0, -0.015, 0.0, 0.0),
    )  # fmt: skip
    for seconds, up, lean, heels in ground:
        frame = round(seconds * fps)
        stand(keys, frame, (0, 0.005 * lean, up), {HIPS: (lean, 0, 0)}, *apart(0.02, 0.0, heels))
    arms = {0: 9, 0.32: 20, 0.6: 143, 0.72: 136, 0.95: 112, 1.2: 145, 1.34: 138, 1.5: 118,
            1.82: 16, 2: 9}  # fmt: skip
    keys.both("upper_arm", 2, arms, fps)
    keys.both("upper_arm", 0, {0: 0, 0.32: -28, 0.58: 0, 1.5: 6, 1.75: 4, 2: 0}, fps)
    elbows = {0: 4, 0.32: 10, 0.6: 6, 0.95: 52, 1.2: 4, 1.5: 34, 1.82: 6, 2: 4}
    keys.both("forearm", 2, elbows, fps)
    keys.both("forearm", 0, {0: 8, 0.32: 58, 0.58: 4, 1.5: 6, 2: 8}, fps)
    keys.curve("neck", 0, {0: 0, 0.32: 10, 0.62: -10, 0.92: -2, 1.22: -10, 1.6: 4, 2: 0}, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def raise_arms(fps: float) -> Motion:
    """Both arms up at the sides to above the head, on the toes, and down."""
    keys = Keys()
    ground = ((0.0, 0.0), (0.2, 0.0), (0.45, 0.25), (0.7, 0.8), (0.95, 1.0), (1.15, 0.9),
              (1.4, 0.4), (1.65, 0.05), (2.0, 0.0))  # fmt: skip
    for seconds, share in ground:
        frame, dip = round(seconds * fps), 0.02 if seconds in (0.2, 1.65) else 0.0
        hips = (0, 0, 0.05 * share - 0.012 - dip)
        stand(keys, frame, hips, {}, *apart(0.0, 0.0, 26 * share))
    keys.both("upper_arm", 2, {0: 11, 0.15: 8, 0.9: 154, 1.08: 152, 1.8: 14, 2: 11}, fps)
    keys.both("forearm", 2, {0: 3, 0.35: -5, 0.9: 14, 1.15: 18, 1.6: 12, 2: 3}, fps)
    keys.curve("neck", 0, {0: 0, 0.2: 6, 1: -12, 1.7: 3, 2: 0}, fps)
    keys.curve("chest", 0, {0: 0, 0.2: 4, 1: -6, 2: 0}, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def wave_both(fps: float) -> Motion:
    """Both arms go up and wave to and fro above the head, twice, as to someone far away."""
    keys = Keys()
    for seconds, side, up in (
        (0.0, 0.0, 0.0), (0.2, 0.0, -0.02), (0.5, 0.6, 0.0), (0.8, -0.8, -0.01), (1.1, 0.8, 0.0),
        (1.4, -0.6, -0.01), (1.7, 0.1, -0.01), (2.0, 0.0, 0.0),
    ):  # fmt: skip
        frame = round(seconds * fps)
        stand(keys, frame, (0.03 * side, 0, up - 0.02), {HIPS: (0, 0, -3 * side)}, *apart(0.03))
    left = {0: 10, 0.12: 8, 0.5: 128, 0.8: 150, 1.1: 118, 1.4: 150, 1.88: 13, 2: 10}
    right = {0: 10, 0.12: 8, 0.5: 145, 0.8: 118, 1.1: 150, 1.4: 122, 1.88: 13, 2: 10}
    keys.both("upper_arm", 2, left, fps, right)
    left = {0: 2, 0.5: 8, 0.8: 42, 1.1: 2, 1.4: 40, 1.7: 14, 2: 2}
    right = {0: 2, 0.5: 40, 0.8: 2, 1.1: 42, 1.4: 6, 1.7: 14, 2: 2}
    keys.both("forearm", 2, left, fps, right)
    sway = {0: 0, 0.5: -5, 0.8: 7, 1.1: -7, 1.4: 5, 1.8: 0, 2: 0}
    keys.curve("chest", 2, sway, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def side_stretch(fps: float) -> Motion:
    """Lean to one side with the other arm over the head, then to the other side."""
    keys = Keys()
    moments = (  # seconds, share of the lean to the figure's right
        (0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (0.68, 1.03), (0.85, 0.55), (1.0, 0.0),
        (1.17, -0.5), (1.4, -1.0), (1.58, -1.03), (1.8, -0.45), (2.0, 0.0),
    )  # fmt: skip
    for seconds, share in moments:
        frame = round(seconds * fps)
        hips = (0.07 * share, 0, -0.035 + 0.01 * abs(share))
        stand(keys, frame, hips, {HIPS: (0, 0, 8 * share)}, *apart(0.09))
        keys.turn(frame, {"spine": (0, 0, 12 * share), "chest": (0, 0, 14 * share)})
    left = {0: 10, 0.5: 94, 0.7: 98, 1: 62, 1.4: 28, 1.58: 30, 2: 10}
    right = {0: 10, 0.5: 28, 0.7: 30, 1: 62, 1.4: 94, 1.58: 98, 2: 10}
    keys.both("upper_arm", 2, left, fps, right)
    left = {0: 4, 0.5: 12, 0.7: 14, 1: 6, 1.4: 4, 1.58: 4, 2: 4}
    right = {0: 4, 0.5: 4, 0.7: 4, 1: 6, 1.4: 12, 1.58: 14, 2: 4}
    keys.both("forearm", 2, left, fps, right)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def balance(fps: float) -> Motion:
    """Arms out, the weight onto the left leg, the right one out like a star's, and back."""
    keys = Keys()
    moments = (  # weight on the left foot, right leg out, right foot's heel up, every 1/6 second
        (0.0, 0.0, 0.0), (-0.2, 0.0, 0.0), (0.4, 0.0, 6.0), (0.9, 0.06, 18.0), (1.03, 0.46, 22.0),
        (1.05, 0.87, 20.0), (1.02, 1.0, 18.0), (1.03, 0.98, 18.0), (1.04, 0.82, 19.0),
        (0.92, 0.4, 21.0), (0.6, 0.02, 14.0), (0.2, 0.0, 3.0), (0.0, 0.0, 0.0),
    )  # fmt: skip
    for i, (weight, out, heel) in enumerate(moments):
        frame, dip = round(i / 6 * fps), 0.035 if i in (1, 11) else 0.015
        foot = Foot(-0.62 * out, 0.0, 0.42 * out, heel)
        turns = {HIPS: (0.0, 0.0, -14.0 * out)}
        hips = (0.125 * weight, 0.0, -dip)
        stand(keys, frame, hips, turns, Foot(), foot)
        keys.turn(frame, {"spine": (0.0, 0.0, -6.0 * out)})
    keys.both("upper_arm", 2, {0: 9, 0.2: 6, 0.75: 84, 1: 78, 1.3: 82, 1.82: 12, 2: 9}, fps)
    keys.curve("neck", 2, {0: 0, 0.5: 0, 1: 12, 1.25: 12, 1.75: 0, 2: 0}, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def point(fps: float) -> Motion:
    """The right arm goes out and points to the side, with the weight on the right foot."""
    keys = Keys()
    moments = (  # seconds, share of the weight on the right foot, hips down
        (0.0, 0.0, 0.02), (0.2, -0.35, 0.035), (0.42, 0.45, 0.028), (0.6, 1.06, 0.02),
        (0.8, 0.97, 0.024), (1.3, 1.0, 0.022), (1.55, 0.55, 0.026), (1.8, -0.06, 0.032),
        (2.0, 0.0, 0.02),
    )  # fmt: skip
    for seconds, share, down in moments:
        frame = round(seconds * fps)
        stand(keys, frame, (-0.06 * share, 0, -down), {HIPS: (0, 0, -2 * share)}, *apart(0.05))
        keys.turn(frame, {"spine": (0, 0, 5 * share), "chest": (0, 0, 4 * share)})
    right = {0: 10, 0.2: 7, 0.6: 86, 0.78: 80, 1.3: 82, 1.8: 14, 2: 10}
    left = {0: 10, 0.2: 12, 0.65: 20, 1.35: 20, 1.85: 11, 2: 10}
    keys.both("upper_arm", 2, left, fps, right)
    right = {0: 3, 0.28: 34, 0.62: -3, 0.8: 1, 1.3: 1, 1.55: 16, 2: 3}
    left = {0: 3, 0.65: 8, 1.35: 8, 2: 3}
    keys.both("forearm", 2, left, fps, right)
    keys.curve("neck", 2, {0: 0, 0.2: -3, 0.6: 8, 1.35: 7, 1.85: 0, 2: 0}, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))
