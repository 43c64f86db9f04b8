"""Clean Up: what may go without anybody missing it, and what may not."""

from __future__ import annotations

import os
import shutil
import time

import bpy
import pytest

from tests.blender.queue.following import ended, learn, strips_of, wait

pytestmark = pytest.mark.once


@pytest.fixture
def saved(captured, tmp_path):
    """The captured scene in a saved .blend file."""
    (tmp_path / "shot").mkdir()
    bpy.ops.wm.save_as_mainfile(
        filepath=str(tmp_path / "shot" / "shot.blend"), check_existing=False
    )
    yield bpy.context.scene


@pytest.fixture
def learned(saved, polling):
    """A job that has learned a motion."""
    learn(polling, saved)
    return wait(polling, left)


@pytest.fixture
def heaps(ext, polling):
    """heaps(): kind -> ids of the jobs in it."""
    cleanup = ext("blender.jobs.cleanup")

    def found():
        polling.poll()
        return {
            kind: {path.name for path in heap.unused}
            for kind, heap in cleanup.inventory(polling.jobs).items()
        }

    return found


def applied(polling, scene, takes=1):
    """A job that has applied the learned motion; nobody has added its results."""
    scene.mti.takes = takes
    assert bpy.ops.mti.apply() == {"FINISHED"}
    return wait(polling, lambda row: row.request.task == "apply" and left(row))


def left(row):
    """Ended, and its runner has let go of it, which it does a moment after its last word."""
    return ended(row) and not row.folder.heartbeat_file.exists()


def failed(ext, polling, scene, code):
    """A job whose last word is a failure of this kind."""
    events, files = ext("wire.events"), ext("wire.files")
    learn(polling, scene, "fail")
    row = wait(polling, lambda row: row.state.phase == "failed" and left(row))
    lines = row.folder.events_file.read_bytes().splitlines()
    seq, when, last = events.decode(lines[-1])
    row.folder.events_file.write_bytes(b"\n".join(lines[:-1]) + b"\n")
    said = events.Failed(code, last.message, "")
    files.append_line(row.folder.events_file, events.encode(said, seq, when))
    polling.stop()
    polling.start()
    return wait(polling, lambda row: row.state.phase == "failed" and left(row))


def test_results_that_nobody_has_added_stay(saved, learned, polling, heaps):
    one, three = applied(polling, saved), applied(polling, saved, takes=3)
    assert {one.request.job, three.request.job} == heaps()["unadded"]
    assert bpy.ops.mti.clean_up() == {"FINISHED"}
    assert one.folder.path.is_dir() and three.folder.path.is_dir()
    for take in (1, 3):
        bpy.ops.mti.import_result(job=three.request.job, take=take)
    assert three.request.job in heaps()["unadded"]  # there is one that nobody has looked at
    bpy.ops.mti.import_result(job=three.request.job, take=2)
    assert heaps()["jobs"] == {three.request.job} and heaps()["unadded"] == {one.request.job}
    assert bpy.ops.mti.clean_up() == {"FINISHED"}
    assert one.folder.path.is_dir() and not three.folder.path.exists()
    assert learned.folder.path.is_dir()
    bpy.ops.mti.clean_up(unadded=True)
    assert not one.folder.path.exists() and learned.folder.path.is_dir()


def test_a_result_that_another_file_has_added_is_known_by_its_job(
    saved, learned, polling, heaps, tmp_path
):
    """The other file's folder of results is not looked at, and may be on another disk."""
    row = applied(polling, saved)
    saved.mti.result_folder = str(tmp_path / "another")
    bpy.ops.mti.import_result(job=row.request.job)
    strip = strips_of(saved)[-1]
    strip.id_data.sequence_editor.strips.remove(strip)
    saved.mti.result_folder = ""
    shutil.rmtree(tmp_path / "another")
    assert heaps()["jobs"] == {row.request.job}


def test_added_by_a_version_that_did_not_note_it(saved, learned, polling, heaps):
    row = applied(polling, saved)
    bpy.ops.mti.import_result(job=row.request.job)
    (row.folder.path / "added.json").unlink()
    assert heaps()["jobs"] == {row.request.job}


