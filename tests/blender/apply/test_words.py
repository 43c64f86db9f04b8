"""Motions that are played in words: what the panels say, what is sent, and what comes back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import bpy
import pytest

from tests.blender.conftest import PACKAGE, ROOT
from tests.blender.queue.following import ended, wait
from tests.blender.test_panels import _drawn

BACKEND = ROOT / ".venv" / "backend" / "bin" / "python"
PATIENCE = 180
"""Seconds: a backend that starts, on a machine that is busy."""
MAKE = """
import sys
from pathlib import Path
from tests.tiny_text_to_video import make_tiny_text_to_video
make_tiny_text_to_video("animatediff", Path(sys.argv[1]) / "animatediff", levels=3, scale=8)
"""


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """A models folder with AnimateDiff, tiny."""
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([BACKEND, "-c", MAKE, folder], cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture
def motions(ext, prefs):
    """The module that follows the libraries; the own one is empty."""
    module = ext("blender.library.motions")
    module.forget()
    yield module
    module.forget()


@pytest.fixture
def by_words(prefs, scene, tmp_path):
    """Learning by words is chosen, at the smallest size; there are no models."""
    prefs.method, prefs.words_size = "motion-inversion", "2"
    prefs.models_folder = str(tmp_path)
    return prefs


@pytest.fixture
def camera(by_words, polling):
    """The factory scene's camera, keyed to move sideways through an empty room, and captured."""
    scene = bpy.context.scene
    bpy.data.objects.remove(bpy.data.objects["Cube"])  # it would be rendered, in a minute
    scene.frame_end = 24
    for frame, x in ((1, 4.0), (24, 8.0)):
        scene.camera.location.x = x
        scene.camera.keyframe_insert("location", frame=frame)
    scene.camera.animation_data.action.name = "Truck_Right"
    scene.mti.source = "CAMERA"
    assert bpy.ops.mti.capture() == {"FINISHED"}
    return scene


@pytest.fixture
def ready(camera, by_words, models):
    """The same with a real backend, and a model that it can load."""
    by_words.models_folder, by_words.python = str(models), str(BACKEND)
    camera.mti.iterations = 7
    return camera


def _poll_message(operator) -> str:
    with pytest.raises(RuntimeError) as refused:
        operator()
    return str(refused.value)


def test_learn_asks_what_the_motion_is_for(by_words, scene):
    lines = _drawn()
    learn = lines[lines.index("Learn") : lines.index("Library")]
    for name in ("method", "words_engine", "words_size", "caption", "quality"):
        assert f"<{name}>" in learn, name
    assert "<engine>" not in learn and "<variations>" not in learn and "<from_poses>" not in learn
    by_words.method = "motion-textual-inversion"
    lines = _drawn()
    learn = lines[lines.index("Learn") : lines.index("Library")]
    assert "<engine>" in learn and "<caption>" not in learn and "<variations>" in learn


def test_licenses_are_said_before_anything_is_fetched(by_words, scene):
    text = " ".join(_drawn())
    assert "May be used commercially" in text and "Not for commercial use" not in text
    by_words.words_engine = "zeroscope"
    text = " ".join(_drawn())
    assert "Not for commercial use" in text and "May be used commercially" not in text


def test_a_missing_model_says_where_it_belongs(camera, by_words):
    assert "Not installed (3.8 GB download)" in " ".join(_drawn())
    assert "Not installed" in _poll_message(bpy.ops.mti.learn)
    folder = Path(by_words.models_folder) / "animatediff"
    for part in ("unet", "vae", "tokenizer", "scheduler", "motion_adapter"):
        (folder / part).mkdir(parents=True)
        (folder / part / "config.json").write_text("{}")
    (folder / "model_index.json").write_text("{}")
    said = _poll_message(bpy.ops.mti.learn)
    assert "lacks text_encoder" in said and by_words.models_folder in said


def test_a_caption_is_suggested_and_what_was_typed_stays(camera):
    props = camera.mti
    assert props.caption == "the camera moves through a scene, truck right"
    props.caption = "a grey cube"
    bpy.ops.mti.capture()
    assert props.caption == "a grey cube"
    props.caption = ""
    bpy.ops.mti.capture()
    assert props.caption == "the camera moves through a scene, truck right"


def test_a_figures_caption_names_what_is_drawn(by_words, figure):
    bpy.ops.mti.capture()
    assert bpy.context.scene.mti.caption.startswith("a stick figure, ")
    assert bpy.context.scene.mti.caption.endswith(", on a plain background")


def test_bad_words_are_one_sentence_and_no_job(ready, polling):
    props = ready.mti
    props.caption = " ".join(f"word{i}" for i in range(80))
    said = _poll_message(bpy.ops.mti.learn)
    assert "has 80 words" in said and "word75 word76" in said
    props.caption, props.also_apply = "a cube", True
    assert "Describe what is to be seen" in _poll_message(bpy.ops.mti.learn)
    props.prompt = "a fox"
    bpy.ops.mti.add_prompt()
    assert "Prompt 2 is empty" in _poll_message(bpy.ops.mti.learn)
    props.more_prompts[0].text = "a fox " * 40
    assert "has 80 words" in _poll_message(bpy.ops.mti.learn)
    bpy.ops.mti.remove_prompt(number=0)
    ready.mti.negative_prompt = "blurry " * 76
    assert "has 76 words" in _poll_message(bpy.ops.mti.learn)
    assert not polling.jobs.rows


