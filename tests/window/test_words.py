"""A keyed camera becomes a strip of what a prompt describes, with the mouse, in a real window."""

from __future__ import annotations

import pytest

from mti_backend.models import SHIPPED
from tests.tiny_text_to_video import make_tiny_text_to_video
from tests.untrained_draft import make_untrained_draft
from tests.window.conftest import ADDON
from tests.window.desktop import Desktop, Window
from tests.window.test_workflow import STRIPS, picture, wait_for_phase

SET_UP = f"""
prefs = bpy.context.preferences.addons[{ADDON!r}].preferences
prefs.method, prefs.words_size, prefs.save_motions = "motion-inversion", "2", True
scene = bpy.context.scene
bpy.data.objects.remove(bpy.data.objects["Cube"])  # it would be rendered; the room is drawn
scene.frame_end = 24
for frame, x in ((1, 4.0), (24, 8.0)):
    scene.camera.location.x = x
    scene.camera.keyframe_insert("location", frame=frame)
scene.camera.animation_data.action.name = "Truck_Right"
scene.mti.source, scene.mti.iterations = "CAMERA", 7
"""
MODELS = f"""
prefs = bpy.context.preferences.addons[{ADDON!r}].preferences
prefs.models_folder = {{folder!r}}
"""
CAPTION = "bpy.context.scene.mti.caption"
PROMPTS = """
props = bpy.context.scene.mti
props.prompt = "a fox in snow"
props.follow_layout = 30
"""
ADD = f"""
from {ADDON}.mti_addon.blender.queue import polling
bpy.ops.mti.import_result(job=polling.jobs.rows[0].folder.path.name, take=1)
"""
RECIPE = """[
    strip["mti_prompt"]
    for scene in bpy.data.scenes
    if scene.sequence_editor
    for strip in scene.sequence_editor.strips
]"""


@pytest.mark.slow  # tests/blender/apply/test_words.py shows most of it, without the window
def test_a_keyed_camera_is_learned_by_words_and_played(desktop: Desktop, window: Window) -> None:
    window.run(SET_UP)
    window.click("mti.capture")
    window.ask("find", "bpy.ops.mti.save_to_library(")
    picture(desktop, "words_engine_missing")
    models = desktop.folder / "models"
    make_tiny_text_to_video("animatediff", models / "animatediff", levels=3, scale=8)
    window.run(MODELS.format(folder=str(models)))
    assert window.run(f"result = {CAPTION}") == "the camera moves through a scene, truck right"
    window.until("bpy.ops.mti.learn.poll()", 60)
    window.ask("find", "bpy.ops.mti.learn(")
    picture(desktop, "words_learn")
    window.click("mti.learn")
    wait_for_phase(window, "done")
    window.run(PROMPTS)
    window.until("bpy.ops.mti.apply.poll()", 60)
    window.ask("find", "bpy.ops.mti.apply(")
    picture(desktop, "words_apply")
    window.click("mti.apply")
    wait_for_phase(window, "done", 2)
    picture(desktop, "words_applied")
    window.run(ADD)
    assert len(window.run(f"result = {STRIPS}")) == 1
    assert window.run(f"result = {RECIPE}") == ["a fox in snow"]
    picture(desktop, "words_strip")


DRAFT = f"""
prefs = bpy.context.preferences.addons[{ADDON!r}].preferences
prefs.words_engine = "draft-by-words"
"""
UNKNOWN = """
props = bpy.context.scene.mti
props.prompt, props.negative_prompt = "a red dog in a castle", ""
"""
KNOWN = """
props = bpy.context.scene.mti
props.prompt = "a red dog in snow"
"""


@pytest.mark.slow  # tests/blender/apply/test_draft_by_words.py shows most of it
def test_a_keyed_camera_is_learned_and_played_on_the_draft(
    desktop: Desktop, window: Window
) -> None:
    """With the weights that are shipped, or, as long as there are none, with untrained ones."""
    window.run(SET_UP)
    window.run(DRAFT)
    window.click("mti.capture")
    assert window.run(f"result = {CAPTION}") == "a box"
    window.ask("find", "bpy.ops.mti.save_to_library(")
    if not (SHIPPED["draft-by-words"] / "model_index.json").is_file():
        picture(desktop, "words_draft_missing")
        models = desktop.folder / "models"
        make_untrained_draft(models / "draft-by-words")
        window.run(MODELS.format(folder=str(models)))
    window.until("bpy.ops.mti.learn.poll()", 60)
    window.ask("find", "bpy.ops.mti.learn(")
    picture(desktop, "words_draft_learn")
    window.click("mti.learn")
    wait_for_phase(window, "done")
    window.run(UNKNOWN)
    window.until("bpy.ops.mti.apply.poll()", 60)
    window.ask("find", "bpy.ops.mti.apply(")
    picture(desktop, "words_draft_apply")
    window.run(KNOWN)
    window.click("mti.apply")
    wait_for_phase(window, "done", 2)
    picture(desktop, "words_draft_applied")
    window.run(ADD)
    assert window.run(f"result = {RECIPE}") == ["a red dog in snow"]
    picture(desktop, "words_draft_strip")