def test_a_read_only_job_can_be_added_all_the_same(saved, learned, polling, ext, monkeypatch):
    row = applied(polling, saved)
    files, errors = ext("wire.files"), ext("wire.errors")

    def refuse(path, data):
        raise errors.NotWritable(f"{path} cannot be written.")

    monkeypatch.setattr(files, "write_atomic", refuse)
    assert bpy.ops.mti.import_result(job=row.request.job) == {"FINISHED"}
    assert len(strips_of(saved)) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("disk_full", "unfinished"),
        ("out_of_memory", "unfinished"),
        ("model_missing", "unfinished"),
        ("internal", "unfinished"),
        ("from_the_future", "unfinished"),
        ("wire_error", "unfinished"),
        ("no_motion", "jobs"),
        ("bad_request", "jobs"),
    ],
)
def test_a_failed_job_stays_as_long_as_it_could_be_resumed(saved, polling, ext, heaps, code, kind):
    row = failed(ext, polling, saved, code)
    found = heaps()
    assert [name for name in found if row.request.job in found[name]] == [kind]
    bpy.ops.mti.clean_up()
    assert row.folder.path.exists() == (kind == "unfinished")
    bpy.ops.mti.clean_up(unfinished=True)
    assert not row.folder.path.exists()


def test_a_cancelled_job_stays_as_long_as_it_can_be_resumed(saved, polling, heaps):
    learn(polling, saved, "slow")
    row = wait(polling, lambda row: row.state.step >= 1)
    bpy.ops.mti.cancel(job=row.request.job)
    wait(polling, left)
    assert not row.folder.checkpoint_dir.exists()  # not even what it has learned is missed
    found = heaps()
    assert found["unfinished"] == {row.request.job} and found["jobs"] == set()
    bpy.ops.mti.clean_up()
    assert row.folder.path.is_dir()


def test_dead_and_paused_jobs_stay(saved, polling, heaps):
    learn(polling, saved, "die")
    dead = wait(polling, lambda row: row.state.phase == "dead")
    learn(polling, saved, "slow")
    paused = wait(polling, lambda row: row.state.step >= 1)
    bpy.ops.mti.pause(job=paused.request.job)
    wait(polling, left)
    found = heaps()
    assert found["unfinished"] == {dead.request.job} and found["jobs"] == set()
    bpy.ops.mti.clean_up(unfinished=True)
    assert paused.folder.path.is_dir() and not dead.folder.path.exists()


def test_a_job_that_another_blender_has_resumed_stays(saved, polling, ext, heaps):
    """This one has not looked at it since: for it, the job had been cancelled for good."""
    client = ext("client")
    learn(polling, saved, "slow")
    row = wait(polling, lambda row: row.state.step >= 1)
    bpy.ops.mti.cancel(job=row.request.job)
    wait(polling, left)
    client.enqueue(row.folder)
    assert polling.jobs.find(row.request.job).state.phase == "cancelled"
    assert heaps()["jobs"] == set()
    bpy.ops.mti.clean_up()
    assert row.folder.path.is_dir()


def test_a_job_that_begins_while_others_are_deleted_stays(saved, polling, ext, monkeypatch):
    cleanup, owner = ext("blender.jobs.cleanup"), ext("wire.owner")
    learn(polling, saved, "slow")
    row = wait(polling, lambda row: row.state.step >= 1)
    bpy.ops.mti.cancel(job=row.request.job)
    wait(polling, left)
    heap = cleanup.inventory(polling.jobs)["unfinished"]
    with owner.JobLock(row.folder):
        (row.folder.events_file).unlink()
        gone, problems = cleanup.delete("unfinished", heap)
    assert gone == 0 and "still working on this job" in problems[0] and row.folder.path.is_dir()


def test_captures_of_other_files_stay_unless_somebody_asks(saved, polling, ext):
    """What this file does not use, another one may; then it can only be captured again there."""
    addon = ext("blender.common.addon")
    mine = saved.mti.capture
    assert bpy.ops.mti.capture() == {"FINISHED"}
    assert saved.mti.capture != mine
    bpy.ops.mti.clean_up()
    assert (addon.captures_folder() / mine).is_dir()
    bpy.ops.mti.clean_up(captures=True)
    assert not (addon.captures_folder() / mine).exists()
    assert (addon.captures_folder() / saved.mti.capture).is_dir()


def test_what_a_killed_writer_left_is_counted_and_goes(saved, polling, ext, heaps, tmp_path):
    """Only what is old: another Blender may be writing right now."""
    addon = ext("blender.common.addon")
    roots = [
        addon.jobs_folder(),
        addon.captures_folder(),
        ext("blender.common.folders").results_root(saved)[0],
    ]
    old, new = [], []
    for root in roots:
        for age, heap in ((7200, old), (0, new)):
            folder = root / f".tmp-{age:012d}-wave"
            folder.mkdir(parents=True)
            (folder / "0001.png").write_bytes(b"x" * 1000)
            os.utime(folder, (time.time() - age,) * 2)
            heap.append(folder)
    bpy.ops.mti.clean_up()
    assert not any(path.exists() for path in old) and all(path.is_dir() for path in new)
