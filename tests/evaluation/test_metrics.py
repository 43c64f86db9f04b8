"""The motion gain and its interval, against constructed clips and numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mti_backend.evaluation.metrics import median_interval, motion_gain


def answer() -> Tensor:
    g = torch.Generator().manual_seed(0)
    return torch.rand(14, 3, 8, 8, generator=g, dtype=torch.float64) * 2 - 1


def still() -> Tensor:
    return answer()[:1].expand(14, -1, -1, -1)


def test_perfect_is_one_and_standing_still_is_zero() -> None:
    assert motion_gain(answer(), answer()) == 1
    assert motion_gain(still(), answer()) == pytest.approx(0, abs=1e-12)


def test_half_way_is_three_quarters_and_too_far_is_negative() -> None:
    """The error is squared: a share s of the way leaves (1 - s)^2 of it."""
    for share, gain in ((0.5, 0.75), (-1.0, -3.0), (2.0, 0.0), (3.0, -3.0)):
        result = still() + share * (answer() - still())
        assert motion_gain(result, answer()) == pytest.approx(gain, abs=1e-12)


def test_the_first_frame_does_not_count() -> None:
    result = answer()
    result[0] = 7
    assert motion_gain(result, answer()) == 1
    result[1] = 7
    assert motion_gain(result, answer()) < 0


def test_the_range_of_the_pixels_does_not_matter() -> None:
    result = 0.7 * answer() + 0.3 * still()
    gain = motion_gain(result, answer())
    assert motion_gain((result + 1) / 2, (answer() + 1) / 2) == pytest.approx(gain, abs=1e-12)


def test_it_is_the_formula() -> None:
    result = answer().flip(0)
    error = ((result[1:] - answer()[1:]) ** 2).numpy().mean()
    motionless = ((answer()[:1] - answer()[1:]) ** 2).numpy().mean()
    assert motion_gain(result, answer()) == pytest.approx(1 - error / motionless, abs=1e-12)


@pytest.mark.parametrize("count", [1, 2, 15, 16])
def test_the_median_is_numpys(count: int) -> None:
    values = np.random.default_rng(count).normal(0.2, 0.3, count).tolist()
    median, low, high = median_interval(values)
    assert median == pytest.approx(np.median(values), abs=1e-12)
    assert min(values) <= low <= median <= high <= max(values)


def test_the_interval_is_numpys_bootstrap() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(0.2, 0.3, 40)
    resampled = np.median(rng.choice(values, (20_000, 40)), axis=1)
    _, low, high = median_interval(values.tolist())
    expected = np.quantile(resampled, [0.025, 0.975])
    assert [low, high] == pytest.approx(expected, abs=0.02)
    assert high - low > 0.05


def test_the_interval_is_the_same_every_time() -> None:
    values = [0.1, -0.2, 0.4, 0.3]
    assert median_interval(values) == median_interval(values)
    assert median_interval([0.25] * 9) == pytest.approx((0.25, 0.25, 0.25))


def test_what_does_not_move_has_no_gain() -> None:
    still = torch.zeros(4, 3, 2, 2)
    with pytest.raises(ValueError, match="does not move"):
        motion_gain(still + 0.1, still)
