"""A real, detached runner that needs no model: tests/fake_runner."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mti_addon.client import launch as start
from mti_addon.client.jobs.follow import Follower
from mti_addon.client.jobs.launch import reap
from mti_addon.client.jobs.state import JobState
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import process_identity
from tests.fake_runner import FAKE
from tests.wire.examples import ROOT, make_job


def fake_environment(mode: str) -> dict[str, str]:
    """Environment that makes `python -m mti_backend` the fake runner, in the given mode."""
    paths = os.pathsep.join([str(FAKE), str(ROOT)])
    slow = {"MTI_FAKE_STEPS": "1000", "MTI_FAKE_PAUSE": "0.05"}  # longer than any test
    return {"MTI_FAKE": mode, "PYTHONPATH": paths} | slow


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    return make_job(tmp_path / "spool")


Launch = Callable[..., int]


@pytest.fixture
def launch() -> Iterator[Launch]:
    """launch(job, mode="bare") -> process ID of a fake runner; all are ended after the test."""
    pids: list[tuple[int, float | None]] = []

    def launch_fake(job: JobFolder, mode: str = "bare") -> int:
        pid = start(sys.executable, FAKE, job, fake_environment(mode))
        pids.append((pid, process_identity(pid)))
        return pid

    yield launch_fake
    for pid, started in pids:
        if started is not None and process_identity(pid) == started:
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: all(process_identity(pid) is None for pid, _ in pids))
    reap()


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def poll_until(follower: Follower, *phases: str) -> JobState:
    """Poll until the job is in one of these phases."""
    state = follower.poll()

    def there() -> bool:
        nonlocal state
        state = follower.poll()
        return state.phase in phases

    wait_for(there)
    return state
