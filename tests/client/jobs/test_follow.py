from __future__ import annotations

import dataclasses
import os
import signal
import statistics
import sys
import time
from pathlib import Path

import pytest

from mti_addon.client.jobs import follow, job_control
from mti_addon.client.jobs.follow import Follower
from mti_addon.client.jobs.launch import launch as start
from mti_addon.wire import queue
from mti_addon.wire.events import Done, Failed, Progress, Started, encode
from mti_addon.wire.files import append_line
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import (
    LOST_SECONDS,
    JobLock,
    current_owner,
    process_identity,
    read_owner,
)
from tests.client.conftest import FAKE, Launch, fake_environment, poll_until, wait_for
from tests.wire.examples import elsewhere


def tell(job: JobFolder, *events: object) -> None:
    for seq, event in enumerate(events, 1):
        append_line(job.events_file, encode(event, seq, time.time()))  # type: ignore[arg-type]


def test_a_job_that_nobody_started_waits(job: JobFolder) -> None:
    assert Follower(job).catch_up().phase == "waiting"
    job.ask_cancel()
    assert Follower(job).catch_up().phase == "cancelled"


def test_a_whole_run_is_followed(job: JobFolder, launch: Launch) -> None:
    follower = Follower(job)
    assert follower.poll().phase == "waiting"
    launch(job)
    state = poll_until(follower, "done")
    assert (state.step, state.total, len(state.losses)) == (20, 20, 20)
    assert state.result == {"frames": 1, "motion": "output/motion.safetensors"}
    # a new follower reads the same, in as many polls as its small time budget requires
    assert poll_until(Follower(job), "done") == follower.poll() == state


def test_a_killed_runner_is_dead_and_can_be_resumed(job: JobFolder, launch: Launch) -> None:
    follower = Follower(job)
    launch(job, "die")
    state = poll_until(follower, "dead")
    assert state.step == 12
    launch(job)
    state = poll_until(follower, "done", "dead")
    assert (state.phase, state.epoch, state.loss_steps) == ("done", 2, tuple(range(1, 21)))


def test_a_runner_that_never_came_up_is_dead(job: JobFolder, launch: Launch) -> None:
    follower = Follower(job)
    launch(job, "crash")
    poll_until(follower, "dead")
    launch(job)
    assert poll_until(follower, "done").phase == "done"


def test_a_failure_is_the_last_word_until_the_job_is_resumed(
    job: JobFolder, launch: Launch
) -> None:
    follower, pid = Follower(job), launch(job, "fail")
    assert poll_until(follower, "failed").error == Failed(
        "out_of_memory", "The clip does not fit.", ""
    )
    wait_for(lambda: process_identity(pid) is None)
    assert follower.poll().phase == Follower(job).catch_up().phase == "failed"
    launch(job, "crash")
    poll_until(follower, "dead")
    launch(job)
    assert poll_until(follower, "done", "dead").phase == "done"


def test_a_runner_that_fails_at_once_has_failed_and_is_not_dead(
    job: JobFolder, launch: Launch
) -> None:
    follower, pid = Follower(job), launch(job, "fail_early")
    state = poll_until(follower, "failed", "dead")
    assert state.error == Failed("bad_request", "name is ''.", "Give it a name.")
    wait_for(lambda: process_identity(pid) is None)
    assert follower.poll().phase == Follower(job).catch_up().phase == "failed"


def test_a_failed_job_that_is_resumed_is_running_before_it_says_so(
    job: JobFolder, launch: Launch
) -> None:
    follower = Follower(job)
    launch(job, "fail")
    poll_until(follower, "failed")
    wait_for(lambda: not job.heartbeat_file.exists())
    launch(job, "silent")
    assert poll_until(follower, "running").phase == "running"
    assert Follower(job).catch_up().phase == "running"


def test_a_cancelled_job_stops_within_two_seconds(job: JobFolder, launch: Launch) -> None:
    follower = Follower(job)
    launch(job, "slow")
    poll_until(follower, "running")
    wait_for(lambda: follower.poll().step > 1)
    job.ask_cancel()
    began = time.monotonic()
    poll_until(follower, "cancelled")
    assert time.monotonic() - began < 2.0


def test_a_dead_job_that_is_cancelled_is_cancelled(job: JobFolder, launch: Launch) -> None:
    launch(job, "die")
    follower = Follower(job)
    poll_until(follower, "dead")
    job.ask_cancel()
    assert follower.poll().phase == "cancelled"


