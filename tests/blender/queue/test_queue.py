"""One job after the other, with real processes; what a second Blender sees; what a tick costs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import bpy
import pytest

from tests.blender.queue.following import ended, learn, wait

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[3]


def until(polling, condition, seconds=40):
    """The timer, until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, [row.state for row in polling.jobs.rows]
        polling.poll()
        time.sleep(0.02)


def named(polling, name):
    return next(row for row in polling.jobs.rows if row.request.name == name)


def when_at_work(row):
    """Times of a job's first and last events."""
    lines = row.folder.events_file.read_text().splitlines()
    return json.loads(lines[0])["time"], json.loads(lines[-1])["time"]


def test_jobs_run_one_after_the_other(captured, polling):
    for name in ("wave 1", "wave 2", "fail 3", "wave 4"):
        learn(polling, captured, name)
    until(polling, lambda: all(not row.active for row in polling.jobs.rows))
    phases = {row.request.name: row.state.phase for row in polling.jobs.rows}
    assert phases == {"wave 1": "done", "wave 2": "done", "fail 3": "failed", "wave 4": "done"}
    spans = [when_at_work(row) for row in reversed(polling.jobs.rows)]
    assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))
    assert len(polling.notices) == 4
    for job in list(polling.notices):
        bpy.ops.mti.dismiss(job=job)
    assert polling.notices == {}


def test_pause_lets_the_next_one_in_and_resume_queues(captured, polling, ext):
    learn(polling, captured, "slow")
    wait(polling, lambda row: row.state.step >= 1)
    learn(polling, captured, "wave")
    until(polling, lambda: named(polling, "wave").state.phase == "waiting")
    slow = named(polling, "slow").request.job
    assert bpy.ops.mti.pause(job=slow) == {"FINISHED"}
    until(polling, lambda: named(polling, "slow").state.phase == "paused")
    until(polling, lambda: named(polling, "wave").state.phase == "done")
    assert slow not in polling.notices
    learn(polling, captured, "slow 2")
    until(polling, lambda: named(polling, "slow 2").state.phase == "running")
    assert bpy.ops.mti.resume(job=slow) == {"FINISHED"}
    until(polling, lambda: named(polling, "slow").state.phase == "waiting")
    assert bpy.ops.mti.start_now(job=slow) == {"FINISHED"}  # beside the other
    until(polling, lambda: named(polling, "slow").state.phase == "running")
    status = ext("blender.status_bar").status
    until(polling, lambda: status(polling.jobs.rows)[1].startswith("Motion: Learning"))
    assert "waiting" not in status(polling.jobs.rows)[1]
    for row in polling.jobs.rows:
        if row.active:
            bpy.ops.mti.cancel(job=row.request.job)
    until(polling, lambda: not any(row.active for row in polling.jobs.rows))


def test_a_paused_job_is_paused_however_little_is_read_at_a_time(
    captured, polling, ext, monkeypatch
):
    """A busy machine reads the last event, and no time is left to see what it means."""
    learn(polling, captured, "slow")
    wait(polling, lambda row: row.state.step >= 1)
    monkeypatch.setattr(ext("client.jobs.follow"), "BUDGET_SECONDS", -1.0)
    bpy.ops.mti.pause(job=polling.jobs.rows[0].request.job)
    wait(polling, lambda row: row.state.phase == "paused")


def test_a_waiting_job_can_be_cancelled(captured, polling):
    learn(polling, captured, "slow")
    learn(polling, captured, "wave")
    wave = named(polling, "wave")
    bpy.ops.mti.cancel(job=wave.request.job)
    until(polling, lambda: named(polling, "wave").state.phase == "cancelled")
    bpy.ops.mti.cancel(job=named(polling, "slow").request.job)
    until(polling, lambda: not any(row.active for row in polling.jobs.rows))
    assert not wave.folder.owner_file.exists()


def test_the_queue_goes_on_after_blender_was_closed_and_opened(captured, polling):
    learn(polling, captured, "wave 1")
    learn(polling, captured, "wave 2")
    first = named(polling, "wave 1").folder
    polling.stop()  # as closing Blender does
    deadline = time.monotonic() + 40
    while first.finished() is None or first.heartbeat_file.exists():  # its runner does not stay
        assert time.monotonic() < deadline
        time.sleep(0.02)
    polling.begin()
    until(polling, lambda: len(polling.jobs.rows) == 2 and not polling.jobs.waiting)
    assert {row.state.phase for row in polling.jobs.rows} == {"done"}


