"""Facial motions: talk, smile, nod. Imports numpy and stdlib only."""

from __future__ import annotations

import math

import numpy as np

from .face import face
from .keys import STRETCH, TURN, Keys, Motion
from .posing import Pose, Skeleton

FACE = Skeleton(face())
SECONDS = 2.0
SIDES = (("L", 1.0), ("R", -1.0))


def talk(fps: float) -> Motion:
    """A few syllables, a blink, and brows that rise for one of them."""
    keys = Keys()
    syllables = (0, 20, 5, 24, 4, 14, 0, 0, 22, 7, 18, 3, 0)
    for i, wide in enumerate(syllables):
        _mouth(keys, round(i * SECONDS / 12 * fps), -float(wide), 0.0)
    _blink(keys, 1.05, fps)
    for side, sign in SIDES:
        keys.curve(f"brow.in.{side}", 2, {0.2: 0, 0.5: 14 * sign, 0.9: 0}, fps)
    keys.curve("head", 0, {0: 0, 0.5: -3, 0.85: 3, 1.35: -2, 2: 0}, fps)
    keys.curve("head", 2, {0: 0, 0.6: 3, 1.4: -3, 2: 0}, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def smile(fps: float) -> Motion:
    """The corners of the mouth and the brows go up, and stay there."""
    keys = Keys()
    for seconds, wide, corners in ((0.0, 0, 0), (0.3, 0, 0), (0.9, -13, 19), (2.0, -11, 18)):
        _mouth(keys, round(seconds * fps), float(wide), float(corners))
    for side, sign in SIDES:
        keys.curve(f"brow.in.{side}", 2, {0.3: 0, 0.9: 16 * sign, 2: 12 * sign}, fps)
        keys.curve(f"brow.out.{side}", 2, {0.3: 0, 0.9: -10 * sign, 2: -8 * sign}, fps)
        keys.curve(f"eye.{side}", 1, {0.3: 1, 0.9: 0.6, 2: 0.65}, fps, STRETCH)
    keys.curve("head", 2, {0.3: 0, 1.1: 6, 2: 6}, fps)
    return keys.motion(round(SECONDS * fps) - 1)


def nod(fps: float) -> Motion:
    """Yes, twice, with a blink."""
    keys = Keys()
    keys.curve("head", 0, {0: 0, 0.3: 20, 0.65: -8, 1.0: 18, 1.35: -5, 2: 0}, fps)
    _blink(keys, 0.3, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def _blink(keys: Keys, seconds: float, fps: float) -> None:
    shut = {0.0: 1.0, seconds - 0.1: 1.0, seconds: 0.1, seconds + 0.15: 1.0}
    for side, _ in SIDES:
        keys.curve(f"eye.{side}", 1, shut, fps, STRETCH)


def _mouth(keys: Keys, frame: int, jaw: float, corners: float) -> None:
    """Rotate the jaw by `jaw` degrees, and the corners of the mouth up by `corners` degrees.

    The lower lip continues to where the upper one ends.
    """
    turns = {f"lip.T.{side}": (0.0, 0.0, sign * corners) for side, sign in SIDES}
    turns["jaw"] = (jaw, 0.0, 0.0)
    keys.set("jaw", TURN, 0, frame, jaw)
    heads, tails = FACE.ends(Pose(dict(turns)))
    for side, sign in SIDES:
        lower = FACE.place[f"lip.B.{side}"]
        corner, start = tails[FACE.place[f"lip.T.{side}"]], heads[lower]
        across, up = (corner - start)[[0, 2]]
        rest = np.subtract(FACE.rows[lower][3], FACE.rows[lower][2])[[0, 2]]
        angle = math.atan2(up, abs(across)) - math.atan2(rest[1], abs(rest[0]))
        keys.set(f"lip.T.{side}", TURN, 2, frame, sign * corners)
        keys.set(f"lip.B.{side}", TURN, 2, frame, sign * math.degrees(angle))
        keys.set(f"lip.B.{side}", STRETCH, 1, frame, math.hypot(across, up) / FACE.lengths[lower])
