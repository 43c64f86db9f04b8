"""The event writer: consecutive numbers, repair, and a last event under all circumstances."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from mti_addon.wire.errors import DiskFull
from mti_addon.wire.events import (
    Cancelled,
    Done,
    EventReader,
    Failed,
    Progress,
    Resumed,
    Started,
)
from mti_addon.wire.job import JobFolder
from mti_backend.job import events
from mti_backend.job.events import EventLog, Stage

STARTED = Started("draft", "cpu", 1, {})


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    return JobFolder(tmp_path)


def read(job: JobFolder) -> list[object]:
    numbered = EventReader(job.events_file).read_new()
    assert [seq for seq, _, _ in numbered] == list(range(1, len(numbered) + 1))
    return [event for _, _, event in numbered]


def test_seq_goes_on_where_the_last_runner_ended(job: JobFolder) -> None:
    EventLog(job).append(STARTED)
    EventLog(job).append(Resumed(3))
    assert read(job) == [STARTED, Resumed(3)]


@pytest.mark.parametrize(
    "tail",
    [
        b'{"seq":2,"ti',
        bytes(512),
        b"garbage\n",
        b'{"seq":1,"time":1,"event":"cancelled","step":0}\n',
    ],
    ids=["half a line", "zeros", "garbage", "seq again"],
)
def test_what_no_reader_accepts_is_cut_off(job: JobFolder, tail: bytes) -> None:
    EventLog(job).append(STARTED)
    with open(job.events_file, "ab") as stream:
        stream.write(tail)
    EventLog(job).append(Resumed(1))
    assert read(job) == [STARTED, Resumed(1)]


def test_nothing_follows_the_last_event(job: JobFolder) -> None:
    log = EventLog(job)
    log.append(STARTED)
    assert log.end(Done({}), STARTED)
    assert not log.end(Cancelled(0), STARTED)
    with pytest.raises(RuntimeError):
        log.append(Resumed(1))
    assert read(job) == [STARTED, Done({})]


def test_a_last_event_belongs_to_a_start(job: JobFolder) -> None:
    failed = Failed("bad_request", "No.", "")
    assert EventLog(job).end(failed, STARTED)
    assert read(job) == [STARTED, failed]


def test_one_of_two_threads_has_the_last_word(job: JobFolder) -> None:
    log = EventLog(job)
    log.append(STARTED)
    ended: list[bool] = []
    threads = [
        threading.Thread(target=lambda step=step: ended.append(log.end(Cancelled(step), STARTED)))
        for step in range(8)
    ]
    with log.undisturbed():
        for thread in threads:
            thread.start()
        time.sleep(0.05)
        assert ended == []
    for thread in threads:
        thread.join()
    assert sorted(ended) == [False] * 7 + [True]
    assert len(read(job)) == 2


def test_the_reserve_is_given_up_for_the_last_event(
    job: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EventLog(job)
    log.hold_reserve()
    reserve = job.path / events.RESERVE_NAME
    assert reserve.stat().st_size == events.RESERVE_BYTES
    append_line = events.append_line

    def full_while_reserved(path: Path, line: str, durable: bool = False) -> None:
        if reserve.exists():
            raise DiskFull("There is no space left.")
        append_line(path, line, durable)

    monkeypatch.setattr(events, "append_line", full_while_reserved)
    with pytest.raises(DiskFull):
        log.append(Progress("load", 0, 1))
    assert log.end(Failed("disk_full", "Full.", ""), STARTED)
    assert read(job) == [STARTED, Failed("disk_full", "Full.", "")]


def test_a_reserve_left_by_a_killed_runner_serves_again(job: JobFolder) -> None:
    EventLog(job).hold_reserve()
    EventLog(job).hold_reserve()
    assert [path.name for path in job.path.iterdir()] == [events.RESERVE_NAME]


def test_a_stage_tells_rarely_but_its_end_always(
    job: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(events.time, "monotonic", lambda: clock[0])
    stage = Stage(EventLog(job), "learn", 100, later=10)
    for step in range(1, 101):
        clock[0] += 0.125
        stage.at(step, loss=float(step))
    told = [event for event in read(job) if isinstance(event, Progress)]
    assert [event.step for event in told] == [0, *range(4, 101, 4)]
    assert told[1].loss == 2.5, "the mean since the last report"
    assert told[-1].loss == 98.5
    assert told[10].seconds_left == 0.125 * (60 + 10)
    assert told[0].loss is None and told[0].seconds_left is None


def test_the_time_left_of_a_resumed_stage_is_judged_by_its_own_pace(
    job: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(events.time, "monotonic", lambda: clock[0])
    stage = Stage(EventLog(job), "learn", 100, step=90, later=0.0)
    clock[0] += 4.0
    stage.report(92)
    told = read(job)[-1]
    assert isinstance(told, Progress)
    assert told.seconds_left == pytest.approx(16.0)


def test_a_time_left_that_is_longer_than_an_event_can_tell(
    job: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(events.time, "monotonic", lambda: clock[0])
    stage = Stage(EventLog(job), "learn", 100_000, later=0.0)
    clock[0] += 86_400.0  # the clock jumps by a day
    stage.report(1)
    told = read(job)[-1]
    assert isinstance(told, Progress) and told.seconds_left == events.MOST_SECONDS


def test_no_time_left_is_told_where_it_cannot_be_known(job: JobFolder) -> None:
    stage = Stage(EventLog(job), "load", 1)
    stage.report(1)
    assert read(job) == [Progress("load", 0, 1), Progress("load", 1, 1)]
