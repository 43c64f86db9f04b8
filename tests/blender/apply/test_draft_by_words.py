"""The draft by words in the panels: what it is captured at, what it knows, and what it lacks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import bpy
import pytest

from tests.blender.apply.test_words import BACKEND, PATIENCE, _poll_message
from tests.blender.conftest import ROOT
from tests.blender.queue.following import ended, wait
from tests.blender.test_panels import _drawn

MAKE = """
import sys
from pathlib import Path
from tests.tiny_text_to_video import make_tiny_text_to_video
make_tiny_text_to_video("animatediff", Path(sys.argv[1]) / "draft-by-words", levels=3, scale=4)
"""
MISSING = "This copy of the extension comes without the weights of this engine."


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """A models folder with the draft's classes, tiny."""
    folder = tmp_path_factory.mktemp("draft-models")
    subprocess.run([BACKEND, "-c", MAKE, folder], cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture
def draft(prefs, scene, ext, tmp_path, monkeypatch):
    """The draft by words is chosen, and its weights are missing."""
    monkeypatch.setitem(ext("client.setup.models").INCLUDED_FOLDERS, "draft-by-words", "nowhere")
    prefs.method, prefs.words_engine, prefs.words_size = "motion-inversion", "draft-by-words", "2"
    prefs.models_folder = str(tmp_path)
    return prefs


@pytest.fixture
def camera(draft, polling):
    """The factory scene's camera, keyed to move sideways through an empty room, and captured."""
    scene = bpy.context.scene
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    scene.frame_end = 24
    for frame, x in ((1, 4.0), (24, 8.0)):
        scene.camera.location.x = x
        scene.camera.keyframe_insert("location", frame=frame)
    scene.mti.source = "CAMERA"
    assert bpy.ops.mti.capture() == {"FINISHED"}
    return scene


def _section(first, after):
    lines = _drawn()
    return lines[lines.index(first) : lines.index(after)]


def test_without_its_weights_it_is_refused_and_the_others_are_not(camera, draft, ext):
    assert MISSING in " ".join(_section("Learn", "Library"))
    assert MISSING in _poll_message(bpy.ops.mti.learn)
    states = ext("blender.setup.engines").engine_states()
    assert states["draft"].ready and states["draft-by-words"].missing
    draft.words_engine = "animatediff"
    assert MISSING not in " ".join(_section("Learn", "Library"))
    draft.words_engine = "draft-by-words"
    folder = Path(draft.models_folder) / "draft-by-words"
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text("{}")
    assert "Ready (no GPU needed)" in " ".join(_section("Learn", "Library"))
    assert ext("blender.setup.engines").missing_problem("draft-by-words") is None


def test_it_has_one_size_and_needs_no_license(draft, ext):
    settings = ext("blender.setup.engines").chosen_settings()
    assert (settings.model, settings.num_frames, settings.size) == ("draft-by-words", 16, (64, 64))
    learn = _section("Learn", "Library")
    assert "<words_engine>" in learn and "<words_size>" not in learn
    assert "[wm.url_open]" not in learn


def test_it_is_captured_at_its_size_with_a_caption_of_its_words(camera, ext):
    capture = ext("blender.sketch.current").current_capture(camera)
    assert capture.about.model == "draft-by-words" and capture.about.size == (64, 64)
    assert capture.about.frames == len(list(capture.path.glob("0*.png"))) == 16
    assert camera.mti.caption == "a box"
    assert not any("does not know" in line for line in _drawn())


def test_words_that_it_does_not_know_are_named_and_stop_nothing(camera, draft):
    props = camera.mti
    props.caption, props.also_apply = "a fox on white paper", True
    props.prompt, props.negative_prompt = "a red dog in a castle", "blurry"
    text = " ".join(_section("Learn", "Library"))
    assert "Words that the draft does not know: fox." in text
    assert "Words that the draft does not know: castle, blurry." in text
    assert text.count("Subjects: person, robot, stick figure") == 1 and "camera zooms out" in text
    assert "does not know" not in _poll_message(bpy.ops.mti.learn)
    draft.words_engine = "animatediff"
    text = " ".join(_section("Learn", "Library"))
    assert "does not know" not in text and "Subjects:" not in text


@pytest.mark.once  # a real backend learns and plays for a minute
def test_a_keyed_camera_is_learned_and_played(camera, draft, models, polling, ext):
    draft.models_folder, draft.python, props = str(models), str(BACKEND), camera.mti
    props.iterations, props.quality, props.name = 8, "CUSTOM", "truck"
    assert bpy.ops.mti.learn() == {"FINISHED"}
    learning = polling.jobs.rows[0].request.settings.words.learning
    assert (learning.iterations, learning.keep) == (8, (1, 2, 4, 8))
    row = wait(polling, ended, PATIENCE)
    assert row.state.phase == "done", row.folder.log_file.read_text()
    polling.poll()
    apply = _section("Apply", "Results")
    assert "<prompt>" in apply and "<target>" not in apply
    motion = ext("blender.apply.current").current_motion(camera)
    assert motion.settings.model == "draft-by-words"
    props.prompt = "a red fox in snow"
    assert "Words that the draft does not know: fox." in " ".join(_section("Apply", "Results"))
    assert bpy.ops.mti.apply() == {"FINISHED"}
    row = wait(polling, ended, PATIENCE)
    assert row.state.phase == "done", row.folder.log_file.read_text()
    assert bpy.ops.mti.import_result(job=row.request.job, take=1) == {"FINISHED"}
    strip = next(each for _, each in ext("blender.sequencer.strip").all_strips())
    assert strip["mti_prompt"] == "a red fox in snow"
    assert len({element.filename for element in strip.elements}) == 16
    with open(row.folder.frames_dir / "0001.png", "rb") as file:
        assert ext("motion").decode_png(file.read()).shape[:2] == (64, 64)
