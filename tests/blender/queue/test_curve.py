"""The loss as a picture: it rises and falls as the losses do, and stays within its frame."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def curve(ext):
    return ext("blender.queue.curve")


def line(picture):
    """For each column, the middle of the brightest part; -1 where nothing is drawn."""
    blue = np.where(picture[..., 2] > 0.5, picture[..., 2], 0)
    rows = np.arange(picture.shape[0])[:, None]
    total = blue.sum(0)
    return np.where(total > 0.6, (blue * rows).sum(0) / np.maximum(total, 1e-9), -1)


def test_a_falling_loss_falls_and_fills_the_width_with_time(curve):
    steps = np.arange(1, 101)
    losses = np.exp(-steps / 30)
    half = line(curve.draw_curve(losses[:50], steps[:50], 100))
    whole = line(curve.draw_curve(losses, steps, 100))
    assert half.max() > 0 and (half[70:] == -1).all() and (whole[10:-10] > 0).all()
    drawn = whole[whole > 0]
    assert (np.diff(drawn) < 1.5).all() and drawn[0] - drawn[-1] > 90


def test_noise_does_not_hide_the_way(curve):
    rng = np.random.default_rng(0)
    steps = np.arange(1, 201)
    losses = np.exp(-steps / 80 + rng.normal(0, 0.5, 200))
    losses[40] = 1e4
    mean = curve.smoothed(np.log(losses).tolist())
    assert np.corrcoef(mean[60:], -steps[60:])[0, 1] > 0.9
    drawn = line(curve.draw_curve(losses, steps, 200))
    assert drawn[10:50].mean() - drawn[-40:-10].mean() > 25  # not pressed flat by the one outlier


@pytest.mark.parametrize("losses", [[], [1.0], [float("nan")] * 5, [0.0, -1.0, float("inf")]])
def test_nothing_to_draw_is_an_empty_frame(curve, losses):
    picture = curve.draw_curve(losses, range(len(losses)), 10)
    assert picture.shape == (curve.SIDE, curve.SIDE, 4) and picture[..., :3].max() < 0.25


def test_a_flat_loss_and_one_beyond_the_total(curve):
    picture = curve.draw_curve([0.5] * 30, range(1, 31), 10)
    assert np.isfinite(picture).all() and picture.max() <= 1 and (line(picture) > 0).any()


def test_it_is_drawn_in_no_time(curve):
    import time

    losses = np.random.default_rng(0).uniform(0.1, 1, 200).tolist()
    begin = time.thread_time()
    for _ in range(20):
        curve.draw_curve(losses, range(200), 1000)
    assert (time.thread_time() - begin) / 20 < 0.02
