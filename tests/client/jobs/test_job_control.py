from __future__ import annotations

import dataclasses
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from mti_addon.client.jobs import job_control
from mti_addon.client.jobs.advice import advice
from mti_addon.client.jobs.follow import Follower
from mti_addon.client.jobs.launch import launch as start
from mti_addon.client.jobs.state import JobState
from mti_addon.wire.errors import ERRORS, BadRequest, Busy
from mti_addon.wire.events import Failed, Started, encode
from mti_addon.wire.files import append_line
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import STALE_SECONDS, JobLock, current_owner, process_identity
from tests.client.conftest import FAKE, Launch, fake_environment, poll_until, wait_for
from tests.wire.examples import elsewhere, make_job


def test_jobs_are_listed_newest_first(tmp_path: Path) -> None:
    jobs = [make_job(tmp_path) for _ in range(4)]
    for age, job in enumerate(jobs):
        os.utime(job.request_file, (1000 - age, 1000 - age))
    (tmp_path / ".tmp-half").mkdir()
    (tmp_path / ".tmp-half" / "request.json").touch()
    (tmp_path / "no-job").mkdir()
    (tmp_path / "file").touch()
    assert job_control.list_jobs(tmp_path) == jobs
    assert job_control.list_jobs(tmp_path / "nowhere") == []


def test_a_job_is_running_from_its_launch_to_its_end(job: JobFolder, launch: Launch) -> None:
    assert not job_control.is_running(job)
    launch(job, "slow")
    assert job_control.is_running(job)
    poll_until(Follower(job), "running")
    assert job_control.is_running(job)
    for refused in (
        lambda: job_control.remove(job),
        lambda: job_control.requeue(job),
    ):
        with pytest.raises(Busy) as caught:
            refused()
        assert caught.value.hint
    job_control.cancel(job)
    poll_until(Follower(job), "cancelled")
    wait_for(lambda: not job_control.is_running(job))


def test_a_runner_elsewhere_is_running_while_its_heart_beats(job: JobFolder) -> None:
    with JobLock(job):
        job.owner_file.write_text(elsewhere(current_owner(1)).to_json())
        assert job_control.is_running(job)
        os.utime(job.heartbeat_file, (0, 0))
        assert not job_control.is_running(job)


def test_a_runner_that_hangs_is_ended_by_a_cancel(job: JobFolder, launch: Launch) -> None:
    """It cannot see the request; what it has written is valid at any moment."""
    pid, follower = launch(job, "slow"), Follower(job)
    wait_for(lambda: follower.poll().step > 6)
    os.kill(pid, signal.SIGSTOP)
    long_ago = time.time() - STALE_SECONDS - 5
    wait_for(lambda: process_state(pid) == "T")
    os.utime(job.heartbeat_file, (long_ago, long_ago))
    assert follower.poll().phase == "stuck"
    job_control.cancel(job)
    assert poll_until(follower, "cancelled").phase == "cancelled"
    assert process_identity(pid) is None
    job_control.requeue(job)
    start(sys.executable, FAKE, job, fake_environment("finish"))
    assert poll_until(follower, "done", "dead").phase == "done"


def test_a_runner_that_hangs_is_ended_by_a_pause(job: JobFolder, launch: Launch) -> None:
    pid, follower = launch(job, "silent"), Follower(job)
    poll_until(follower, "running")
    job_control.pause(job)
    assert follower.poll().phase == "running"  # it may still notice
    os.utime(job.heartbeat_file, (0, 0))
    job_control.pause(job)
    assert poll_until(follower, "paused").phase == "paused"
    assert process_identity(pid) is None


def test_a_cancelled_job_of_a_machine_that_is_gone_can_be_deleted(job: JobFolder) -> None:
    lock = JobLock(job)
    lock.acquire()
    job.owner_file.write_text(elsewhere(current_owner(1)).to_json())
    append_line(job.events_file, encode(Started("svd", "cuda:0", 1, {}), 1, time.time()))
    long_ago = time.time() - STALE_SECONDS - 5
    os.utime(job.heartbeat_file, (long_ago, long_ago))
    follower = Follower(job)
    assert follower.poll().phase == "stuck"
    job_control.cancel(job)
    assert follower.poll().phase == "cancelled"
    job_control.remove(job)
    assert not job.path.exists()


def process_state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_runner_that_has_said_its_last_word_is_waited_for(job: JobFolder) -> None:
    lock = JobLock(job)
    lock.acquire()
    append_line(job.events_file, encode(Failed("internal", "No.", ""), 1, time.time()))
    with pytest.raises(Busy):  # it does not release the lock
        job_control.remove(job)
    threading.Timer(0.2, lock.release).start()
    job_control.requeue(job)
    assert job.waiting_file.exists()
    job_control.remove(job)
    assert not job.path.exists()


def test_a_removed_job_is_gone(job: JobFolder, launch: Launch) -> None:
    launch(job)
    poll_until(Follower(job), "done")
    wait_for(lambda: not job_control.is_running(job))
    job_control.remove(job)
    assert list(job.path.parent.iterdir()) == []
    job_control.remove(job)


def test_a_done_job_is_not_run_again_unless_its_output_is_lost(
    job: JobFolder, launch: Launch
) -> None:
    launch(job)
    poll_until(Follower(job), "done")
    wait_for(lambda: not job_control.is_running(job))
    with pytest.raises(BadRequest, match="already done"):
        job_control.requeue(job)
    job.output_motion.unlink()
    launch(job)
    wait_for(job.output_motion.exists)


@pytest.mark.parametrize("code", [error.code for error in ERRORS] + ["from_the_future"])
def test_every_failure_has_its_advice(code: str) -> None:
    state = JobState(phase="failed", error=Failed(code, "It broke.", ""))
    sentence = advice(state)
    assert sentence.endswith(".") and sentence[0].isupper()
    hinted = dataclasses.replace(state, error=Failed(code, "It broke.", "Do this."))
    assert advice(hinted) == "Do this."


def test_advice_for_the_other_phases() -> None:
    for phase in ("dead", "stuck", "cancelled"):
        assert "esume" in advice(JobState(phase=phase))  # type: ignore[arg-type]
    for phase in ("queued", "running", "done"):
        assert advice(JobState(phase=phase)) == ""  # type: ignore[arg-type]


def test_listing_a_full_spool_is_quick(tmp_path: Path) -> None:
    for index in range(500):
        (tmp_path / f"{index:032x}").mkdir()
        (tmp_path / f"{index:032x}" / "request.json").touch()
    began = time.perf_counter()
    assert len(job_control.list_jobs(tmp_path)) == 500
    assert time.perf_counter() - began < 0.5
