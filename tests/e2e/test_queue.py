"""The queue continues while Blender is closed: a real runner works on jobs waiting beside its
own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from mti_addon import client
from mti_addon.wire.events import Done, Progress
from mti_addon.wire.owner import read_owner
from tests.e2e import jobs
from tests.e2e.jobs import phase_of, wait_for, wait_until_finished

pytestmark = pytest.mark.e2e


def test_a_runner_that_stays_does_what_waits_and_what_comes_and_ends(
    models: Path, tmp_path: Path
) -> None:
    first, second, third = (jobs.new_job(tmp_path / "spool", iterations=6) for _ in range(3))
    for place, job in enumerate((first, third, second)):
        client.enqueue(job)
        os.utime(job.waiting_file, (1000 + place, 1000 + place))
    # nobody polls them again: Blender is closed
    pid = client.launch(
        sys.executable, jobs.ROOT, first, jobs.environment(models), idle_timeout=3.0
    )
    assert client.next_job(tmp_path / "spool") is None
    for job in (first, third, second):
        assert isinstance(wait_until_finished(job), Done), job.log_file.read_text()
        owner = read_owner(job.owner_file)
        assert owner is not None and (owner.pid, owner.epoch) == (pid, 1)
    assert third.events_file.stat().st_mtime < second.events_file.stat().st_mtime
    assert not any(job.waiting_file.exists() for job in (first, second, third))
    loads = [
        any(isinstance(event, Progress) and event.stage == "load" for event in jobs.told(job))
        for job in (first, second, third)
    ]
    assert loads == [True] * 3  # reported by each, although the model is loaded once

    later = jobs.new_job(tmp_path / "spool", "learn", iterations=1)
    client.enqueue(later)  # while it has nothing to do; jobs outside the queue are not its own
    assert isinstance(wait_until_finished(later), Done)
    owner = read_owner(later.owner_file)
    assert owner is not None and owner.pid == pid
    assert psutil.Process(pid).wait(timeout=20) == 0, "it ends by itself"


def test_a_runner_that_is_started_beside_one_that_stays_is_not_needed(
    models: Path, tmp_path: Path
) -> None:
    """A new take, as Blender starts it: one of the two works, the other exits."""
    first = jobs.new_job(tmp_path / "spool", iterations=6)
    environment = jobs.environment(models)
    client.launch(sys.executable, jobs.ROOT, first, environment, idle_timeout=20.0)
    assert isinstance(wait_until_finished(first), Done)
    second = jobs.new_job(tmp_path / "spool", iterations=6)
    client.enqueue(second)
    assert client.next_job(tmp_path / "spool") == second
    pid = client.launch(sys.executable, jobs.ROOT, second, environment, idle_timeout=0.0)
    assert isinstance(wait_until_finished(second), Done)
    owners = [read_owner(job.owner_file) for job in (first, second)]
    assert owners[0] is not None and owners[1] is not None
    assert owners[1].pid in (owners[0].pid, pid) and owners[1].epoch == 1
    assert phase_of(second) == "done"
    # cancelled to shorten the test; an idle runner ends by itself
    if owners[1].pid == owners[0].pid:
        wait_for(lambda: not client.is_running(second))
        os.kill(owners[0].pid, 9)
