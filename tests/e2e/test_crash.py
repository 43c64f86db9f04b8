"""Killed, cancelled or started twice, a job survives, and its result is unaffected."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from mti_addon.client.jobs import job_control
from mti_addon.wire.events import Cancelled, Done, Progress, Resumed, Started
from mti_addon.wire.job import JobFolder
from tests.e2e import jobs


def cancel_seconds() -> float:
    """The goal is 2 s; an overloaded machine may take proportionally longer."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return 2.0 * max(1.0, load / (os.cpu_count() or 1))


def learned(job: JobFolder) -> int:
    """The last reported learning step."""
    steps = [e.step for e in jobs.told(job) if isinstance(e, Progress) and e.stage == "learn"]
    return steps[-1] if steps else 0


def in_stage(job: JobFolder, stage: str) -> bool:
    return any(isinstance(event, Progress) and event.stage == stage for event in jobs.told(job))


def kill(job: JobFolder, pid: int) -> None:
    """Send SIGKILL, and check that the client sees the runner as dead."""
    os.kill(pid, signal.SIGKILL)
    if job.finished() is None:
        jobs.wait_for(lambda: jobs.phase_of(job) == "dead", what="seen as dead")


def seed() -> int:
    """Random moments in each run; MTI_KILL_SEED reproduces those of a failure."""
    return int(os.environ.get("MTI_KILL_SEED") or random.SystemRandom().randrange(10**6))


def test_killed_at_five_random_moments_the_motion_is_the_same_bit_for_bit(
    finished: JobFolder, models: Path, tmp_path: Path
) -> None:
    chosen = seed()
    print(f"MTI_KILL_SEED={chosen}")
    moments = random.Random(chosen)
    job = jobs.new_job(tmp_path)
    # Once while loading, and four times during learning or soon after: at the first event that
    # reports at least this step, and then a little later.
    steps = [None, *sorted(moments.randrange(1, 38) for _ in range(4))]
    for step in steps:
        pid = jobs.start(job, models)
        if step is None:
            time.sleep(moments.uniform(0.0, 2.0))
        else:
            jobs.wait_for(lambda: learned(job) >= step or job.finished() is not None)  # noqa: B023
            time.sleep(moments.uniform(0.0, 0.3))
        kill(job, pid)
    damage_newest_checkpoint(job)
    with open(job.events_file, "ab") as stream:
        stream.write(b'{"seq":999,"time":17')  # as after a power failure
    assert jobs.run(job, models).returncode == 0, job.log_file.read_text()
    assert jobs.same_motion(job, finished)
    for one, other in zip(
        sorted(job.frames_dir.iterdir()), sorted(finished.frames_dir.iterdir()), strict=True
    ):
        assert one.read_bytes() == other.read_bytes()
    events = jobs.told(job)
    assert sum(isinstance(event, Resumed) for event in events) >= 1
    assert isinstance(events[-1], Done)
    assert not list(job.path.glob(".output-*"))


def damage_newest_checkpoint(job: JobFolder) -> None:
    """Flip one bit of the newest, so that the older one must be used."""
    found = sorted(job.checkpoint_dir.glob("*.safetensors"))
    if len(found) > 1:
        data = bytearray(found[-1].read_bytes())
        data[-1] ^= 1
        found[-1].write_bytes(data)


def test_cancelled_while_it_loads(models: Path, tmp_path: Path) -> None:
    job = jobs.new_job(tmp_path)
    jobs.start(job, models)
    jobs.wait_for(job.heartbeat_file.exists, what="a runner")
    time.sleep(0.3)  # while it imports
    job.ask_cancel()
    assert jobs.wait_for(lambda: job.finished() is not None) < cancel_seconds()
    assert jobs.told(job)[-1] == Cancelled(0)
    assert not job.output_dir.exists()


def test_cancelled_while_it_learns_and_resumed_it_is_the_same(
    finished: JobFolder, models: Path, tmp_path: Path
) -> None:
    job = jobs.new_job(tmp_path)
    jobs.start(job, models)
    jobs.wait_for(lambda: learned(job) >= 5, what="some learning")
    job.ask_cancel()
    assert jobs.wait_for(lambda: job.finished() is not None) < cancel_seconds()
    cancelled = jobs.wait_until_finished(job)
    assert isinstance(cancelled, Cancelled)
    assert cancelled.step >= 5
    assert jobs.phase_of(job) == "cancelled"
    assert jobs.run(job, models).returncode == 3, "it stays cancelled until somebody resumes it"

    job_control.requeue(job)
    jobs.start(job, models)
    jobs.wait_for(lambda: isinstance(job.finished(), Done), what="the end")
    assert Resumed(cancelled.step) in jobs.told(job), "cancelling lost nothing"
    assert jobs.same_motion(job, finished)


def test_cancelled_while_it_applies(staying: jobs.StayingRunner) -> None:
    job = jobs.new_job(staying.spool, iterations=1, sampling_steps=200)
    staying.begin(job)
    jobs.wait_for(lambda: in_stage(job, "apply"), what="applying")
    time.sleep(0.2)
    job.ask_cancel()
    assert jobs.wait_for(lambda: job.finished() is not None) < cancel_seconds()
    assert jobs.wait_until_finished(job) == Cancelled(1)
    assert job.verify_output() == ("motion.safetensors",), "what was learned is not lost"


def test_cancelled_amid_an_iteration_that_takes_long(models: Path, tmp_path: Path) -> None:
    job = jobs.new_job(tmp_path, "learn", batch=64)
    pid = jobs.start(job, models)
    jobs.wait_for(lambda: in_stage(job, "learn"), what="learning")
    time.sleep(0.2)
    job.ask_cancel()
    assert jobs.wait_for(lambda: job.finished() is not None) < cancel_seconds()
    assert isinstance(job.finished(), Cancelled)
    jobs.wait_for(lambda: not job_control.is_running(job), what=f"the end of process {pid}")


def test_a_second_runner_is_refused_while_the_first_heart_beats(
    models: Path, tmp_path: Path
) -> None:
    job = jobs.new_job(tmp_path, "learn", iterations=1000)
    pid = jobs.start(job, models)
    try:
        jobs.wait_for(job.heartbeat_file.exists, what="a runner")
        second = jobs.run(job, models)
        assert second.returncode == 75
        assert second.stderr.count("\n") == 1
        assert f"Process {pid} " in second.stderr
        assert "Traceback" not in second.stderr
        jobs.wait_for(lambda: learned(job) > 0, what="some learning, undisturbed")
        beat = job.heartbeat_file.stat().st_mtime_ns
        jobs.wait_for(lambda: job.heartbeat_file.stat().st_mtime_ns != beat, what="a heartbeat")
        assert [e.epoch for e in jobs.told(job) if isinstance(e, Started)] == [1]
        assert jobs.phase_of(job) == "running"
    finally:
        kill(job, pid)
