"""Random looks: every limb is visible, and left and right differ."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from mti_addon.motion.drawing.looks import CONTRAST, DARK_CONTRAST, luma, random_look
from mti_addon.motion.pose_sequence import PARTS


@pytest.mark.parametrize("dark", [False, True])
def test_every_limb_stands_out_from_the_background(dark):
    for seed in range(300):
        look = random_look(Random(seed), dark)
        behind = luma(look.background)
        assert behind < 0.25 if dark else behind > 0.55
        for part in set(PARTS) - {"ground"}:
            distance = luma(look.palette[part]) - behind
            assert distance >= DARK_CONTRAST if dark else distance <= -CONTRAST, (seed, part)
        assert set(look.palette) == set(PARTS)
        assert all(0 <= channel <= 255 for color in look.palette.values() for channel in color)


def test_left_and_right_differ():
    for seed in range(300):
        palette = random_look(Random(seed), dark=seed % 2 == 0).palette
        for limb in ("arm", "leg"):
            left, right = palette[f"left_{limb}"], palette[f"right_{limb}"]
            assert np.abs(np.subtract(left, right)).max() >= 15, seed


def test_the_same_seed_gives_the_same_look():
    assert random_look(Random(3), False) == random_look(Random(3), False)
    assert random_look(Random(3), False) != random_look(Random(4), False)
