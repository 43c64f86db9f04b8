"""The order of the queue: fair between users, short before long, and how long one waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mti_backend.server.execution.queue import PATIENCE_SECONDS, order, waits
from mti_backend.server.store.jobs import Job

NOW = 10_000.0
NEVER: Mapping[str, float] = MappingProxyType({})


def job(name: str, user: str, created: float = 0.0, task: str = "learn", **of: Any) -> Job:
    fields = dict.fromkeys(Job.__dataclass_fields__, 0) | {
        "id": name, "user": user, "created": NOW - 100 + created, "task": task, "model": "draft",
        "state": "queued", "work": name, "handle": None, "started": None,
        "finished": None, "seconds_left": None,
    }  # fmt: skip
    return Job(**(fields | of))  # type: ignore[arg-type]


def names(queued: list[Job], running: Sequence[Job] = (), last: Mapping[str, float] = NEVER) -> str:
    return " ".join(each.id for each in order(queued, running, last, NOW))


def test_users_take_turns() -> None:
    many = [job(f"a{n}", "anna", n) for n in range(3)]
    assert names([*many, job("b0", "ben", 10), job("c0", "cem", 11)]) == "a0 b0 c0 a1 a2"


def test_whoever_has_jobs_at_work_comes_after_those_who_have_none() -> None:
    queued = [job("a0", "anna", 0), job("b0", "ben", 1)]
    assert names(queued, [job("a9", "anna", state="running")]) == "b0 a0"


def test_whoever_was_served_last_comes_last() -> None:
    queued = [job("a0", "anna", 0), job("b0", "ben", 1)]
    assert names(queued, last={"anna": 5.0, "ben": 3.0}) == "b0 a0"


def test_applying_comes_before_learning() -> None:
    both = [job("l", "anna", 0), job("p", "anna", 1, "apply"), job("q", "ben", 2, "learn+apply")]
    assert names(both) == "p l q"


def test_learning_is_not_overtaken_for_ever() -> None:
    old = job("l", "anna", created=-PATIENCE_SECONDS)
    assert names([job("p", "anna", 0, "apply"), old]) == "l p"


DURATIONS = {("draft", "learn"): [100.0, 120.0, 80.0], ("draft", "apply"): [10.0]}


def estimated(queued: list[Job], running: list[Job], slots: int) -> list[tuple[int, float | None]]:
    found = waits(order(queued, running, {}, NOW), running, DURATIONS, slots, NOW).places
    return [(place.position, place.wait_seconds) for place in found.values()]


def of_new(queued: list[Job], running: list[Job], slots: int, most: int | None = None) -> Any:
    return waits(order(queued, running, {}, NOW), running, DURATIONS, slots, NOW, most).new


def test_the_estimate_plays_the_queue_through() -> None:
    running = [job("r", "cem", state="running", seconds_left=30.0)]
    queued = [job("p", "anna", 0, "apply"), job("l", "anna", 1), job("m", "ben", 2)]
    # the apply takes the free slot, the next the one free after it, and so on
    assert estimated(queued, running, 2) == [(1, 0.0), (2, 10.0), (3, 30.0)]


def test_jobs_beyond_a_user_s_share_wait_for_their_own() -> None:
    running = [job("r", "anna", state="running", seconds_left=30.0)]
    queued = [job("l", "anna", 0), job("m", "ben", 1), job("n", "ben", 2)]
    ordered = order(queued, running, {}, NOW)
    found = waits(ordered, running, DURATIONS, 3, NOW, most=1).places
    assert {name: place.wait_seconds for name, place in found.items()} == {
        "l": 30.0,
        "m": 0.0,
        "n": 100.0,
    }


def test_without_experience_there_is_no_estimate() -> None:
    running = [job("r", "cem", state="running", model="svd")]
    assert estimated([job("p", "anna", task="apply")], running, 1) == [(1, None)]
    assert estimated([job("p", "anna", model="svd"), job("q", "anna", 1)], [], 1) == [
        (1, 0.0),
        (2, None),
    ]


def test_one_unknown_job_leaves_the_other_slots_known() -> None:
    running = [job("r", "cem", state="running", model="svd")]
    assert estimated([job("p", "anna"), job("q", "ben", 1)], running, 2) == [(1, 0.0), (2, 100.0)]


def test_a_new_job_waits_for_all_before_it() -> None:
    running = [job("r", "cem", state="running", seconds_left=30.0)]
    assert of_new([], [], 1) == 0.0 and of_new([], running, 2) == 0.0
    assert of_new([], running, 1) == 30.0  # the queue is empty, but nothing is free
    assert of_new([job("l", "anna"), job("m", "ben", 1)], running, 1) == 230.0
    assert of_new([job("l", "anna"), job("m", "ben", 1)], running, 2) == 100.0
    assert of_new([job("l", "anna", model="svd")], running, 1) is None
    assert of_new([], [], 0) is None
    # of another user, it takes a slot that whoever has their share may not take
    assert of_new([job("l", "cem"), job("m", "cem", 1)], running, 2, most=1) == 0.0


def test_what_is_being_learned_already_is_there_when_that_ends() -> None:
    running = [job("r", "cem", state="running", seconds_left=30.0)]
    queued = [job("same", "anna", work="r"), job("other", "ben", 1)]
    assert estimated(queued, running, 2) == [(1, 30.0), (2, 0.0)]
    assert of_new(queued, running, 2) == 30.0
    unknown = [job("r", "cem", state="running", model="svd")]
    assert estimated([job("same", "anna", work="r")], unknown, 2) == [(1, None)]
    both = [job("p", "anna"), job("q", "ben", 1, work="p")]
    assert estimated(both, [], 2) == [(1, 0.0), (2, 100.0)]


def test_a_running_job_is_estimated_by_its_age() -> None:
    running = [job("r", "cem", state="running", started=NOW - 40)]
    assert estimated([job("p", "anna")], running, 1) == [(1, 60.0)]


jobs_of_users = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["learn", "apply"]), st.floats(0, 90)),
    max_size=30,
)


@given(queued=jobs_of_users, running=jobs_of_users, slots=st.integers(0, 4))
def test_every_job_has_one_place_and_own_jobs_keep_their_order(
    queued: list[tuple[str, str, float]], running: list[tuple[str, str, float]], slots: int
) -> None:
    waiting = [job(f"q{n}", user, at, task) for n, (user, task, at) in enumerate(queued)]
    at_work = [job(f"r{n}", user, at, task) for n, (user, task, at) in enumerate(running)]
    ordered = order(waiting, at_work, {}, NOW)
    assert sorted(each.id for each in ordered) == sorted(each.id for each in waiting)
    for user in "abcd":
        for task in ("learn", "apply"):
            own = [each.created for each in ordered if (each.user, each.task) == (user, task)]
            assert own == sorted(own)
    found = waits(ordered, at_work, DURATIONS, slots, NOW).places
    assert [place.position for place in found.values()] == list(range(1, len(waiting) + 1))
    seconds = [p.wait_seconds for p in found.values() if p.wait_seconds is not None]
    assert seconds == sorted(seconds)
