"""Learn, apply, cancel, resume, import, with real processes that keep the job folder's protocol."""

from __future__ import annotations

import time

import bpy
import pytest

from tests.blender.queue.following import ended, learn, strips_of, wait

pytestmark = pytest.mark.once


def test_learn_apply_import(captured, polling, ext):
    """The animator's whole way, with three clicks after the capture."""
    scene, strip = captured, ext("blender.sequencer.strip")
    assert not bpy.ops.mti.apply.poll()
    learn(polling, scene)
    learned = wait(polling, ended)
    assert learned.state.phase == "done" and learned.request.task == "learn"
    assert len(learned.state.losses) == 20
    assert bpy.ops.mti.apply.poll()
    assert bpy.ops.mti.apply() == {"FINISHED"}
    applied = wait(polling, lambda row: row.request.task == "apply" and ended(row))
    assert applied.state.phase == "done"
    assert applied.folder.motion_file.read_bytes() == b"a motion"
    target = ext("motion").decode_png(applied.folder.target_file.read_bytes())
    assert target.shape == (140, 249, 3)  # the render as it is

    scene.frame_set(7)
    assert bpy.ops.mti.import_result(job=applied.request.job) == {"FINISHED"}
    (made,) = strips_of(scene)
    assert (strip.strip_start(made), strip.strip_end(made)) == (7, 55)
    assert made.name == "wave" and made["mti_job"] == applied.request.job
    assert [element.filename for element in made.elements] == [
        f"{k * 14 // 48 + 1:04d}.png" for k in range(48)
    ]
    assert scene.view_settings.view_transform == "AgX"  # the shot stays as it is
    scene.mti.place = "CAPTURE"
    bpy.ops.mti.import_result(job=applied.request.job)
    assert sorted(strip.strip_start(s) for s in strips_of(scene)) == [1, 7]


def test_the_request_says_what_was_set(captured, polling):
    mti = captured.mti
    mti.iterations, mti.seed, mti.flip_safe = 33, 5, True
    captured.render.fps, captured.render.fps_base = 30, 1.001
    assert bpy.ops.mti.capture() == {"FINISHED"}
    learn(polling, captured, "A wave – ✋")
    request = wait(polling, ended).request
    assert request.name == "A wave – ✋" and request.settings.model == "draft"
    inversion, sampling = request.settings.inversion, request.settings.sampling
    assert (inversion.iterations, inversion.seed, sampling.seed) == (33, 5, 5)
    assert request.capture.flip_safe and request.capture.fps == pytest.approx(30 / 1.001)
    assert (request.capture.frame_start, request.capture.frame_end) == (1, 48)
    assert (request.reference_frames, request.references) == (14, 1)


def test_further_drawings_lie_beside_the_captured_one(captured, polling, ext):
    captured.mti.variations, captured.mti.seed = 3, 4
    learn(polling, captured)
    row = wait(polling, ended)
    assert row.state.phase == "done"  # the runner has verified every file
    assert (row.request.references, row.request.reference_frames) == (3, 14)
    motion, job = ext("motion"), row.folder
    capture = ext("blender.sketch.current").current_capture(captured)
    for k, (poses, look) in enumerate(motion.variations(capture.poses(), 3, 4), start=1):
        folder = job.further_reference_dir(k)
        assert len(list(folder.iterdir())) == 14
        for i, picture in enumerate(motion.draw(poses, look)):
            written = motion.decode_png((folder / f"{i + 1:04d}.png").read_bytes())
            assert (written == picture).all()


def test_sixteen_drawings_are_made_in_short_time(captured, polling):
    captured.mti.variations = 16
    began = time.process_time()
    learn(polling, captured)
    assert time.process_time() - began < 8
    assert wait(polling, ended).request.references == 16


@pytest.mark.usefixtures("coarse")
def test_a_camera_s_move_is_learned_from_one_drawing(scene, polling, ext):
    for frame, x in ((1, 6.0), (24, 8.0)):
        scene.camera.location.x = x
        scene.camera.keyframe_insert("location", frame=frame)
    scene.mti.source, scene.mti.variations, scene.frame_end = "CAMERA", 8, 24
    assert bpy.ops.mti.capture() == {"FINISHED"}
    assert not ext("blender.sketch.current").current_capture(scene).can_vary
    learn(polling, scene)
    assert wait(polling, ended).request.references == 1


def test_damaged_poses_are_named_and_nothing_is_started(captured, polling, ext):
    capture = ext("blender.sketch.current").current_capture(captured)
    capture.poses_files[0].write_bytes(b"PK nonsense")
    captured.mti.variations = 4
    with pytest.raises(RuntimeError, match="variations of it cannot be drawn"):
        bpy.ops.mti.learn()
    polling.poll()
    assert not polling.jobs.rows


def test_learn_and_apply_in_one(captured, polling):
    captured.mti.also_apply = True
    learn(polling, captured)
    row = wait(polling, ended)
    assert (row.request.task, row.state.phase) == ("learn+apply", "done")
    assert bpy.ops.mti.import_result(job=row.request.job) == {"FINISHED"}
    assert len(strips_of(captured)) == 1


def test_the_strip_lasts_as_long_at_another_frame_rate(captured, polling, ext):
    captured.mti.also_apply = True
    learn(polling, captured)
    row = wait(polling, ended)
    captured.render.fps = 60
    bpy.ops.mti.import_result(job=row.request.job)
    (made,) = strips_of(captured)
    strip = ext("blender.sequencer.strip")
    assert strip.strip_end(made) - strip.strip_start(made) == 120  # two seconds


