"""The artist's clock is set while a job is relayed: nothing waits longer, or less, for it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mti_addon.client.jobs import job_control
from mti_addon.client.jobs.follow import Follower
from mti_addon.client.jobs.launch import reap
from mti_addon.client.remote.start import start_relay
from mti_addon.client.remote.studio import StudioFolder
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import process_identity
from mti_addon.wire.remote.note import read_remote
from tests.client.conftest import wait_for
from tests.client.remote.studio_server import Handler, StudioServer
from tests.client.remote.test_relay import count, end_of, server_numbers
from tests.wire.examples import ROOT

DAY = 86_400.0
BUSY_SECONDS = 2
CLOCK = """
import pathlib, runpy, sys, time
real, offset = time.time, pathlib.Path({path!r})
time.time = lambda: real() + float(offset.read_text())
time.time_ns = lambda: int(time.time() * 1e9)
assert sys.argv[1] == "-m"
del sys.argv[:2]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
"""Runs a module with another wall clock, which the test sets. The system's stays as it is: other
programs need it. Files therefore keep their real times."""

Start = Callable[[JobFolder], int]


class Clock:
    """The wall clock of the relays."""

    def __init__(self, folder: Path) -> None:
        self._offset = folder / "offset"
        self.set(0.0)
        (folder / "clock.py").write_text(CLOCK.format(path=str(self._offset)))
        self.python = folder / "python"
        self.python.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{folder}/clock.py' \"$@\"\n")
        self.python.chmod(0o700)

    def set(self, offset: float) -> None:
        new = self._offset.with_name("new")
        new.write_text(str(offset))
        os.replace(new, self._offset)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


@pytest.fixture
def begin(studio: StudioFolder, clock: Clock) -> Iterator[Start]:
    """Start a relay that has the test's clock; all are ended after the test."""
    pids: list[tuple[int, float | None]] = []

    def start_one(job: JobFolder) -> int:
        pid = start_relay(job, studio, ROOT, str(clock.python))
        pids.append((pid, process_identity(pid)))
        return pid

    yield start_one
    for pid, started in pids:
        if started is not None and process_identity(pid) == started:
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: all(process_identity(pid) is None for pid, _ in pids))
    reap()


def test_a_clock_that_jumps_back_and_ahead_loses_and_doubles_nothing(
    server: StudioServer, remote_job: JobFolder, begin: Start, clock: Clock
) -> None:
    server.mode = "slow"
    begin(remote_job)
    follower = Follower(remote_job)
    for step, offset in ((2, DAY), (5, -DAY), (9, 30 * DAY), (13, 0.0)):
        wait_for(lambda step=step: follower.poll().step >= step)
        clock.set(offset)
    state = end_of(remote_job)
    assert state.phase == "done" and state.online, remote_job.log_file.read_text()
    note = read_remote(remote_job)
    assert note and server_numbers(remote_job) == list(range(1, len(server.lines(note.job)) + 1))
    assert count(server, "POST", "/v1/jobs") == 1
    lines = [json.loads(line) for line in remote_job.events_file.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    away = {round((line["time"] - time.time()) / DAY) for line in lines}
    assert away == {0, 1, -1, 30}, "the clock did not jump"


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_a_wait_that_the_server_asked_for_is_as_long_as_before(
    server: StudioServer, remote_job: JobFolder, begin: Start, clock: Clock, jump: float
) -> None:
    asked: list[float] = []

    def busy(handler: Handler) -> bool:
        if handler.path != "/v1/me" or len(asked) > 1:
            return False
        asked.append(time.monotonic())
        if len(asked) == 1:
            handler.answer(503, headers={"Retry-After": str(BUSY_SECONDS)})
            threading.Timer(BUSY_SECONDS / 4, clock.set, (jump,)).start()  # while it waits
        return len(asked) == 1

    server.fault = busy
    begin(remote_job)
    assert end_of(remote_job).phase == "done", remote_job.log_file.read_text()
    waited = asked[1] - asked[0]
    assert 0.74 * BUSY_SECONDS <= waited < 1.25 * BUSY_SECONDS + 2.0


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_a_relay_that_waits_for_the_server_comes_back_after_a_jump(
    server: StudioServer, remote_job: JobFolder, begin: Start, clock: Clock, jump: float
) -> None:
    server.mode = "slow"
    begin(remote_job)
    follower = Follower(remote_job)
    wait_for(lambda: follower.poll().step >= 2)
    server.stop()
    wait_for(lambda: not follower.poll().online)
    clock.set(jump)
    again = StudioServer(server.data, server.port).start()
    try:
        state = end_of(remote_job)
        assert state.phase == "done" and state.online, remote_job.log_file.read_text()
        note = read_remote(remote_job)
        assert note and server_numbers(remote_job) == list(range(1, len(again.lines(note.job)) + 1))
        assert count(again, "POST", "/v1/jobs") == 0
    finally:
        again.stop()


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_a_heartbeat_of_another_day_does_not_start_a_second_relay(
    server: StudioServer, remote_job: JobFolder, begin: Start, jump: float
) -> None:
    """As after a jump of the whole machine's clock: files are a day older or newer than now."""
    server.hold = True
    pid = begin(remote_job)
    follower = Follower(remote_job)
    wait_for(lambda: follower.poll().stage == "queue")
    for path in (remote_job.heartbeat_file, remote_job.owner_file, remote_job.launched_file):
        os.utime(path, (time.time() + jump, time.time() + jump))
    assert follower.poll().phase in ("running", "stuck")
    assert job_control.is_running(remote_job)
    second = begin(remote_job)
    wait_for(lambda: _has_ended(second))
    assert process_identity(pid) is not None
    assert remote_job.finished() is None
    server.release()
    assert end_of(remote_job).phase == "done", remote_job.log_file.read_text()
    assert count(server, "POST", "/v1/jobs") == 1


def _has_ended(pid: int) -> bool:
    reap()
    return process_identity(pid) is None
