from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from mti_addon.client import JobState, Timings
from mti_addon.client.jobs.timings import guessed_costs, memory_of, seconds_of
from mti_addon.wire.request import Request
from mti_addon.wire.settings import Settings
from tests.client.setup.test_setup_child import fill
from tests.wire.conftest import small_disk  # noqa: F401  # a fixture
from tests.wire.examples import make_job


def request(tmp_path: Path, takes: int = 1, iterations: int = 100) -> Request:
    made = make_job(tmp_path).request()
    settings = made.settings
    settings = dataclasses.replace(
        settings,
        inversion=dataclasses.replace(settings.inversion, iterations=iterations),
        sampling=dataclasses.replace(settings.sampling, takes=takes),
    )
    return dataclasses.replace(made, settings=settings, targets=1)


def seconds(timings: Timings, settings: Settings, learns: bool, applies: bool) -> float | None:
    return seconds_of(timings.costs(settings), settings, learns, applies)


def done(**result: Any) -> JobState:
    return JobState(phase="done", epoch=1, result=result)


def test_the_next_job_takes_as_long_as_the_last_one(tmp_path: Path) -> None:
    path = tmp_path / "user" / "timings.json"
    asked = request(tmp_path, takes=2)
    timings = Timings(path)
    assert seconds(timings, asked.settings, True, True) is None
    timings.note(
        asked,
        done(
            seconds={"load": 5, "learn": 50.0, "apply": 8.0}, iterations=100, peak_memory_mib=2048
        ),
    )
    longer = request(tmp_path, takes=4, iterations=300).settings
    for known in (timings, Timings(path)):  # also after Blender was closed
        assert seconds(known, longer, True, False) == pytest.approx(5 + 150)
        assert seconds(known, longer, False, True) == pytest.approx(5 + 16)
        assert seconds(known, longer, True, True) == pytest.approx(5 + 150 + 16)
        assert (
            memory_of(known.costs(longer), True) == 2048
            and memory_of(known.costs(longer), False) is None
        )
    inversion = dataclasses.replace(longer.inversion, token_init="poses")
    keyed = dataclasses.replace(longer, inversion=inversion)  # nothing is optimized
    assert seconds(timings, keyed, True, False) == pytest.approx(5)
    assert seconds(timings, keyed, True, True) == pytest.approx(5 + 16)
    assert seconds(Timings(tmp_path / "none.json"), keyed, True, False) is None
    other = dataclasses.replace(longer, width=256)
    assert (
        seconds(timings, other, True, False) is None
        and memory_of(timings.costs(other), True) is None
    )
    assert seconds(timings, Settings.for_model("svd"), True, False) is None


def test_what_says_nothing_about_the_whole_is_left_out(tmp_path: Path) -> None:
    asked, timings = request(tmp_path), Timings(tmp_path / "timings.json")
    whole = {"seconds": {"learn": 50.0}, "iterations": 100}
    for state in (
        dataclasses.replace(
            done(**whole), epoch=2
        ),  # resumed: its seconds cover only the last part
        dataclasses.replace(done(**whole), phase="failed"),
        done(),
        done(seconds="none", iterations=100),
        done(seconds={"learn": True}, iterations=100),
        done(seconds={"learn": 50.0}, iterations=0),
    ):
        timings.note(asked, state)
        assert seconds(timings, asked.settings, True, False) is None
    timings.note(asked, done(seconds={"learn": 50.0}, iterations=40))  # it ended early
    assert seconds(timings, asked.settings, True, False) == pytest.approx(125)


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 3, "b": {"learn": "x"}}', "\xff"])
def test_a_damaged_file_is_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "timings.json"
    path.write_bytes(text.encode("latin-1"))
    asked = request(tmp_path)
    timings = Timings(path)
    assert seconds(timings, asked.settings, True, False) is None
    timings.note(asked, done(seconds={"learn": 50.0}, iterations=100))
    assert seconds(Timings(path), asked.settings, True, False) == pytest.approx(50)


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    asked, timings = request(tmp_path), Timings(tmp_path / "file" / "timings.json")
    timings.note(asked, done(seconds={"learn": 50.0}, iterations=100))
    assert seconds(timings, asked.settings, True, False) == pytest.approx(50)


def test_two_blenders_learn_side_by_side(tmp_path: Path) -> None:
    """Each was started before the other's job was done."""
    one, other = (Timings(tmp_path / "timings.json") for _ in range(2))
    draft, larger = request(tmp_path), request(tmp_path)
    wide = dataclasses.replace(larger.settings, width=256)
    one.note(draft, done(seconds={"learn": 50.0}, iterations=100))
    other.note(
        dataclasses.replace(larger, settings=wide), done(seconds={"learn": 80.0}, iterations=100)
    )
    known = Timings(tmp_path / "timings.json")
    assert seconds(known, draft.settings, True, False) == pytest.approx(50)
    assert seconds(known, wide, True, False) == pytest.approx(80)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(small_disk: Path) -> None:  # noqa: F811
    path = small_disk / "timings.json"
    asked, timings = request(small_disk), Timings(path)
    timings.note(asked, done(seconds={"learn": 50.0}, iterations=100))
    before = path.read_bytes()
    fill(small_disk)
    timings.note(asked, done(seconds={"learn": 60.0}, iterations=100))
    assert path.read_bytes() == before
    assert not [each for each in small_disk.iterdir() if each.name.startswith(".")]
    assert seconds(timings, asked.settings, True, False) == pytest.approx(60)


@pytest.mark.parametrize("number", ["Infinity", "1e999", "NaN", "1e300", "-1", "true"])
def test_numbers_that_nobody_can_show_are_not_known(tmp_path: Path, number: str) -> None:
    path, asked = tmp_path / "timings.json", request(tmp_path)
    path.write_text(f'{{"{asked.settings.workload}": {{"learn": {number}, "load": 5}}}}')
    assert Timings(path).costs(asked.settings) == {"load": 5}


def test_before_the_first_job_there_is_a_guess(tmp_path: Path) -> None:
    settings = request(tmp_path, iterations=10).settings
    guess = {settings.workload: {"load": 1.0, "learn": 2.0, "memory_learn": 800.0, "apply": "soon"}}
    costs = guessed_costs(guess, settings)
    assert seconds_of(costs, settings, True, False) == 21 and memory_of(costs, True) == 800
    assert seconds_of(costs, settings, True, True) is None
    for nothing in (None, [], {}, {"else": {"learn": 1.0}}, {settings.workload: 3}):
        assert guessed_costs(nothing, settings) == {}
