"""Which moment of a motion each frame shows: properties of all edits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mti_addon.wire.edit import AS_LEARNED, MotionEdit, MotionPart
from mti_addon.wire.edit_timing import chain_windows, laps_of, time_of, timing
from tests.wire.strategies import values

FRAMES = 14
CLIP = [k / (FRAMES - 1) for k in range(FRAMES)]

parts = values(MotionPart).filter(lambda part: part.end - part.start > 0.01)


@st.composite
def edits(draw: st.DrawFn) -> MotionEdit:
    mode = draw(st.sampled_from(("one", "blend", "chain")))
    count = 1 if mode == "one" else draw(st.integers(2, 4))
    return MotionEdit(mode, draw(st.floats(0, 1)), tuple(draw(parts) for _ in range(count)))


def shown(part: MotionPart) -> list[float]:
    (plan,) = timing(MotionEdit(parts=(part,)), FRAMES)
    return [round(time * (FRAMES - 1), 3) for time in plan.times]


@given(edits(), st.integers(2, 128))
def test_times_are_in_the_trim_and_influences_sum_to_one(edit: MotionEdit, frames: int) -> None:
    edit.check()
    plan = timing(edit, frames)
    assert len(plan) == len(edit.parts)
    for each, part in zip(plan, edit.parts, strict=True):
        assert len(each.times) == len(each.weights) == frames
        assert all(part.start - 1e-8 <= time <= part.end + 1e-8 for time in each.times)
        assert all(-1e-12 <= weight <= 1 + 1e-12 for weight in each.weights)
    for weights in zip(*(each.weights for each in plan), strict=True):
        assert sum(weights) == pytest.approx(1)


def test_nothing_changes_as_learned() -> None:
    (plan,) = timing(AS_LEARNED, FRAMES)
    assert [time * (FRAMES - 1) for time in plan.times] == pytest.approx(range(FRAMES), abs=1e-7)
    assert set(plan.weights) == {1.0}


@pytest.mark.parametrize(
    ("part", "frames"),
    [
        (MotionPart(speed=2), [0, 2, 4, 6, 8, 10, 12, 13, 13, 13, 13, 13, 13, 13]),
        (MotionPart(speed=0.5), [k / 2 for k in range(14)]),
        (MotionPart(reverse=True), list(range(13, -1, -1))),
        (MotionPart(speed=2, after_end="bounce"), [0, 2, 4, 6, 8, 10, 12, 12, 10, 8, 6, 4, 2, 0]),
        # the last frame is shown, and the next repetition begins in between
        (MotionPart(speed=2, after_end="loop"), [0, 2, 4, 6, 8, 10, 12, 1, 3, 5, 7, 9, 11, 13]),
        (MotionPart(start=6 / 13, end=9 / 13), [6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]),
        (
            MotionPart(start=6 / 13, end=9 / 13, after_end="loop"),
            [6, 7, 8, 9, 7, 8, 9, 7, 8, 9, 7, 8, 9, 7],
        ),
        (MotionPart(end=3 / 13, reverse=True), [3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_the_frames_of_a_motion_that_are_shown(part: MotionPart, frames: list[float]) -> None:
    assert shown(part) == pytest.approx(frames)


def test_a_motion_that_loops_counts_its_repetitions() -> None:
    part = MotionPart(speed=4, after_end="loop")
    assert [laps_of(part, at) for at in (0, 0.25, 0.26, 0.5, 0.51, 1)] == [0, 0, 1, 1, 2, 3]
    assert laps_of(replace(part, after_end="hold"), 1) == 0


@given(parts, st.floats(0, 1))
def test_a_reversed_motion_is_the_mirror_image_in_time(part: MotionPart, at: float) -> None:
    forth, back = (time_of(replace(part, reverse=each), at) for each in (False, True))
    assert forth + back == pytest.approx(part.start + part.end, abs=1e-6)


def chain(*weights: float, seam: float = 0.2) -> MotionEdit:
    return MotionEdit("chain", seam, tuple(MotionPart(weight=weight) for weight in weights))


def test_a_chain_shows_each_motion_from_its_beginning_in_its_share() -> None:
    first, second = timing(chain(1, 1), FRAMES)
    assert first.weights[:5] == (1.0,) * 5 and second.weights[-5:] == (1.0,) * 5
    assert list(first.weights) == sorted(first.weights, reverse=True)
    assert first.times == pytest.approx(CLIP)
    # the second begins where the seam does, at 0.4 of the clip
    assert second.times == pytest.approx([max(0.0, at - 0.4) for at in CLIP])
    assert chain_windows(chain(1, 1)) == [(0.0, pytest.approx(0.6)), (pytest.approx(0.4), 1.0)]


def test_shares_of_a_chain_follow_the_weights() -> None:
    (a, b), (c, d), (e, f) = chain_windows(chain(1, 0.5, 0.5, seam=0))
    assert (a, b, c, d, e, f) == pytest.approx((0, 0.5, 0.5, 0.75, 0.75, 1))


def test_without_a_seam_one_motion_ends_where_the_next_begins() -> None:
    first, second = timing(chain(1, 1, seam=0), FRAMES)
    assert first.weights == (1.0,) * 7 + (0.0,) * 7 and second.weights == (0.0,) * 7 + (1.0,) * 7


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=4), st.floats(0, 1))
def test_seams_never_overlap(weights: list[float], seam: float) -> None:
    windows = chain_windows(chain(*weights, seam=seam))
    assert windows[0][0] == 0 and windows[-1][1] == 1
    for (_, end), (start, _) in zip(windows, windows[1:], strict=False):
        assert start <= end + 1e-12
    for before, after in zip(windows, windows[2:], strict=False):
        assert before[1] <= after[0] + 1e-12
