from __future__ import annotations

import dataclasses
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mti_addon.client.jobs.state import MAX_LOSSES, JobState, fold
from mti_addon.wire.events import (
    Cancelled,
    Connection,
    Done,
    Event,
    Failed,
    Preview,
    Progress,
    Resumed,
    Started,
)
from tests.wire import strategies


def after(*events: Event) -> JobState:
    return reduce(fold, events, JobState())


STARTED = Started("draft", "cpu", 1, {})


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        ([], "queued"),
        ([STARTED], "running"),
        ([Progress("load", 0, 1)], "running"),
        ([STARTED, Done({})], "done"),
        ([STARTED, Failed("busy", "m", "h")], "failed"),
        ([STARTED, Cancelled(3)], "cancelled"),
        ([STARTED, Failed("busy", "m", "h"), Started("draft", "cpu", 2, {})], "running"),
        ([STARTED, Cancelled(3), Started("draft", "cpu", 2, {}), Done({})], "done"),
    ],
)
def test_the_phase(events: list[Event], phase: str) -> None:
    assert after(*events).phase == phase


def test_progress_is_shown() -> None:
    state = after(STARTED, Progress("learn", 30, 120, 0.5, 12.0), Preview("output/preview.webp"))
    assert (state.stage, state.step, state.total, state.fraction) == ("learn", 30, 120, 0.25)
    assert (state.loss, state.seconds_left, state.preview) == (0.5, 12.0, "output/preview.webp")
    state = fold(state, Progress("apply", 1, 10))
    assert (state.stage, state.loss, state.losses) == ("apply", 0.5, (0.5,))


def test_a_lost_connection_is_shown_until_it_is_found_or_the_job_ends() -> None:
    lost = after(STARTED, Progress("learn", 1, 4), Connection(False))
    assert (lost.phase, lost.online, lost.step) == ("running", False, 1)
    assert after(STARTED, Connection(False), Connection(True)).online
    assert after(STARTED, Connection(False), Done({})).online
    assert after(STARTED, Connection(False), STARTED).online


def test_a_failure_is_shown_until_the_job_is_resumed() -> None:
    state = after(STARTED, Failed("disk_full", "Full.", "Free some."))
    assert state.error == Failed("disk_full", "Full.", "Free some.")
    assert after(STARTED, Failed("disk_full", "", ""), STARTED).error is None


@pytest.mark.parametrize("count", [0, 1, 200, 201, 1000, 12345])
def test_the_curve_is_thinned_evenly(count: int) -> None:
    state = after(*(Progress("learn", i, count, float(i)) for i in range(1, count + 1)))
    assert min(count, MAX_LOSSES // 2) <= len(state.losses) <= MAX_LOSSES
    assert state.losses == tuple(float(step) for step in state.loss_steps)
    gaps = {b - a for a, b in zip(state.loss_steps, state.loss_steps[1:], strict=False)}
    assert len(gaps) <= 1
    assert state.loss == (float(count) if count else None)


def test_what_a_dead_runner_had_not_saved_is_taken_back() -> None:
    events: list[Event] = [Progress("learn", i, 100, 1.0 / i) for i in range(1, 38)]
    state = after(STARTED, *events, Started("draft", "cpu", 2, {}), Resumed(30))
    assert (state.step, state.loss_steps[-1], len(state.losses)) == (30, 30, 30)
    state = fold(state, Progress("learn", 31, 100, 0.03))
    assert state.loss_steps[-2:] == (30, 31)


@given(st.lists(st.tuples(strategies.events(), st.floats(0, 1)), max_size=100))
def test_no_sequence_of_events_breaks_it(told: list[tuple[Event, float]]) -> None:
    state = JobState()
    for event, time in told:
        before = dataclasses.asdict(state)
        new = fold(state, event, time)
        assert dataclasses.asdict(state) == before
        assert len(new.losses) == len(new.loss_steps) <= MAX_LOSSES
        assert 0.0 <= new.fraction <= 1.0
        state = new