def test_a_stopped_runner_is_stuck_until_it_goes_on(job: JobFolder, launch: Launch) -> None:
    pid, follower = launch(job, "slow"), Follower(job)
    wait_for(lambda: follower.poll().step > 1)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.1)
    long_ago = time.time() - 60
    os.utime(job.heartbeat_file, (long_ago, long_ago))
    assert follower.poll().phase == "stuck"
    os.kill(pid, signal.SIGCONT)
    assert poll_until(follower, "running").phase == "running"


def test_garbage_is_a_failure_with_a_reason(job: JobFolder, launch: Launch) -> None:
    follower = Follower(job)
    launch(job, "garbage")
    state = poll_until(follower, "failed")
    assert state.error is not None and state.error.code == "wire_error"
    assert follower.poll() == state


def test_a_runner_on_another_machine_is_judged_by_its_heart(job: JobFolder) -> None:
    with JobLock(job):
        job.owner_file.write_text(elsewhere(current_owner(1)).to_json())
        tell(job, Started("svd", "cuda:0", 1, {}))
        follower = Follower(job)
        assert follower.poll().phase == "running"
        long_ago = time.time() - 60
        os.utime(job.heartbeat_file, (long_ago, long_ago))
        assert follower.poll().phase == "stuck"
        lost = time.time() - LOST_SECONDS - 5
        os.utime(job.heartbeat_file, (lost, lost))
        assert follower.poll().phase == "dead"


@pytest.mark.parametrize("ahead", [20.0, 86400.0])
def test_a_heartbeat_of_the_future_does_not_hold_a_job_for_long(
    job: JobFolder, ahead: float
) -> None:
    """The clock was set back; a few seconds may be the other machine's clock."""
    with JobLock(job):
        job.owner_file.write_text(elsewhere(current_owner(1)).to_json())
        tell(job, Started("svd", "cuda:0", 1, {}))
        then = time.time() + ahead
        os.utime(job.heartbeat_file, (then, then))
        assert Follower(job).catch_up().phase == ("running" if ahead < 60 else "dead")


def test_a_job_of_a_machine_that_has_got_another_name(job: JobFolder, launch: Launch) -> None:
    """Its runner was killed, then DHCP renamed the machine."""
    follower = Follower(job)
    launch(job, "die")
    poll_until(follower, "dead")
    owner = read_owner(job.owner_file)
    assert owner is not None
    job.owner_file.write_text(dataclasses.replace(owner, host="old-name").to_json())
    job.heartbeat_file.touch()
    assert follower.poll().phase == "dead"
    # a new follower reads the events in several polls where the machine is busy
    assert poll_until(Follower(job), "dead").phase == "dead"
    launch(job)
    assert poll_until(follower, "done").phase == "done"


def test_a_runner_that_was_started_elsewhere_and_never_came_up(job: JobFolder) -> None:
    job.launched_file.write_text(elsewhere(current_owner(1)).to_json())
    assert Follower(job).catch_up().phase == "queued"
    long_ago = time.time() - LOST_SECONDS - 5
    os.utime(job.launched_file, (long_ago, long_ago))
    assert Follower(job).catch_up().phase == "dead"


