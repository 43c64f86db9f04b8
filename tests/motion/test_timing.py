"""Which frames are sampled, and which image is shown when."""

from __future__ import annotations

import pytest

from mti_addon.motion import picture_of_each_frame, sampled_frames
from mti_addon.motion.timing import frames_at


def test_both_ends_are_sampled_evenly():
    frames = sampled_frames(1, 48, 14)
    assert (len(frames), frames[0], frames[-1]) == (14, 1, 48)
    steps = [b - a for a, b in zip(frames, frames[1:], strict=False)]
    assert max(steps) - min(steps) < 1e-9
    assert sampled_frames(-10, 3, 14) == [float(f) for f in range(-10, 4)]
    assert sampled_frames(1, 2, 14)[1] == pytest.approx(1 + 1 / 13)


@pytest.mark.parametrize(("start", "end", "count"), [(5, 5, 14), (6, 5, 14), (1, 48, 1), (1, 2, 0)])
def test_ranges_without_a_motion(start, end, count):
    with pytest.raises(ValueError):
        sampled_frames(start, end, count)


@pytest.mark.parametrize(("pictures", "length"), [(14, 48), (14, 14), (25, 24), (14, 1), (2, 1000)])
def test_pictures_are_held_evenly(pictures, length):
    order = picture_of_each_frame(pictures, length)
    assert len(order) == length and order[0] == 0
    assert order == sorted(order) and max(order) <= pictures - 1
    if length >= pictures:
        assert set(order) == set(range(pictures))
        counts = [order.count(i) for i in range(pictures)]
        assert max(counts) - min(counts) <= 1


def test_14_over_48():
    order = picture_of_each_frame(14, 48)
    assert order[:12] == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3][:12]
    assert order[-4:] == [12, 13, 13, 13]


@pytest.mark.parametrize(("pictures", "length"), [(0, 4), (4, 0)])
def test_nothing_to_spread(pictures, length):
    with pytest.raises(ValueError):
        picture_of_each_frame(pictures, length)


def test_frames_at():
    assert [frames_at(s, f) for s, f in ((2, 24), (2, 29.97), (0.001, 24))] == [48, 60, 1]
