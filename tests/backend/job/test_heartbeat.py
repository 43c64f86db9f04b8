"""The heartbeat thread: updates the file, and ends a process that ignores its cancellation."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from mti_addon.wire.job import JobFolder
from mti_backend.job import heartbeat
from mti_backend.job.heartbeat import Heartbeat


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    return JobFolder(tmp_path)


def test_it_beats_at_once_and_again(job: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.2)
    with Heartbeat(job, lambda: None):
        first = job.heartbeat_file.stat().st_mtime_ns
        time.sleep(0.6)
        assert job.heartbeat_file.stat().st_mtime_ns > first


def test_a_cancel_that_is_ignored_is_carried_out_once(job: JobFolder) -> None:
    called: list[str] = []
    with Heartbeat(job, lambda: called.append(threading.current_thread().name), grace=0.3):
        time.sleep(0.3)
        assert called == []
        job.ask_cancel()
        time.sleep(1.2)
    assert called == ["heartbeat"]


def test_a_cancel_that_is_obeyed_is_not(job: JobFolder) -> None:
    called: list[int] = []
    with Heartbeat(job, lambda: called.append(1), grace=0.5):
        job.ask_cancel()
        time.sleep(0.3)
    time.sleep(0.5)
    assert called == []


def test_notice_and_grace_stay_within_the_promise() -> None:
    assert heartbeat.LOOK_SECONDS * 2 + heartbeat.GRACE_SECONDS <= 1.7


def test_a_folder_that_vanished_does_not_stop_the_work(tmp_path: Path) -> None:
    with Heartbeat(JobFolder(tmp_path / "gone"), lambda: None):
        pass