def test_a_last_word_between_two_looks_is_heard_on_a_busy_machine(
    job: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runner exits during a poll, while its last events take too long to read."""
    lock = JobLock(job)
    lock.acquire()
    tell(job, Started("draft", "cpu", 1, {}))
    follower = Follower(job)
    assert follower.poll().phase == "running"

    def it_ends(folder: JobFolder) -> None:
        if lock.is_mine():
            last = [*(Progress("learn", n, 20, 1.0, 1.0) for n in range(1, 21)), Done({})]
            for seq, event in enumerate(last, 2):
                append_line(job.events_file, encode(event, seq, time.time()))
            lock.release()

    monkeypatch.setattr(follow, "BUDGET_SECONDS", -1.0)
    monkeypatch.setattr(JobFolder, "heartbeat_age", it_ends)
    assert follower.poll().phase == "running" and not follower.caught_up
    assert follower.poll().phase == "done" and follower.caught_up


def test_a_process_that_got_the_dead_runner_s_pid_is_not_the_runner(job: JobFolder) -> None:
    me = current_owner(1)
    job.owner_file.write_text(dataclasses.replace(me, create_time=me.create_time - 9).to_json())
    job.heartbeat_file.touch()
    tell(job, Started("draft", "cpu", 1, {}))
    assert Follower(job).catch_up().phase == "dead"


def test_a_runner_that_waits_for_its_next_job_has_left_this_one(job: JobFolder) -> None:
    """The process stays alive with its model, so only the heartbeat shows that it left."""
    with JobLock(job):
        tell(job, Started("draft", "cpu", 1, {}))
        follower = Follower(job)
        assert follower.poll().phase == "running"
    assert follower.poll().phase == "dead"


def test_a_second_runner_that_was_refused_does_not_change_the_picture(
    job: JobFolder, launch: Launch
) -> None:
    launch(job, "slow")
    follower = Follower(job)
    wait_for(lambda: follower.poll().step > 1)
    second = launch(job, "slow")
    wait_for(lambda: process_identity(second) is None)
    owner, launched = read_owner(job.owner_file), read_owner(job.launched_file)
    assert owner is not None and launched is not None and launched.epoch > owner.epoch
    assert follower.poll().phase == Follower(job).catch_up().phase == "running"


def test_a_done_job_stays_done_when_it_is_run_again(job: JobFolder, launch: Launch) -> None:
    launch(job)
    follower = Follower(job)
    poll_until(follower, "done")
    pid = launch(job, "crash")
    wait_for(lambda: process_identity(pid) is None)
    assert follower.poll().phase == "done"


def test_resume_goes_on_after_a_cancel(job: JobFolder, launch: Launch) -> None:
    follower = Follower(job)
    launch(job, "slow")
    wait_for(lambda: follower.poll().step > 6)
    job.ask_cancel()
    poll_until(follower, "cancelled")
    wait_for(lambda: not job.heartbeat_file.exists())
    job_control.requeue(job)
    start(sys.executable, FAKE, job, fake_environment("finish"))
    state = poll_until(follower, "done", "dead")
    assert (state.phase, state.step) == ("done", 20)


def timed_poll(follower: Follower) -> float:
    began = time.perf_counter()
    follower.poll()
    return time.perf_counter() - began


def test_a_look_is_short(tmp_path: Path, job: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even the first polls of a job with a long history take a fraction of reading all of it."""
    with JobLock(job):
        with open(job.events_file, "w") as stream:
            stream.write(encode(Started("draft", "cpu", 1, {}), 1, 0.0) + "\n")
            for seq in range(2, 5000):
                event = Progress("learn", seq, 5000, 1.0 / seq, 5000.0 - seq)
                stream.write(encode(event, seq, float(seq)) + "\n")
        follower, times = Follower(job), []
        while not follower.caught_up:
            times.append(timed_poll(follower))
        assert follower.poll().step == 4999 and len(times) > 5
        with monkeypatch.context() as patch:
            patch.setattr(follow, "BUDGET_SECONDS", float("inf"))
            whole = timed_poll(Follower(job))
        again = [timed_poll(follower) for _ in range(50)]
    assert statistics.median(times) < whole / 5
    assert statistics.median(again) < whole / 5


def test_a_short_history_is_read_in_one_look_however_slow(
    job: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a state would be reported that a dead owner has long made untrue."""
    monkeypatch.setattr(follow, "BUDGET_SECONDS", -1.0)
    tell(job, *(Progress("learn", step, 9, 1.0, 1.0) for step in range(1, 10)))
    follower = Follower(job)
    assert (follower.poll().step, follower.caught_up) == (9, True)


def test_a_job_that_vanishes_is_no_error(job: JobFolder) -> None:
    tell(job, Started("draft", "cpu", 1, {}), Failed("internal", "m", ""))
    follower = Follower(job)
    follower.poll()
    for path in (job.events_file, job.request_file):
        path.unlink()
    assert follower.poll().phase == "failed"


def test_a_folder_that_cannot_even_be_looked_at_is_no_exception(tmp_path: Path) -> None:
    """A name too long, a network drive that is gone: a timer that raises is never called again."""
    for job in (JobFolder(tmp_path / ("x" * 300)), JobFolder(tmp_path / "a" / ("b" * 5000))):
        assert Follower(job).catch_up().phase == "waiting"
        assert not job.cancel_asked() and not job.pause_asked()
        assert not queue.is_running(job) and not queue.waits(job)
        assert queue.jobs_in(job.path) == [] and queue.next_job(job.path) is None
        assert job_control.list_jobs(job.path) == []


def test_done_is_believed_without_an_owner(job: JobFolder) -> None:
    """A job copied back from another machine, without the files of its process."""
    tell(job, Started("svd", "cuda:0", 1, {}), Done({"frames": 14}))
    assert Follower(job).catch_up().phase == "done"
