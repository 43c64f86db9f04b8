"""Held-out targets: the same motion with other bodies and looks, which nothing was learned from.

A pose sequence is drawn again, so the right answer is known to the pixel. Imports numpy and the
add-on's drawing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mti_addon.motion import Look, PoseSequence, draw, variations
from mti_addon.motion.drawing.solid import is_box
from mti_addon.motion.pose_sequence import PARTS

SEED = 930_000_000
"""Far from those that a motion is learned with."""
NUMBERS = (1, 3, 5, 7, 9)
"""Of the variations with a solid body; the others are stick figures."""


@dataclass(frozen=True)
class HeldOut:
    """A target, the answer's first image, and what a perfect result would be."""

    answer: NDArray[np.uint8]
    """(F, H, W, 3), sRGB."""
    parts: NDArray[np.int64] | None
    """(F, H, W): which part is visible at a pixel, -1 for none; None for a camera's view."""


def held_out(poses: PoseSequence) -> list[HeldOut]:
    """Draw a motion's held-out targets. Always the same ones."""
    drawings = variations(poses, max(NUMBERS) + 1, SEED)
    return [_drawn(*drawings[number]) for number in NUMBERS]


def _drawn(poses: PoseSequence, look: Look) -> HeldOut:
    answer = draw(poses, look)
    return HeldOut(answer, None if poses.is_room else _parts(poses, look))


def _parts(poses: PoseSequence, look: Look) -> NDArray[np.int64]:
    """Number the parts by drawing each in a color of its own: multiples of 32 levels of red."""
    codes = {name: (32 * (i + 1), 0, 0) for i, name in enumerate(PARTS)}
    coded = replace(look, background=(0, 0, 0), palette=codes, supersampling=1)
    if is_box(poses):
        coded = replace(coded, thinnest=0.0)  # without the darker borders of its sides
    levels = draw(poses, coded)[..., 0].astype(np.int64)
    return np.asarray(np.rint(levels / 32).astype(np.int64) - 1)
