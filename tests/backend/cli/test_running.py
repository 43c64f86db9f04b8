"""Jobs of the command line: found again by what they are, run by the code that runs any job."""

from __future__ import annotations

import dataclasses
import os
import signal
import uuid
from pathlib import Path

import pytest

from mti_addon.wire.errors import Cancelled, MtiError, UnreadableInput
from mti_addon.wire.job import JobFolder
from mti_addon.wire.request import PROTOCOL, CaptureInfo, Request, motion_name, target_name
from mti_addon.wire.settings import Settings
from mti_backend.cli import running
from mti_backend.cli.progress import Screen
from mti_backend.cli.running import Jobs, job_id

REQUEST = Request(
    protocol=PROTOCOL,
    job="",
    task="apply",
    name="wave",
    settings=Settings.for_model("draft"),
    inputs={},
    reference_frames=0,
    references=0,
    targets=1,
    capture=CaptureInfo(24.0, 1, 48, (640, 360), False),
)
INPUTS = {target_name(): b"no image", motion_name(): b"no motion"}


def test_the_same_request_on_the_same_inputs_is_the_same_job() -> None:
    first = job_id(REQUEST, INPUTS)
    assert job_id(dataclasses.replace(REQUEST, job="f" * 32), dict(INPUTS)) == first
    assert uuid.UUID(first).version == 4 and first == uuid.UUID(first).hex
    others = [
        job_id(dataclasses.replace(REQUEST, name="nod"), INPUTS),
        job_id(REQUEST, INPUTS | {target_name(): b"another"}),
    ]
    assert len({first, *others}) == 3


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path / "work", Screen(quiet=True), lambda: None)


def test_a_job_that_can_never_be_carried_out_leaves_nothing(jobs: Jobs, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="target.png is not a PNG"):
        jobs.run(REQUEST, INPUTS, "wave")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_job_that_another_process_works_on_is_left_alone(jobs: Jobs, tmp_path: Path) -> None:
    from mti_addon.wire.errors import Busy
    from mti_addon.wire.owner import JobLock

    job = JobFolder(tmp_path / "work" / job_id(REQUEST, INPUTS))
    with pytest.MonkeyPatch.context() as patch:  # stop right after the job was created
        patch.setattr(running, "work_on", lambda path, load: Cancelled("Stopped."))
        with pytest.raises(Cancelled):
            jobs.run(REQUEST, INPUTS, "wave")
    lock = JobLock(job)
    lock.acquire()
    job.heartbeat_file.touch()
    try:
        with pytest.raises(Busy):
            jobs.run(REQUEST, INPUTS, "wave")
    finally:
        lock.release()
    assert job.request_file.is_file()
    jobs.forget(REQUEST, INPUTS)
    assert not job.path.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_the_job_to_stop_once_and_is_told_at_once(
    number: signal.Signals,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    jobs = Jobs(tmp_path / "work", Screen(), lambda: told.append("stopped"))
    before = signal.getsignal(number)

    def work(path: Path, load: object) -> MtiError | None:
        os.kill(os.getpid(), number)
        assert JobFolder(path).cancel_asked() and told == ["stopped"]
        return None  # it was done before it saw that

    monkeypatch.setattr(running, "work_on", work)
    with pytest.raises(Cancelled):
        jobs.run(REQUEST, INPUTS, "wave")
    assert "The same command continues from here." in capfd.readouterr().err
    assert signal.getsignal(number) is before
    (job,) = (tmp_path / "work").iterdir()

    monkeypatch.setattr(running, "work_on", lambda path, load: None)
    assert jobs.run(REQUEST, INPUTS, "wave").path == job
    assert not JobFolder(job).cancel_asked()
