"""One job at a time, decided by files alone, with real processes."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import pytest

from mti_addon import client
from mti_addon.client.jobs.follow import Follower
from mti_addon.wire import queue
from mti_addon.wire.errors import BadRequest, Busy
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import JobLock, current_owner
from tests.client.conftest import Launch, poll_until, wait_for
from tests.wire.examples import child, make_job


@pytest.fixture
def jobs(tmp_path: Path) -> list[JobFolder]:
    """Three waiting jobs, the first one waiting longest."""
    made = [make_job(tmp_path / "spool") for _ in range(3)]
    for place, job in enumerate(made):
        client.enqueue(job)
        os.utime(job.waiting_file, (1000 + place, 1000 + place))
    return made


def test_the_oldest_is_next_and_only_while_nobody_works(
    jobs: list[JobFolder], launch: Launch
) -> None:
    first, second, _third = jobs
    root = first.path.parent
    assert client.next_job(root) == first
    assert [Follower(job).poll().phase for job in jobs] == ["waiting"] * 3
    launch(first, "slow")
    assert client.next_job(root) is None  # from the very beginning
    poll_until(Follower(first), "running")
    wait_for(lambda: not first.waiting_file.exists())
    assert client.next_job(root) is None
    client.cancel(first)
    poll_until(Follower(first), "cancelled")
    wait_for(lambda: client.next_job(root) == second)


def test_a_runner_that_never_comes_up_does_not_hold_the_queue(
    jobs: list[JobFolder], launch: Launch
) -> None:
    first, second, _third = jobs
    launch(first, "crash")
    wait_for(lambda: client.next_job(first.path.parent) == second)
    assert Follower(first).poll().phase == "dead"
    client.requeue(first)  # to the end of the queue
    assert Follower(first).poll().phase == "waiting"
    assert client.next_job(first.path.parent) == second


def test_a_runner_that_comes_up_during_a_look_is_seen(
    jobs: list[JobFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the first check it has no heartbeat yet; then it owns the job."""
    job = jobs[0]
    launched = dataclasses.replace(current_owner(1), epoch=1)
    age, lock, looks = JobFolder.heartbeat_age, JobLock(job), []

    def comes_up(folder: JobFolder) -> float | None:
        looks.append(folder)
        if len(looks) > 1:
            return age(folder)
        lock.acquire()  # after this check
        job.waiting_file.touch()
        return None

    for seen in (queue.is_running, lambda job: not queue.waits(job)):
        client.enqueue(job)
        job.launched_file.write_text(launched.to_json())
        looks.clear()
        with monkeypatch.context() as patched:
            patched.setattr(JobFolder, "heartbeat_age", comes_up)
            assert seen(job)
        lock.release()
        job.owner_file.unlink()


def test_a_runner_that_stayed_may_come_before_one_that_is_started(
    jobs: list[JobFolder], launch: Launch
) -> None:
    first = jobs[0]
    first.launched_file.write_text(current_owner(1).to_json())  # a living process
    assert client.next_job(first.path.parent) is None
    assert queue.next_job(first.path.parent, for_runner=True) == first
    with JobLock(first):
        assert queue.next_job(first.path.parent, for_runner=True) is None
    # and the process started too late does not make it look unfinished afterwards
    assert not queue.waits(first) and not client.is_running(first)


def test_cancelled_and_paused_jobs_wait_no_more(jobs: list[JobFolder]) -> None:
    first, second, third = jobs
    client.cancel(first)
    client.pause(second)
    assert [Follower(job).poll().phase for job in jobs] == ["cancelled", "paused", "waiting"]
    assert client.next_job(first.path.parent) == third
    client.dequeue(third)
    assert client.next_job(first.path.parent) is None
    client.requeue(second)
    assert client.next_job(first.path.parent) == second


def test_paused_while_it_runs_and_gone_on_with(jobs: list[JobFolder], launch: Launch) -> None:
    job = jobs[0]
    launch(job, "slow")
    follower = Follower(job)
    poll_until(follower, "running")
    with pytest.raises(Busy):
        client.requeue(job)
    client.pause(job)
    paused = poll_until(follower, "paused")
    assert client.advice(paused) == ""
    assert Follower(job).poll().phase == "paused"  # also for a Blender opened later
    wait_for(lambda: not client.is_running(job))
    client.requeue(job)
    assert follower.poll().phase == "waiting"
    launch(job, "slow")
    wait_for(lambda: follower.poll().epoch == 2)
    client.cancel(job)
    poll_until(follower, "cancelled")


def test_a_job_that_is_done_is_not_queued_again(jobs: list[JobFolder], launch: Launch) -> None:
    launch(jobs[0])
    poll_until(Follower(jobs[0]), "done")
    wait_for(lambda: not client.is_running(jobs[0]))
    with pytest.raises(BadRequest, match="already done"):
        client.requeue(jobs[0])
    assert not jobs[0].waiting_file.exists()


CLIENT = """
import sys, time
from pathlib import Path
from mti_addon import client
from tests.client.conftest import FAKE, fake_environment
root = Path(sys.argv[1])
print("up", flush=True)
sys.stdin.readline()
until = time.monotonic() + 12
started = 0
while time.monotonic() < until:
    due = client.next_job(root)
    if due is not None:
        client.launch(sys.executable, FAKE, due, fake_environment("short"))
        started += 1
    time.sleep(0.02)
print(started)
"""


def test_two_clients_on_one_queue_run_one_job_at_a_time(tmp_path: Path) -> None:
    """Two Blenders watch the same folder: every job runs once, and no two run simultaneously."""
    root = tmp_path / "spool"
    made = [make_job(root) for _ in range(3)]
    for job in made:
        client.enqueue(job)
    clients = [child(CLIENT, str(root)) for _ in range(2)]
    for each in clients:
        assert each.stdout is not None and each.stdin is not None
        each.stdout.readline()
        each.stdin.write("go\n")
        each.stdin.flush()
    followers = [Follower(job) for job in made]
    most = 0

    def all_done() -> bool:
        nonlocal most
        states = [each.poll() for each in followers]
        most = max(most, sum(state.phase == "running" for state in states))
        return all(state.phase == "done" for state in states)

    try:
        wait_for(all_done, 40)
    finally:
        for each in clients:
            each.kill()
            each.communicate()
    assert most == 1
    assert [each.poll().epoch for each in followers] == [1, 1, 1]


def test_looking_for_the_next_of_many_is_quick(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    client.enqueue(job)
    for index in range(200):
        (tmp_path / f"{index:032x}").mkdir()
        (tmp_path / f"{index:032x}" / "request.json").touch()
    began = time.thread_time()
    assert client.next_job(tmp_path) == job
    assert time.thread_time() - began < 0.1
