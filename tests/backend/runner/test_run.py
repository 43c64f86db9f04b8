"""Runners and jobs without a model: write access, interrupted runs, idle runners."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from mti_addon.client.jobs.launch import launch
from mti_addon.wire import queue
from mti_addon.wire.errors import Busy, ModelMissing
from mti_addon.wire.events import (
    Cancelled,
    Done,
    EventReader,
    Failed,
    Progress,
    Resumed,
    Started,
)
from mti_addon.wire.job import JobFolder, create_job, manifest_of
from mti_addon.wire.owner import JobLock, current_owner, process_identity
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import PROTOCOL, CaptureInfo, Request
from mti_addon.wire.settings import Settings
from mti_backend import frames
from mti_backend.job import session
from mti_backend.job.session import Session, acquire
from mti_backend.runner import idle
from mti_backend.runner.run import run_job

ROOT = Path(__file__).parents[3]


def make_job(root: Path, name: str = "0" * 32) -> JobFolder:
    """An apply job without a valid motion."""
    import numpy as np

    target = root / "target.png"
    frames.write_frames(root / "pictures", np.zeros((1, 64, 64, 3), np.uint8))[0].rename(target)
    request = Request(
        protocol=PROTOCOL,
        job=name,
        task="apply",
        name="nothing",
        settings=Settings.for_model("draft"),
        inputs={},
        reference_frames=0,
        references=0,
        targets=1,
        capture=CaptureInfo(24.0, 1, 48, (64, 64), False),
    )
    inputs: dict[str, bytes | Path] = {"target.png": target, "motion.safetensors": b"none"}
    return create_job(root / "spool", request, inputs)


def no_model(name: str, device: str) -> object:
    raise ModelMissing(f"The model {name} is not installed.", "Install it.")


def told(job: JobFolder) -> list[object]:
    return [event for _, _, event in EventReader(job.events_file).read_new()]


def test_a_failure_is_told_once_a_run_and_every_run_has_its_epoch(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    job = make_job(tmp_path)
    assert run_job(job.path, no_model) == 2  # type: ignore[arg-type]
    assert run_job(job.path, no_model) == 2  # type: ignore[arg-type]
    events = told(job)
    assert [type(event) for event in events] == [Started, Failed, Started, Failed]
    assert [event.epoch for event in events if isinstance(event, Started)] == [1, 2]
    assert capfd.readouterr().err.count("mti: ") == 2


@pytest.mark.parametrize("message", ["x" * 70_000, "\x00é漢\n" * 20_000, "\ud800" * 70_000])
def test_a_failure_of_any_length_is_the_last_event(tmp_path: Path, message: str) -> None:
    """Libraries list every missing tensor; without a last event the job would look dead."""
    job = make_job(tmp_path)

    with JobLock(job) as lock:
        turn = Session(job, lock)
        values = {"reason": message, "share": float("nan")}
        turn.failed(ModelMissing(Problem("model_not_loaded", "{reason}", "{reason}", values)))
    last = told(job)[-1]
    assert isinstance(last, Failed) and last.code == "model_missing" and len(last.message) < 1000
    assert last.problem == "model_not_loaded" and last.values["share"] is None
    assert last.values["reason"] == last.message and last.said.hint == last.message


def test_a_request_with_an_endless_name_in_it_fails_by_a_sentence(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    value = json.loads(job.request_file.read_text())
    value["x" * 80_000] = 1
    job.request_file.write_text(json.dumps(value))
    assert run_job(job.path, no_model) == 2  # type: ignore[arg-type]
    last = told(job)[-1]
    assert isinstance(last, Failed) and last.message.endswith("is unknown.")


def test_a_removed_experiment_is_not_run_but_a_job_that_is_done_stays_done(
    tmp_path: Path,
) -> None:
    """Of protocol 2; its golden request has all of them enabled."""
    job = make_job(tmp_path)
    golden = json.loads((ROOT / "tests/golden/request_2.json").read_text())
    own = json.loads(job.request_file.read_text())
    kept = {name: own[name] for name in ("job", "task", "inputs", "reference_frames", "references")}
    job.request_file.write_text(json.dumps(golden | kept | {"targets": 1}))
    assert job.request().applies
    assert run_job(job.path, no_model) == 2  # type: ignore[arg-type]
    last = told(job)[-1]
    assert isinstance(last, Failed) and last.code == "bad_request"
    assert last.message.startswith("settings.inversion.sigmas is 'stratified', an experiment")
    job.output_dir.mkdir()
    job.manifest_file.write_text(manifest_of(job.output_dir).to_json())
    with JobLock(job) as lock:
        Session(job, lock).done({"frames": 0})
    assert run_job(job.path, no_model) == 0  # type: ignore[arg-type]


def test_a_number_that_is_none_does_not_make_a_result_a_failure(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    with JobLock(job) as lock:
        result = {
            "reconstruction": math.nan,
            "takes": [{"score": math.inf, "seed": 3}],
            "loss": 1.5,
        }
        Session(job, lock).done(result)
    assert told(job)[-1] == Done(
        {"reconstruction": None, "takes": [{"score": None, "seed": 3}], "loss": 1.5}
    )


def test_a_job_that_was_cancelled_before_it_began(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    job.ask_cancel()
    assert run_job(job.path, no_model) == 3  # type: ignore[arg-type]
    assert told(job)[-1] == Cancelled(0)


def test_whoever_lost_the_job_writes_nothing_more(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    with JobLock(job) as lock:
        turn = Session(job, lock)
        turn.fence()
        successor = dataclasses.replace(current_owner(lock.epoch + 1), host="another")
        job.owner_file.write_text(successor.to_json())
        with pytest.raises(Busy):
            turn.fence()
        with pytest.raises(Busy), turn.swapping():
            pass
        for event in (Resumed(1), Progress("apply", 3, 8)):
            with pytest.raises(Busy):
                turn.log.append(event)
        with pytest.raises(Busy):
            turn.done({})
        turn.failed(Busy("Another runner has taken this job over."))
    assert not job.events_file.exists()
    assert job.heartbeat_file.exists()  # it belongs to the other runner now


def spool(root: Path, count: int) -> list[JobFolder]:
    """This many jobs in one folder."""
    return [make_job(root, f"{number:032x}") for number in range(count)]


def run_one(ran: list[str]) -> Callable[[Path, object], int]:
    """Replacement for run_job that takes the lock and records the job."""

    def run(path: Path, load: object) -> int:
        ran.append(path.name)
        with JobLock(JobFolder(path)):
            return 0

    return run


def test_who_stays_goes_on_with_what_waits_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, second, first, cancelled, unasked = spool(tmp_path, 5)
    for age, job in enumerate((second, first, cancelled)):
        queue.enqueue(job)
        os.utime(job.waiting_file, (1000 - age, 1000 - age))
    cancelled.ask_cancel()
    ran: list[str] = []
    monkeypatch.setattr(idle, "run_job", run_one(ran))
    assert idle.run_jobs(own.path, idle_timeout=0.3) == 0
    assert ran == [own.path.name, first.path.name, second.path.name]
    assert not first.waiting_file.exists() and not unasked.owner_file.exists()


def test_a_job_that_cannot_be_begun_is_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, waiting = spool(tmp_path, 2)
    queue.enqueue(waiting)
    ran: list[str] = []
    monkeypatch.setattr(idle, "run_job", lambda path, load: ran.append(path.name) or 75)
    assert idle.run_jobs(own.path, idle_timeout=0.3) == 75
    assert ran == [own.path.name, waiting.path.name]


def test_who_stays_leaves_when_another_runner_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other, waiting = spool(tmp_path, 3)
    another = JobLock(other)
    ran: list[str] = []

    def a_runner_of_another_comes(seconds: float) -> None:
        another.acquire()
        queue.enqueue(waiting)

    monkeypatch.setattr(idle, "run_job", run_one(ran))
    monkeypatch.setattr(idle.time, "sleep", a_runner_of_another_comes)
    assert idle.run_jobs(own.path, idle_timeout=600.0) == 0
    another.release()
    assert ran == [own.path.name]


def test_the_lock_of_a_runner_that_is_still_dying_is_waited_for(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    holder = JobLock(job)
    holder.acquire()
    with pytest.raises(Busy):
        acquire(JobLock(job))
    dead = dataclasses.replace(current_owner(1), create_time=-1.0)
    job.owner_file.write_text(dead.to_json())
    threading.Timer(0.3, holder.release).start()
    lock = JobLock(job)
    acquire(lock)
    assert lock.epoch == 2
    lock.release()


def test_a_lock_that_a_dead_runner_never_lets_go_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(tmp_path)
    monkeypatch.setattr(session, "DYING_SECONDS", 0.2)
    with JobLock(job):
        dead = dataclasses.replace(current_owner(1), create_time=-1.0)
        job.owner_file.write_text(dead.to_json())
        with pytest.raises(Busy):
            acquire(JobLock(job))


def test_a_runner_that_stays_holds_no_file_of_a_job_that_is_over(tmp_path: Path) -> None:
    """Windows cannot delete a folder in which a file is open."""
    if sys.platform != "linux":
        pytest.skip("about /proc")
    job = make_job(tmp_path)
    pid = launch(sys.executable, ROOT, job, {"MTI_DEVICE": "cpu"}, idle_timeout=60.0)
    try:
        deadline = time.monotonic() + 60
        while job.heartbeat_file.exists() or job.finished() is None:
            assert time.monotonic() < deadline, job.log_file.read_text()
            time.sleep(0.05)
        held = [str(job.path)]
        while held and time.monotonic() < deadline:
            time.sleep(0.05)
            held = [each for each in _open_files(pid) if each.startswith(str(job.path))]
        assert held == []
        os.kill(pid, 0)  # it still exists
        assert "mti: " in job.log_file.read_text()
    finally:
        os.kill(pid, signal.SIGKILL)
        while process_identity(pid) is not None:
            time.sleep(0.02)


def _open_files(pid: int) -> list[str]:
    found = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            found.append(os.readlink(path))
    return found


LEAVER = """
import sys
from pathlib import Path
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import JobLock
from mti_backend.job.session import Session
job = JobFolder(Path(sys.argv[1]))
lock = JobLock(job)
lock.acquire()
Session(job, lock).leave()
"""


def test_who_ends_in_the_middle_of_a_step_leaves_no_heartbeat(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    done = subprocess.run([sys.executable, "-c", LEAVER, str(job.path)], cwd=ROOT)
    assert done.returncode == 3 and told(job)[-1] == Cancelled(0)
    assert not job.heartbeat_file.exists() and not queue.is_worked_on(job)


def test_who_must_end_ends_although_the_disk_is_gone(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    gone = "\n".join(
        [
            "from mti_backend.job.events import EventLog",
            "def end(*arguments): raise OSError(5, 'Input/output error')",
            "EventLog.end = end",
            LEAVER,
        ]
    )
    done = subprocess.run([sys.executable, "-c", gone, str(job.path)], cwd=ROOT)
    assert done.returncode == 70
