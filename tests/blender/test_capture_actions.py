"""The actions of a .blend file are captured by a process as Learn All Actions captures them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import bpy
import pytest

from mti_addon.wire import Settings
from mti_addon.wire.capture_folder import CaptureFolder, CaptureTask
from mti_addon.wire.errors import BadRequest, UnreadableInput
from tests.blender.library.test_learning import act

EXPRESSION = "import sys; from mti_addon.blender.capture_actions import main; sys.exit(main())"
SETTINGS = Settings.for_model("draft")


@pytest.fixture
def capture(staged, tmp_path):
    """capture(file, settings): have a process capture it, with what is in the extension's zip;
    returns its folder."""

    def run(file, settings=SETTINGS):
        folder = CaptureFolder(tmp_path / "captured")
        (folder.path / "user").mkdir(parents=True)
        folder.write_task(CaptureTask(str(file), settings, "body", flip_safe=False))
        user = {"BLENDER_USER_RESOURCES": str(folder.path / "user"), "PYTHONPATH": str(staged)}
        command = [sys.executable, "-c", EXPRESSION, str(folder.path)]
        with open(folder.log_file, "wb") as log:
            subprocess.run(command, env={**os.environ, **user}, stdout=log, stderr=log, timeout=120)
        return folder

    return run


@pytest.fixture
def saved(tmp_path):
    """saved(): the open scene, as a .blend file."""

    def save():
        path = tmp_path / "shot.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(path))
        return path

    return save


def test_they_become_the_jobs_that_learn_all_actions_writes(
    figure, scene, polling, saved, capture, ext
):
    bone = next(b.name for b in figure.pose.bones if b.name.startswith("upper_arm"))
    figure.animation_data.action.name = "Wave"
    for name, angle in (("Lift", 1.5), ("Still", 0.0)):
        act(figure, name, bone, angle).use_fake_user = True  # or it is not saved
    bpy.data.actions.new("Empty")
    bpy.ops.mti.add_camera()  # through which it is captured, although the scene has one
    assert scene.mti.capture_camera not in (None, scene.camera)
    folder = capture(saved())
    plan = folder.plan()
    assert plan is not None, folder.log_file.read_text()
    assert plan.actions == ("Lift", "Still", "Wave") and plan.notices == ()
    lift, still, wave = (folder.action(number) for number in range(3))
    assert still.job == "" and still.error.problem.code == "keys_idle", still.error
    assert bpy.ops.mti.learn_actions() == {"FINISHED"}
    expected = {row.request.name: row.request for row in polling.jobs.rows}
    assert set(expected) == {"Lift", "Wave"}
    for captured in (lift, wave):
        job = folder.job(captured)
        job.verify_inputs()
        request = job.request(to_run=True)
        assert "poses.json" in request.inputs
        assert request.settings.inversion.token_init == "poses"
        theirs = replace(expected[request.name], job=request.job)
        assert request.to_json() == theirs.to_json()


@pytest.mark.once
def test_the_settings_are_those_that_were_asked_for(figure, saved, capture):
    """Not those of the panel, which are in the file."""
    scene = bpy.context.scene
    scene.mti.iterations, scene.mti.variations, scene.mti.from_poses = 7, 5, False
    settings = Settings.for_model("draft-by-words")
    folder = capture(saved(), settings)
    request = folder.job(folder.action(0)).request(to_run=True)
    assert request.references == 1 and request.settings.iterations == settings.iterations
    assert request.settings.words.caption == "a stick figure on white paper"
    assert len(request.input_names()) == settings.num_frames


@pytest.mark.once
def test_scripts_of_the_file_are_not_run(figure, saved, capture, tmp_path):
    ran = tmp_path / "ran"
    text = bpy.data.texts.new("startup.py")
    text.write(f"open({str(ran)!r}, 'w').close()")
    text.use_module = True
    driver = bpy.data.objects["Cube"].driver_add("location", 0).driver
    driver.expression = "[x for x in (frame,)][0]"
    folder = capture(saved())
    assert folder.action(0).job and not ran.exists()
    assert "drivers with scripts" in folder.plan().notices[0]


@pytest.mark.once
def test_a_scene_without_armature(scene, saved, capture):
    with pytest.raises(BadRequest, match=r"There is no armature in the scene Scene of shot\.blend"):
        capture(saved()).plan()


@pytest.mark.once
def test_an_armature_without_actions(scene, saved, capture):
    bpy.ops.mti.add_stick_figure(motion="NONE")
    with pytest.raises(BadRequest, match=r"shot\.blend has no action that moves bones"):
        capture(saved()).plan()


@pytest.mark.parametrize("kind", ["damaged", "none"])
def test_what_blender_cannot_read(scene, saved, capture, kind):
    file = saved()
    file.write_bytes(file.read_bytes()[:300] if kind == "damaged" else b"no scene")
    with pytest.raises(UnreadableInput, match=r"shot\.blend is not a \.blend file that Blender"):
        capture(file).plan()
