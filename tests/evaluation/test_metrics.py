"""The motion gain and its interval, for constructed clips and against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mti_backend.evaluation.statistics import median_difference, median_interval, share_interval
from mti_backend.metrics.clip_quality import MAX_PSNR, background_psnr, psnr
from mti_backend.metrics.gain import motion_gain


def answer() -> Tensor:
    g = torch.Generator().manual_seed(0)
    return torch.rand(14, 3, 8, 8, generator=g, dtype=torch.float64) * 2 - 1


def still() -> Tensor:
    return answer()[:1].expand(14, -1, -1, -1)


def test_perfect_is_one_and_standing_still_is_zero() -> None:
    assert motion_gain(answer(), answer()) == 1
    assert motion_gain(still(), answer()) == pytest.approx(0, abs=1e-12)


def test_half_way_is_three_quarters_and_too_far_is_negative() -> None:
    """The error is squared: a fraction s of the motion leaves (1 - s)^2 of it."""
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


def test_psnr_is_the_formula_and_has_an_end() -> None:
    one = torch.zeros(3, 4, 4)
    assert psnr(one, one) == MAX_PSNR
    assert psnr(one + 0.2, one) == pytest.approx(10 * np.log10(4 / 0.04), abs=1e-4)
    assert psnr(one + 1e-9, one) == MAX_PSNR


def test_the_background_is_what_nobody_ever_covered() -> None:
    behind = torch.zeros(3, 3, 4, 4)
    right = behind.clone()
    right[0, :, :, 0] = 0.9  # the figure's position in the first frame
    right[2, :, :, 1] = -0.5
    result = right.clone()
    result[1:, :, :, 0] = 1
    result[2, :, :, 1] = 1
    assert background_psnr(result, right, behind) == MAX_PSNR
    result[1, :, :, 1] = 0.5  # 4 of 20 pixels that count: 12 in frame 2, 8 in frame 3
    assert background_psnr(result, right, behind) == pytest.approx(
        10 * np.log10(4 / (0.25 * 4 / 20)), abs=1e-4
    )
    assert background_psnr(right, right, behind + 1) is None


def test_a_share_has_an_interval() -> None:
    share, low, high = share_interval([0.1, 0.4, 0.5, 0.9], above=0.3)
    assert share == 0.75 and 0 <= low < 0.75 < high <= 1
    assert share_interval([0.4] * 5, above=0.3) == (1, 1, 1)


def test_differences_are_of_the_same_pairs() -> None:
    """A constant advantage is certain, however much the pairs differ."""
    hard = np.random.default_rng(2).normal(0.3, 0.4, 24).tolist()
    easier = [value + 0.1 for value in hard]
    assert median_difference(easier, hard) == pytest.approx((0.1, 0.1, 0.1))
    _, low, high = median_difference(easier, hard[::-1])
    assert low < 0.05 and high > 0.15
    with pytest.raises(ValueError, match="cannot be paired"):
        median_difference([1.0], [1.0, 2.0])
