"""Resampling a region of an image: exact where pixels align, area-weighted elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from mti_addon.motion.resampling import averaged

PICTURE = np.random.default_rng(0).integers(0, 255, (12, 20, 4), np.uint8)
SOLID = np.concatenate([PICTURE[..., :3], np.full((12, 20, 1), 255, np.uint8)], axis=2)


def test_the_same_size_is_the_same_picture() -> None:
    assert (averaged(SOLID, (0, 0, 20, 12), (20, 12)) == SOLID).all()
    assert (averaged(SOLID, (4, 2, 10, 7), (6, 5)) == SOLID[2:7, 4:10]).all()


def test_half_the_size_is_the_mean_of_four() -> None:
    found = averaged(SOLID, (0, 0, 20, 12), (10, 6), over=True)
    mean = SOLID[..., :3].reshape(6, 2, 10, 2, 3).mean((1, 3))
    assert found.shape == (6, 10, 3) and np.abs(found - mean).max() <= 0.5 + 1e-4


def test_fractions_count_by_their_share() -> None:
    line = np.zeros((1, 3, 4), np.uint8)
    line[..., 3], line[0, :, 0] = 255, (0, 100, 200)
    assert averaged(line, (0.5, 0, 2.5, 1), (1, 1))[0, 0, 0] == 100
    assert averaged(line, (0.25, 0, 1.25, 1), (1, 1))[0, 0, 0] == 25


@pytest.mark.parametrize("size", [(200, 7), (3, 90), (1, 1), (41, 25)])
def test_one_color_stays_it(size: tuple[int, int]) -> None:
    flat = np.full((12, 20, 4), (9, 80, 200, 255), np.uint8)
    found = averaged(flat, (1.3, 0.1, 18.9, 11.7), size)
    assert found.shape == (size[1], size[0], 4) and (found == flat[0, 0]).all()


def test_what_is_clear_has_no_color() -> None:
    pair = np.array([[[200, 0, 0, 255], [0, 255, 0, 0]]], np.uint8)
    assert averaged(pair, (0, 0, 2, 1), (1, 1)).tolist() == [[[200, 0, 0, 128]]]
    assert averaged(pair, (0, 0, 2, 1), (1, 1), over=True).tolist() == [[[100, 0, 0]]]
