"""Something still for a moving camera to look at: a floor grid with posts. Imports numpy only.

A camera move is only visible against a scene. Drawing the animator's own would tie the learned
motion to its looks, so the move is shown over neutral landmarks around what the camera looks at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LINES = 7
POSTS = (  # place on the floor, height, and colour, in shares of half the floor's width
    (-0.55, 0.35, 0.55, "left_arm"),
    (0.50, 0.45, 0.80, "right_arm"),
    (0.00, 0.05, 0.40, "torso"),
    (-0.30, -0.45, 0.30, "left_leg"),
    (0.60, -0.30, 0.45, "right_leg"),
)


@dataclass(frozen=True)
class Scaffold:
    """Fixed joints (J, 3), metres, world space, and the limbs between them, as in a Take."""

    joints: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    limbs: tuple[tuple[int, int], ...]
    parts: tuple[str, ...]
    radii: tuple[float, ...]


def build_scaffold(focus: tuple[float, float, float], distance: float) -> Scaffold:
    """A floor around and a little below `focus`, as wide as the camera is far (`distance`, metres).

    Raises ValueError if the distance is not above 0.
    """
    if distance <= 0:
        raise ValueError(f"distance must be above 0, got {distance}")
    half = 0.6 * distance
    centre = np.array(focus) - (0, 0, 0.25 * half)
    ends: list[tuple[float, float, float]] = []
    parts: list[str] = []
    for at in np.linspace(-1, 1, LINES):
        ends += [(at, -1, 0), (at, 1, 0), (-1, at, 0), (1, at, 0)]
        parts += ["ground", "ground"]
    for x, y, height, part in POSTS:
        ends += [(x, y, 0), (x, y, height)]
        parts.append(part)
    radii = tuple(half * (0.008 if part == "ground" else 0.05) for part in parts)
    joints = (centre + half * np.array(ends)).astype(np.float32)
    limbs = tuple((2 * i, 2 * i + 1) for i in range(len(parts)))
    return Scaffold(joints, limbs, tuple(parts), radii)
