"""The stick figure on its feet: legs that bend so that the feet are where they should be.

Imports numpy and stdlib only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from .figure import stick_figure
from .gaits import LEG, tilted
from .keys import Keys, mirrored
from .posing import Array, Point, Pose, Skeleton

STICK = Skeleton(stick_figure())
SECONDS = 2.0
BENT = {"thigh.L": (20.0, 0.0, 0.0), "shin.L": (-40.0, 0.0, 0.0)}
HIPS = "hips"


class Foot(NamedTuple):
    """Where a foot is, in meters from where it stands at rest."""

    aside: float = 0.0
    """To the figure's left."""
    ahead: float = 0.0
    up: float = 0.0
    pitch: float = 0.0
    """How far the heel is up about the toe or, below 0, the toe about the ankle, in degrees."""
    outward: float = 0.0
    """How far the toe points outward, and the knee with it, in degrees."""


AT_REST = Foot()


def stand(
    keys: Keys,
    frame: int,
    root: Point,
    turns: Mapping[str, Point],
    left: Foot | None = AT_REST,
    right: Foot | None = AT_REST,
) -> None:
    """Key the hips, and each leg whose foot is given, so that the feet are where they should be.

    `root`: translation of the hips, in meters to the figure's left, backward, and up.
    """
    pose = Pose({**turns, **mirrored(BENT)}, STICK.local_shift(root))
    keys.shift(frame, HIPS, pose.root)
    keys.turn(frame, turns)
    for side, foot in (("L", left), ("R", right)):
        if foot is not None:
            leg = [f"{bone}.{side}" for bone in LEG]
            keys.turn(frame, STICK.planted(pose, leg, *foot_ends(side, foot)))


def apart(meters: float, up: float = 0.0, pitch: float = 0.0) -> tuple[Foot, Foot]:
    """Return both feet, each this much farther out than at rest."""
    return Foot(meters, 0.0, up, pitch), Foot(-meters, 0.0, up, pitch)


def foot_ends(side: str, foot: Foot) -> tuple[Array, Array]:
    """Return ankle and toe (3,) of a foot in position."""
    _, _, ankle, toe = STICK.rows[STICK.place[f"foot.{side}"]]
    at = np.array([foot.aside, -foot.ahead, foot.up])
    outward = turned(foot.outward if side == "L" else -foot.outward) - np.eye(3)
    toe_at = np.array(toe) + at + outward @ np.subtract(toe, ankle)
    return tilted(np.array(ankle) + at, toe_at, foot.pitch)


def turned(degrees: float) -> Array:
    """Return the matrix (3, 3) of a rotation about the vertical, to the figure's left."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
