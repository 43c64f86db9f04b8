"""A .blend file of version 0.1.0 keeps what it says: settings of scenes, and recipes of results."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import bpy

GOLDEN = Path(__file__).parents[1] / "golden"


def test_a_file_that_version_0_1_0_saved(ext, tmp_path) -> None:
    """Saved in Blender 4.5: a camera's motion, frames 12 to 40, the best quality, three takes."""
    shutil.copy(GOLDEN / "version_0_1_0.blend", tmp_path / "old.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "old.blend"))
    props = bpy.context.scene.mti
    assert (props.frame_range_mode, props.frame_start, props.frame_end) == ("CUSTOM", 12, 40)
    assert (props.source, props.quality, props.takes, props.name) == ("CAMERA", "BEST", 3, "Wave")
    assert (props.target, props.result_as) == ("VIEWPORT", "FILES")
    assert ext("blender.sketch.sources").frame_span(bpy.context) == (12, 40)
    assert ext("workflow.provenance").read_recipe(bpy.context.scene["mti_recipe"]).take == 2
    # what is chosen from now on counts, also after the next opening
    props.frame_range_mode = "SCENE"
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "old.blend"))
    assert bpy.context.scene.mti.frame_range_mode == "SCENE"


def test_an_appended_older_scene_too(scene, tmp_path) -> None:
    scene.name = "Older"
    scene.mti.property_unset("frame_range_mode")
    scene.mti.span = "SCENE"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "old.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.append(filename="Older", directory=str(tmp_path / "old.blend" / "Scene") + "/")
    assert bpy.data.scenes["Older"].mti.frame_range_mode == "SCENE"


def test_a_file_from_before_chains_of_several_opens_with_the_same_edit(ext, polling, tmp_path):
    """Saved in Blender 4.5: a motion as a part of it, then Wave in reverse, 1.5 times as fast."""
    shutil.copy(GOLDEN / "edit_of_two.blend", tmp_path / "old.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "old.blend"))
    edits, wire = ext("blender.apply.edit"), ext("wire.edit")
    props = bpy.context.scene.mti
    first = wire.MotionPart(strength=0.8, start=0.2, end=0.9, weight=0.7)
    second = wire.MotionPart(strength=0.7, speed=1.5, reverse=True, weight=0.3)
    assert edits.chosen_edit(props) == wire.MotionEdit("chain", 0.1, (first, second))
    assert props.edit_second == "Wave (3db05155)"
    assert bpy.ops.mti.add_to_chain() == {"FINISHED"}
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "old.blend"))
    props = bpy.context.scene.mti
    assert edits.chosen_edit(props).parts[1] == replace(second, weight=0.2)
    assert len(edits.chosen_edit(props).parts) == 3


def test_the_golden_recipe_of_a_strip_is_read_in_today_s_words(ext) -> None:
    text = (GOLDEN / "recipe_1.json").read_text("utf-8")
    assert json.loads(text)["version"] == 1
    recipe = ext("workflow.provenance").read_recipe(text)
    settings = recipe.settings
    assert (recipe.name, settings.num_frames) == ("Wave", 14)
    assert settings.sampling.num_inference_steps == 4
    assert recipe.made_size == (640, 360) and recipe.target.source == "city.png"
    assert ext("workflow.provenance").read_recipe(recipe.to_json()) == recipe
