"""What goes wrong around a job ends in one clear sentence, with nothing half-written."""

from __future__ import annotations

import json
import os
import signal

import bpy
import pytest

from tests.blender.queue.following import ended, learn, strips_of, wait

pytestmark = pytest.mark.once


def test_a_failed_job_says_why_and_what_to_do(captured, polling, ext):
    learn(polling, captured, "fail")
    row = wait(polling, ended)
    assert row.state.phase == "failed"
    assert row.state.error.code == "out_of_memory"
    assert row.state.error.message == "The model does not fit."
    assert "smaller model" in ext("client").advice(row.state)
    with pytest.raises(RuntimeError, match="no images"):
        bpy.ops.mti.import_result(job=row.request.job)
    assert not bpy.ops.mti.apply.poll()  # nothing learned


def test_a_runner_that_dies_is_noticed_and_can_be_resumed(captured, polling, ext):
    learn(polling, captured, "die")
    row = wait(polling, ended)
    assert row.state.phase == "dead"
    assert "resume" in ext("client").advice(row.state).lower()
    bpy.ops.mti.resume(job=row.request.job)
    assert wait(polling, lambda row: row.state.phase == "done").state.epoch == 2
    with pytest.raises(RuntimeError, match="already done"):
        bpy.ops.mti.resume(job=row.request.job)


def test_killed_while_working(captured, polling):
    learn(polling, captured, "slow")
    row = wait(polling, lambda row: row.state.step >= 1)
    owner = json.loads(row.folder.owner_file.read_text())
    os.kill(owner["pid"], signal.SIGKILL)
    assert wait(polling, ended, 5).state.phase == "dead"


def test_no_backend_is_said_and_nothing_is_written(
    captured, polling, prefs, monkeypatch, tmp_path, ext
):
    monkeypatch.delenv("MTI_BACKEND_PYTHON", raising=False)
    prefs.python = ""
    assert not bpy.ops.mti.learn.poll() and not bpy.ops.mti.resume.poll()
    prefs.python = str(tmp_path / "nothing")
    assert not bpy.ops.mti.learn.poll()
    broken = tmp_path / "broken"
    broken.write_text("no program")
    broken.chmod(0o755)
    prefs.python = str(broken)
    with pytest.raises(RuntimeError, match="cannot be started"):
        bpy.ops.mti.learn()
    assert list((tmp_path / "jobs").iterdir()) == []
    assert "cannot be started" in ext("blender.common.panels").last_error.message


def test_an_unwritable_jobs_folder(captured, polling, prefs, tmp_path, ext):
    (tmp_path / "file").write_text("")
    prefs.jobs_folder = str(tmp_path / "file" / "jobs")
    with pytest.raises(RuntimeError, match="folder"):
        bpy.ops.mti.learn()
    assert (tmp_path / "file").read_text() == ""
    assert ext("blender.common.panels").last_error and polling.jobs.rows == ()


def test_capture_for_another_engine_must_be_made_again(captured, prefs):
    assert bpy.ops.mti.learn.poll()
    prefs.engine = "svd"
    assert not bpy.ops.mti.learn.poll()


def test_a_job_of_a_newer_protocol(captured, polling, ext):
    learn(polling, captured)
    row = wait(polling, ended)
    newer = ext("wire").PROTOCOL + 1
    request = json.loads(row.folder.request_file.read_text())
    row.folder.request_file.write_text(json.dumps(request | {"protocol": newer, "new_field": 1}))
    polling.stop()
    polling.start()
    row = wait(polling, lambda row: row.request is None)
    assert f"protocol {newer}" in row.problem.message and "Update" in row.problem.hint
    job = row.folder.path.name
    with pytest.raises(RuntimeError):
        bpy.ops.mti.import_result(job=job)
    assert not bpy.ops.mti.apply.poll()
    assert bpy.ops.mti.remove_job(job=job) == {"FINISHED"}
    assert polling.jobs.rows == ()


def test_damaged_pictures_are_not_imported(captured, polling):
    captured.mti.also_apply = True
    learn(polling, captured)
    row = wait(polling, ended)
    (row.folder.frames_dir / "0003.png").write_bytes(b"")
    with pytest.raises(RuntimeError, match="0003.png"):
        bpy.ops.mti.import_result(job=row.request.job)
    assert strips_of(captured) == []


def test_a_running_job_is_not_removed(captured, polling):
    learn(polling, captured, "slow")
    row = wait(polling, lambda row: row.state.step >= 1)
    with pytest.raises(RuntimeError, match="Cancel it first"):
        bpy.ops.mti.remove_job(job=row.request.job)
    bpy.ops.mti.cancel(job=row.request.job)
    wait(polling, ended)
    assert bpy.ops.mti.remove_job(job=row.request.job) == {"FINISHED"}
    assert not row.folder.path.exists()
    with pytest.raises(RuntimeError, match="no longer exists"):
        bpy.ops.mti.cancel(job=row.request.job)