def test_a_picture_of_odd_size_and_with_alpha_as_target(captured, polling, ext, tmp_path):
    import numpy as np

    picture = np.random.default_rng(0).integers(0, 255, (37, 53, 4)).astype(np.uint8)
    file = tmp_path / "photo.png"
    file.write_bytes(ext("motion").encode_png(picture))
    captured.mti.target, captured.mti.also_apply = "IMAGE", True
    assert not bpy.ops.mti.learn.poll()
    captured.mti.target_image = str(file)
    learn(polling, captured)
    row = wait(polling, ended)
    back = ext("motion").decode_png(row.folder.target_file.read_bytes())
    assert (back == picture).all()  # all of it, with its alpha
    assert row.state.phase == "done"


def test_cancel_and_resume(captured, polling):
    learn(polling, captured, "slow")
    wait(polling, lambda row: row.state.step >= 1)
    job = polling.jobs.rows[0].request.job
    asked = time.monotonic()
    assert bpy.ops.mti.cancel(job=job) == {"FINISHED"}
    row = wait(polling, ended)
    assert row.state.phase == "cancelled" and time.monotonic() - asked < 2
    assert polling.poll() is None
    assert bpy.ops.mti.resume(job=job) == {"FINISHED"}
    assert polling.jobs.waiting
    wait(polling, lambda row: row.state.phase == "running" and row.state.epoch == 2)
    bpy.ops.mti.cancel(job=job)
    wait(polling, ended)


def test_a_job_outlives_new_file_undo_and_disabling(captured, polling, enabled, ext):
    import addon_utils

    learn(polling, captured, "slow")
    wait(polling, lambda row: row.state.step >= 1)
    job = polling.jobs.rows[0].request.job
    bpy.ops.ed.undo_push(message="x")
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    assert wait(polling, lambda row: row.state.step >= 2).request.job == job
    jobs_folder, python = (
        getattr(bpy.context.preferences.addons[enabled].preferences, name)
        for name in ("jobs_folder", "python")
    )
    addon_utils.disable(enabled, default_set=True)
    addon_utils.enable(enabled, default_set=True)
    preferences = bpy.context.preferences.addons[enabled].preferences
    preferences.jobs_folder, preferences.python = jobs_folder, python
    polling = ext("blender.queue.polling")
    polling.start()
    row = wait(polling, lambda row: row.state.phase == "running" and row.state.step >= 2)
    assert row.request.job == job and len(row.state.losses) >= 2
    bpy.ops.mti.cancel(job=job)
    wait(polling, ended)


def test_the_backends_python_may_come_from_the_environment(captured, prefs, monkeypatch):
    monkeypatch.setenv("MTI_BACKEND_PYTHON", prefs.python)
    prefs.python = ""
    assert bpy.ops.mti.learn.poll()


def test_motions_are_chosen_by_name_the_last_one_by_default(captured, polling, ext):
    for name in ("jump", "wave"):
        learn(polling, captured, name)
        wait(polling, lambda row, name=name: row.request.name == name and ended(row))
    known = ext("blender.library.shown").learned()
    assert [motion.name for motion in known] == ["wave", "jump"]
    captured.mti.motion = known[1].label
    assert bpy.ops.mti.apply() == {"FINISHED"}
    row = wait(polling, lambda row: row.request.task == "apply" and ended(row))
    assert row.request.name == "jump"
    captured.mti.motion = "no such motion"
    assert not bpy.ops.mti.apply.poll()


def test_a_look_at_many_jobs_is_short(captured, polling, prefs, tmp_path):
    import shutil

    learn(polling, captured)
    row = wait(polling, ended)
    while row.folder.heartbeat_file.exists():  # its runner is about to remove it
        time.sleep(0.05)
    root = row.folder.path.parent
    for i in range(150):
        shutil.copytree(row.folder.path, root / f"{i:032x}")
    polling.start()
    longest, looks = 0.0, 0
    while True:
        begin = time.thread_time()  # not the clock: other programs may be at work, too
        more = polling.poll()
        longest, looks = max(longest, time.thread_time() - begin), looks + 1
        if more is None:
            break
    assert len(polling.jobs.rows) == 151
    assert {row.state.phase for row in polling.jobs.rows} == {"done"}
    assert looks > 1 and longest < 0.05, (looks, longest)


def test_progress_is_put_into_words(ext):
    row_class, state = ext("workflow.job_list").Row, ext("client").JobState
    row = row_class(
        None, None, ("", ""), state("running", stage="learn", step=40, total=120, seconds_left=65.2)
    )
    assert ext("blender.queue.rows").progress_text(row) == "Learning 40/120, 1:05 left"


def test_a_shipped_motion_is_applied_only_when_chosen(captured, polling, ext):
    entries = ext("blender.library.motions").library().entries()
    shipped = next(each for each in entries if each.folder.name == "wave")
    assert not bpy.ops.mti.apply.poll()
    captured.mti.motion = ext("workflow.motions").label_of(shipped)
    assert bpy.ops.mti.apply.poll()
    assert bpy.ops.mti.apply() == {"FINISHED"}
    row = wait(polling, ended)
    assert row.state.phase == "done" and row.request.task == "apply"