def test_a_capture_of_another_size_or_engine_is_refused(ready, by_words):
    by_words.words_size = "1"
    assert "Captured at 256 x 256" in _poll_message(bpy.ops.mti.learn)
    by_words.method = "motion-textual-inversion"
    assert "capture again for draft" in _poll_message(bpy.ops.mti.learn)


def test_eight_prompts_and_no_more(by_words, scene):
    for _ in range(7):
        assert bpy.ops.mti.add_prompt() == {"FINISHED"}
    assert "8 prompts" in _poll_message(bpy.ops.mti.add_prompt)


@pytest.fixture
def learned(ready, polling, by_words, motions):
    """The captured camera, learned by the real backend and kept in the library."""
    by_words.save_motions = True
    ready.mti.name = "truck"
    assert bpy.ops.mti.learn() == {"FINISHED"}
    row = polling.jobs.rows[0]
    words = row.request.settings.words
    assert row.request.task == "learn" and row.request.references == 1
    assert words.caption == ready.mti.caption and words.playing.view == "camera"
    assert (words.learning.iterations, words.learning.keep) == (7, (2, 4, 7))
    row = wait(polling, ended, PATIENCE)
    assert row.state.phase == "done", row.folder.log_file.read_text()
    polling.poll()
    return row


@pytest.mark.once  # a real backend learns and plays for a minute or two
def test_a_keyed_camera_is_learned_and_played_in_words(learned, polling, ext, motions):
    scene, props = bpy.context.scene, bpy.context.scene.mti
    entry = motions.library().at(Path(polling.jobs.rows[0].keep.saved))
    assert list(entry.models) == ["animatediff"] and entry.kind == "camera"
    lines = _drawn()
    assert "Learned with AnimateDiff" in lines and "Applied from a text prompt" in lines
    apply = lines[lines.index("Apply") : lines.index("Results")]
    assert "<prompt>" in apply and "<target>" not in apply and "[mti.step_back]" in apply
    assert "Describe what is to be seen" in _poll_message(bpy.ops.mti.apply)

    props.prompt, props.negative_prompt, props.follow_layout = "a fox in snow", "blurry", 30
    bpy.ops.mti.add_prompt()
    props.more_prompts[0].text = "a castle"
    props.seed = 5
    motion = ext("blender.apply.current").current_motion(scene)
    bpy.ops.mti.step_back(iterations=2, motion=motion.label)
    assert bpy.ops.mti.apply() == {"FINISHED"}
    request = polling.jobs.rows[0].request
    words = request.settings.words
    assert (request.task, request.targets) == ("apply", 0)
    assert words.prompts == ("a fox in snow", "a castle") and words.negative_prompt == "blurry"
    assert (words.playing.view, words.playing.noise_prior, words.playing.seed) == ("camera", 0.3, 5)
    sent = polling.jobs.rows[0].folder.inputs / "motion.safetensors"
    early = learned.folder.early_dir / "0002.safetensors"
    assert sent.read_bytes() == early.read_bytes() != learned.folder.output_motion.read_bytes()
    row = wait(polling, ended, PATIENCE)
    assert row.state.phase == "done", row.folder.log_file.read_text()

    takes = ext("workflow.kept_results").takes_of(row)
    assert [take.prompt for take in takes] == ["a fox in snow", "a castle"]
    lines = _drawn()
    jobs, play = lines[lines.index("Jobs") :], "[mti.play_result]"
    shown = [line for line in jobs if line in (*words.prompts, play)]
    assert shown == ["a fox in snow", play, "a castle", play]
    assert bpy.ops.mti.import_result(job=row.request.job, take=2) == {"FINISHED"}
    strip = next(each for _, each in ext("blender.sequencer.strip").all_strips())
    recipe = json.loads(strip["mti_recipe"])
    assert strip["mti_prompt"] == "a castle"
    assert recipe["settings"]["motion_inversion"]["prompts"] == ["a castle"]
    shown = {element.filename for element in strip.elements}
    assert shown == {f"{number:04d}.png" for number in range(1, 17)}
    assert any("truck: a castle" in line for line in _drawn())

    props.prompt = "something else"
    props.more_prompts.clear()
    assert bpy.ops.mti.redo(job=row.request.job, seed=9, takes=1) == {"FINISHED"}
    again = polling.jobs.rows[0].request.settings.words
    assert again.prompts == words.prompts and again.playing.seed == 9
    assert props.prompt == "a fox in snow" and props.follow_layout == pytest.approx(30)
    assert bpy.ops.mti.cancel(job=polling.jobs.rows[0].request.job) == {"FINISHED"}
    wait(polling, ended, PATIENCE)

    _applied_by_the_other_method(Path(entry.folder), ext)


def _applied_by_the_other_method(folder, ext):
    """Only that has learned it, so its engine applies it; the library's filter knows both."""
    bpy.context.preferences.addons[PACKAGE].preferences.method = "motion-textual-inversion"
    bpy.ops.mti.pick_motion(folder=str(folder))
    motion = ext("blender.apply.current").current_motion(bpy.context.scene)
    assert motion.settings.model == "animatediff"
    assert set(ext("blender.apply.words").early_states(motion)) == {2, 4}, "its job is still there"
    window, shown = bpy.context.window_manager.mti, ext("blender.library.shown")
    window.library_engine = "animatediff"
    assert [entry.name for entry in shown.found(window)] == ["truck"]
    window.library_engine = "svd"
    assert "truck" not in [entry.name for entry in shown.found(window)]
    window.property_unset("library_engine")