def test_without_a_backend_the_queue_waits(captured, polling, prefs, monkeypatch):
    learn(polling, captured, "slow")
    learn(polling, captured, "wave")
    python, prefs.python = prefs.python, ""
    monkeypatch.delenv("MTI_BACKEND_PYTHON", raising=False)
    bpy.ops.mti.cancel(job=named(polling, "slow").request.job)
    until(polling, lambda: named(polling, "slow").state.phase == "cancelled")
    for _ in range(5):
        polling.poll()
    assert named(polling, "wave").state.phase == "waiting"
    prefs.python = python
    until(polling, lambda: named(polling, "wave").state.phase == "done")


def test_a_job_that_another_blender_deletes_as_its_turn_comes(captured, polling, ext, monkeypatch):
    """The timer goes on: one that raises is never called again."""
    starting, job_control = ext("blender.queue.starting"), ext("client.jobs.job_control")
    learn(polling, captured, "slow 1")
    wait(polling, lambda row: row.state.phase == "running")
    first = polling.jobs.rows[0]
    learn(polling, captured, "wave 2")
    second = named(polling, "wave 2")
    launch = starting.launch

    def too_late(job):
        if job == second.folder:
            shutil.rmtree(job.path)
        launch(job)

    monkeypatch.setattr(starting, "launch", too_late)
    job_control.cancel(first.folder)
    until(polling, lambda: not second.folder.path.exists())
    for _ in range(20):
        polling.poll()
    monkeypatch.undo()
    learn(polling, captured, "wave 3")
    until(polling, lambda: named(polling, "wave 3").state.phase == "done")


def test_a_job_that_looks_dead_for_a_moment_is_looked_at_again(captured, polling, ext):
    """Of the runners of two Blenders one leaves, and what it has noted is the last."""
    owner = ext("wire.owner")
    learn(polling, captured, "slow 1")
    row = wait(polling, lambda row: row.state.step >= 1)
    folder = row.folder
    told, beat = folder.owner_file.read_bytes(), folder.heartbeat_file
    dead = ext("wire.codec").loads(told, "owner") | {"create_time": -1.0}
    folder.owner_file.write_text(ext("wire.codec").dumps(dead))
    assert owner.read_owner(folder.owner_file).create_time == -1.0 and beat.exists()
    wait(polling, lambda row: row.state.phase == "dead")
    assert polling.jobs.waiting
    folder.owner_file.write_bytes(told)
    wait(polling, lambda row: row.state.phase == "running")
    bpy.ops.mti.cancel(job=row.request.job)
    wait(polling, ended)
    assert polling.jobs.find(row.request.job).state.phase == "cancelled"


def test_a_job_that_ends_while_the_folder_is_listed_anew_is_news(captured, polling, ext):
    """Another job is started, or another Blender adds one, between its end and the next look."""
    learn(polling, captured, "slow 1")
    row = wait(polling, lambda row: row.state.step >= 1)
    pid = ext("wire.owner").read_owner(row.folder.owner_file).pid
    os.kill(pid, signal.SIGKILL)
    while ext("wire.process").process_identity(pid) is not None:
        time.sleep(0.01)
    polling.start()
    until(polling, lambda: polling.jobs.rows[0].state.phase == "dead")
    assert polling.notices == {row.request.job: "dead"}


def test_a_job_that_is_deleted_by_hand_while_it_runs(captured, polling, ext):
    learn(polling, captured, "slow")
    row = wait(polling, lambda row: row.state.step >= 1)
    deadline = time.monotonic() + 20
    while row.folder.path.exists() and time.monotonic() < deadline:
        shutil.rmtree(row.folder.path, ignore_errors=True)
    until(polling, lambda: not polling.jobs.rows)
    error = ext("blender.common.panels").last_error
    assert "slow was deleted while the job was running" in error.message
    learn(polling, captured, "wave")  # and the next one is not held up
    until(polling, lambda: named(polling, "wave").state.phase == "done")


OTHER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from mti_addon import client
(job,) = client.list_jobs(Path(sys.argv[1]))
follower = client.Follower(job)
until = time.monotonic() + 20
while follower.poll().step < 1 and time.monotonic() < until:
    time.sleep(0.05)
print(follower.poll().phase, client.next_job(Path(sys.argv[1])))
client.cancel(job)
while follower.poll().phase != "cancelled" and time.monotonic() < until:
    time.sleep(0.05)
