"""What a job has learned gets into the library: by a button, or by itself."""

from __future__ import annotations

import bpy
import pytest

from mti_addon.wire.library import read_library, read_motion
from tests.blender.queue.following import ended, learn, wait
from tests.blender.test_panels import _drawn

pytestmark = pytest.mark.once


@pytest.fixture
def learned(captured, polling, motions):
    """A job that has learned a motion whose file is a real one."""
    learn(polling, captured, "real wave")
    row = wait(polling, ended)
    assert row.state.phase == "done"
    return row


def names(own):
    found, problems = read_library(own)
    assert problems == {}
    return [motion.preset.name for motion in found]


def test_a_learned_motion_is_saved_with_what_is_said_of_it(
    learned, captured, motions, prefs, tmp_path, ext
):
    assert "[mti.save_to_library]" in _drawn() and bpy.ops.mti.save_to_library.poll()
    assert bpy.ops.mti.save_to_library(
        job=learned.request.job, name="Wave", kind="body", tags="arm, hello", author="Ada"
    ) == {"FINISHED"}
    (motion,) = read_library(tmp_path / "own")[0]
    preset = motion.preset
    assert (preset.name, preset.tags, preset.author) == ("Wave", ("arm", "hello"), "Ada")
    assert len(preset.references) == 14 and preset.has_poses and preset.num_frames == 14
    assert (motion.folder / "thumbnail.png").is_file()
    entry = ext("blender.library.shown").chosen(captured)
    assert entry.folder == motion.folder
    assert "In the library: Wave" in _drawn() and not bpy.ops.mti.save_to_library.poll()


def test_a_motion_that_was_deleted_can_be_saved_again(learned, motions, tmp_path, ext):
    bpy.ops.mti.save_to_library()
    assert names(tmp_path / "own") == ["real wave"]
    bpy.ops.mti.delete_motion()
    assert bpy.ops.mti.save_to_library.poll() and "In the library" not in " ".join(_drawn())
    bpy.ops.mti.save_to_library()
    assert names(tmp_path / "own") == ["real wave"]


def test_the_kind_is_guessed_from_the_poses(learned, captured, ext, scene):
    kind_of = ext("workflow.keeping").kind_of
    assert kind_of(learned.folder.inputs) == "body"
    assert kind_of(learned.folder.path) == "body", "nothing is known"
    bpy.ops.object.select_all(action="DESELECT")
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    for frame, place in ((1, 0.0), (30, 1.0)):
        cube.location.x = place
        cube.keyframe_insert("location", frame=frame)
    captured.mti.source = "OBJECT"
    bpy.ops.mti.capture()
    captures = ext("blender.common.addon").captures_folder()
    assert kind_of(captures / captured.mti.capture) == "object"


def test_motions_are_saved_by_themselves_if_wished(captured, polling, motions, prefs, tmp_path):
    learn(polling, captured, "real unsaved")
    wait(polling, ended)
    prefs.save_motions, prefs.author, prefs.license = True, "Ada", "CC0-1.0"
    learn(polling, captured, "real wave")
    wait(polling, ended)
    polling.poll()
    assert names(tmp_path / "own") == ["real wave"]
    (motion,) = read_library(tmp_path / "own")[0]
    assert (motion.preset.author, motion.preset.license) == ("Ada", "CC0-1.0")
    assert motions.library().at(motion.folder) is not None
    assert "In the library: real wave" in _drawn()


def test_what_ended_while_blender_was_closed_is_saved_once(
    captured, polling, motions, prefs, tmp_path, ext
):
    prefs.save_motions = True
    learn(polling, captured, "real wave")
    job = polling.jobs.rows[0].folder
    wait_until_done(job)
    polling.jobs.forget()  # as if Blender had been closed before it has looked
    saving, keeping = ext("blender.library.saving"), ext("workflow.keeping")
    polling.start()
    while polling.poll() is not None:
        pass
    assert names(tmp_path / "own") == ["real wave"]
    saved = keeping.read_keep(job.path)
    # a Blender that dies between the saving and the note saves it again
    keeping.write_keep(job, ext("workflow.keeping").Keep(about=saved.about))
    polling.jobs.forget()
    polling.start()
    while polling.poll() is not None:
        pass
    saving.look()
    assert names(tmp_path / "own") == ["real wave"]
    assert keeping.read_keep(job.path) == saved


def test_a_motion_that_cannot_be_saved_is_reported_once(
    captured, polling, motions, prefs, tmp_path, ext
):
    prefs.save_motions = True
    (tmp_path / "own").write_text("a file where the folder should be")
    learn(polling, captured, "real wave")
    wait(polling, ended)
    polling.poll()
    panels = ext("blender.common.panels")
    assert panels.last_error is not None
    panels.remember_error(None)
    ext("blender.library.saving").look()
    assert panels.last_error is None
    (tmp_path / "own").unlink()
    ext("blender.library.saving").forget()  # the next start
    ext("blender.library.saving").look()
    assert names(tmp_path / "own") == ["real wave"]


def test_a_broken_motion_is_not_saved(captured, polling, motions, tmp_path):
    learn(polling, captured, "wave")  # whose file holds no tokens
    row = wait(polling, ended)
    with pytest.raises(RuntimeError, match="Error: "):
        bpy.ops.mti.save_to_library(job=row.request.job)
    assert not (tmp_path / "own").exists() or names(tmp_path / "own") == []
    with pytest.raises(RuntimeError, match="has not learned a motion"):
        bpy.ops.mti.save_to_library(job="0" * 32)


def test_a_renamed_job_is_saved_under_its_name(learned, motions, tmp_path):
    bpy.ops.mti.rename_job(job=learned.request.job, name="Hello")
    bpy.ops.mti.save_to_library(job=learned.request.job)
    assert names(tmp_path / "own") == ["Hello"]
    assert read_motion(tmp_path / "own" / "hello").preset.name == "Hello"


def wait_until_done(job):
    import time

    deadline = time.monotonic() + 30
    while job.finished() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