print(follower.poll().phase)
"""


def test_a_second_blender_sees_a_job_run_and_can_cancel_it(captured, polling):
    learn(polling, captured, "slow")
    wait(polling, lambda row: row.state.step >= 1)
    root = polling.jobs.root
    other = subprocess.run(
        [sys.executable, "-c", OTHER, str(root), str(ROOT)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert other.stdout.split("\n")[:2] == ["running None", "cancelled"], other.stderr
    assert wait(polling, ended).state.phase == "cancelled"


def test_jobs_of_another_blender_are_noticed(captured, polling, tmp_path):
    captured.mti.also_apply = True
    learn(polling, captured)
    row = wait(polling, ended)
    until(polling, lambda: polling.poll() is None)
    elsewhere = row.folder.path.parent / ("f" * 32)
    shutil.copytree(row.folder.path, elsewhere)
    request = elsewhere / "request.json"
    request.write_text(request.read_text().replace(row.request.job, "f" * 32))
    polling.notice_changes()  # the panel is drawn
    assert bpy.app.timers.is_registered(polling.poll)
    until(polling, lambda: len(polling.jobs.rows) == 2 and not polling.jobs.waiting)
    assert bpy.ops.mti.import_result(job="f" * 32) == {"FINISHED"}


def test_a_job_that_another_blender_resumes_is_looked_at_again(captured, polling, ext):
    """For this one it had failed for good."""
    learn(polling, captured, "fail 1")
    row = wait(polling, lambda row: row.state.phase == "failed")
    until(polling, lambda: polling.poll() is None)
    assert not polling.jobs.outdated
    ext("client").enqueue(row.folder)
    assert polling.jobs.outdated
    polling.notice_changes()
    polling.poll()
    assert polling.jobs.find(row.request.job).state.phase != "failed"
    wait(polling, lambda row: row.state.epoch == 2 and ended(row))


@pytest.mark.parametrize("active", [1, 20])
def test_a_tick_with_twenty_jobs_is_short(captured, polling, ext, active):
    """All twenty wait or run: the most work there can be. 20 ms is what a frame may lose."""
    learn(polling, captured, "slow")
    first = wait(polling, lambda row: row.state.step >= 2)
    for i in range(19):
        folder = first.folder.path.parent / f"{i:032x}"
        shutil.copytree(first.folder.path, folder)
        if active == 20:
            for name in ("owner.json", "launched.json", "heartbeat", "events.jsonl"):
                (folder / name).unlink(missing_ok=True)
            (folder / "waiting").touch()
    polling.start()
    ticks = []
    for _ in range(60):
        begin = time.thread_time()  # not the clock: other programs may be at work, too
        polling.poll()
        ticks.append(time.thread_time() - begin)
        time.sleep(0.02)
    ticks.sort()
    assert len(polling.jobs.rows) == 20
    # Three in sixty may be longer: on a busy machine, others evict what this thread has cached.
    assert ticks[len(ticks) // 2] < 0.02 and ticks[-4] < 0.06, ticks[-6:]
    for row in polling.jobs.rows:
        ext("client").cancel(row.folder)
    until(polling, lambda: not any(row.active for row in polling.jobs.rows))


def test_a_warning_is_a_sentence_in_the_panel(captured, polling):
    from tests.blender.test_panels import _drawn

    learn(polling, captured, "poor")
    wait(polling, ended)
    assert "It may not transfer." in _drawn()


def test_takes_are_drawn_side_by_side(captured, polling):
    from tests.blender.test_panels import _drawn

    captured.mti.also_apply, captured.mti.takes = True, 3
    learn(polling, captured)
    wait(polling, ended)
    assert _drawn().count("[mti.import_result]") == 3 + 1  # and the chosen one of all results


def test_a_long_job_is_caught_up_with_soon_and_is_no_news(captured, polling, ext):
    """Blender is opened on a job that has told thousands of things and ended long ago."""
    learn(polling, captured)
    row = wait(polling, ended)
    lines = row.folder.events_file.read_text().splitlines()
    told, last = lines[:-1], lines[-1]
    events, wire = ext("wire.events"), ext("wire")
    for seq in range(len(told) + 1, 3000):
        told.append(wire.encode(events.Progress("learn", seq, 5000, 0.5, 9.0), seq, seq))
    record = wire.decode(last)[2]
    row.folder.events_file.write_text("\n".join([*told, wire.encode(record, 3000, 3000), ""]))
    polling.stop()
    polling.start()
    waits = []
    while (pause := polling.poll()) is not None:
        waits.append(pause)
    assert waits and set(waits) == {polling.SOON}  # not twice a second
    assert polling.jobs.rows[0].state.phase == "done" and polling.notices == {}
