"""Edit Motion: what the panel's numbers become in a job, and that a result remembers them."""

from __future__ import annotations

import json

import bpy
import numpy as np
import pytest

from tests.blender.queue.following import ended, learn, strips_of, wait
from tests.blender.test_panels import Layout, _context, _drawn

SHIPPED = "wave"
"""The folder of a shipped motion, which serves as the second one."""


@pytest.fixture
def learned(captured, polling, tmp_path):
    """A scene with a motion that was learned, in a saved file."""
    (tmp_path / "shot").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot" / "shot.blend"))
    scene = bpy.context.scene
    scene.mti.target = "RENDER"
    learn(polling, scene, "bow")
    wait(polling, ended)
    return scene


@pytest.fixture
def shipped(ext):
    """The label of a shipped motion of the draft."""
    entries = ext("blender.library.motions").library().entries()
    found = next(each for each in entries if each.folder.name == SHIPPED)
    return ext("workflow.motions").label_of(found)


def applied(polling, scene):
    assert bpy.ops.mti.apply() == {"FINISHED"}
    return wait(polling, lambda row: row.request.task == "apply" and ended(row))


def test_without_a_change_the_motion_is_sent_as_learned(learned, polling, ext):
    row = applied(polling, learned)
    assert row.request.edit == ext("wire.edit").AS_LEARNED
    assert sorted(row.request.inputs) == ["motion.safetensors", "target.png"]
    with pytest.raises(RuntimeError, match="Nothing is changed"):
        bpy.ops.mti.reset_edit()


def test_the_panel_s_numbers_are_those_of_the_job(learned, polling):
    mti = learned.mti
    mti.edit_strength, mti.edit_speed, mti.edit_reverse = 70, 150, True
    mti.edit_start, mti.edit_end, mti.edit_after_end = 10, 80, "bounce"
    (part,) = applied(polling, learned).request.edit.parts
    assert (part.strength, part.speed, part.start, part.end) == (0.7, 1.5, 0.1, 0.8)
    assert part.reverse and part.after_end == "bounce" and part.weight == 1.0
    assert bpy.ops.mti.reset_edit() == {"FINISHED"}
    assert (mti.edit_strength, mti.edit_speed, mti.edit_reverse) == (100, 100, False)
    assert (mti.edit_start, mti.edit_end, mti.edit_after_end) == (0, 100, "hold")


def test_the_ends_of_a_trim_push_each_other(learned):
    mti = learned.mti
    mti.edit_end = 40
    mti.edit_start = 60
    assert (mti.edit_start, mti.edit_end) == (60, 61)
    mti.edit_end = 5
    assert (mti.edit_start, mti.edit_end) == (4, 5)


def test_a_blend_sends_both_motions(learned, polling, shipped):
    mti = learned.mti
    mti.edit_combine, mti.edit_second, mti.edit_influence = "blend", shipped, 25
    mti.edit_second_strength = 50
    row = applied(polling, learned)
    first, second = row.request.edit.parts
    assert row.request.edit.mode == "blend" and (first.weight, second.weight) == (0.75, 0.25)
    assert (first.strength, second.strength) == (1.0, 0.5) and row.request.name == "bow + Wave"
    assert {"motion.safetensors", "motion_02.safetensors"} < set(row.request.inputs)
    assert (row.folder.inputs / "motion.safetensors").read_bytes() == b"a motion"


def test_a_chain_shows_both_in_full_and_lasts_as_long_as_both(learned, polling, shipped, ext):
    mti = learned.mti
    mti.edit_combine, mti.edit_second = "chain", shipped
    mti.edit_share, mti.edit_seam = 50, 20
    mti.edit_second_speed = 200
    row = applied(polling, learned)
    edit, capture = row.request.edit, row.request.capture
    assert edit.mode == "chain" and edit.seam == 0.2
    # each is visible for 0.6 of the clip, the seam included; the second ends in the middle of it
    assert [part.speed for part in edit.parts] == pytest.approx([1 / 0.6, 2 / 0.6])
    motions = ext("blender.apply.edit").chosen_motions(learned)
    wanted = motions[0].capture.seconds + motions[1].capture.seconds / 2
    assert capture.seconds == pytest.approx(wanted, abs=0.6 / capture.fps)
    assert capture.frame_start == motions[0].capture.frame_start


@pytest.mark.parametrize(
    ("second", "said"),
    [("", "Choose the second motion in Edit Motion"), ("gone (draft, x)", "does not exist")],
)
def test_a_second_motion_that_is_missing_is_said(learned, second, said):
    learned.mti.edit_combine, learned.mti.edit_second = "chain", second
    with pytest.raises(RuntimeError, match=said):
        bpy.ops.mti.apply()
    lines = " ".join(_drawn())
    assert said.split(" in ")[0].split(" does")[0] in lines


def test_motions_of_two_engines_are_not_combined(learned, shipped, ext, monkeypatch):
    current, edit = ext("blender.apply.current"), ext("blender.apply.edit")
    motion = current.current_motion(learned)
    settings = ext("wire").Settings.for_model("svd")
    other = type(motion)("Bow (svd)", "Bow", motion.files, settings, motion.capture)
    monkeypatch.setattr(edit, "motion_labelled", lambda *_: other)
    learned.mti.edit_combine, learned.mti.edit_second = "blend", "Bow (svd)"
    with pytest.raises(RuntimeError, match="bow was learned with draft, and Bow with svd"):
        bpy.ops.mti.apply()


def test_a_result_remembers_its_edit_and_redo_uses_it(learned, polling, shipped, ext):
    mti = learned.mti
    mti.edit_strength, mti.edit_reverse = 130, True
    mti.edit_combine, mti.edit_second, mti.edit_share = "chain", shipped, 40
    row = applied(polling, learned)
    edit = row.request.edit
    bpy.ops.mti.import_result(job=row.request.job)
    (strip,) = strips_of(learned)
    recipe = ext("workflow.provenance").read_recipe(strip["mti_recipe"])
    assert recipe.edit == edit and json.loads(strip["mti_recipe"])["version"] == 5
    shown = ext("blender.library.motions").labelled(shipped)
    assert recipe.parents == ("", shown.id), "the first one is a job's"
    bpy.ops.mti.reset_edit()
    bpy.ops.mti.remove_job(job=row.request.job)  # what it was made of lies beside its images
    assert bpy.ops.mti.redo(seed=5) == {"FINISHED"}
    again = wait(polling, lambda other: other.request.job != row.request.job and ended(other))
    assert again.request.edit == edit and again.request.capture == row.request.capture
    assert (
        again.request.inputs["motion_02.safetensors"] == row.request.inputs["motion_02.safetensors"]
    )
    assert again.request.name == "bow + Wave"
    parents = ext("workflow.provenance").read_parents
    assert parents(again.folder.path) == recipe.parents


def test_an_edit_is_saved_as_a_motion_and_applied(captured, polling, shipped, ext, prefs, tmp_path):
    prefs.library_folder = str(tmp_path / "own")
    motions, mti = ext("blender.library.motions"), captured.mti
    bow = next(e for e in motions.library().entries() if e.folder.name == "bow")
    mti.motion, mti.target = ext("workflow.motions").label_of(bow), "RENDER"
    with pytest.raises(RuntimeError, match="Nothing is changed"):
        bpy.ops.mti.save_edit()
    mti.edit_strength, mti.edit_combine, mti.edit_second, mti.edit_share = 70, "chain", shipped, 40
    found = ext("blender.apply.edit").sketchable(captured)
    wanted = ext("workflow.edits").combined(found[0], ext("blender.apply.edit").chosen_edit(mti))
    assert bpy.ops.mti.save_edit(name="Bow and Wave", tags="greeting") == {"FINISHED"}
    chosen = motions.labelled(mti.motion)
    assert (chosen.name, chosen.tags, chosen.origin) == ("Bow and Wave", ("greeting",), "own")
    assert not ext("blender.apply.edit").is_edited(mti), "the motion has the numbers now"
    preset = ext("wire.library").read_motion(chosen.folder).preset
    assert preset.edit == wanted.edit and preset.capture == wanted.capture
    assert preset.parents == chosen.parents == (bow.id, motions.labelled(shipped).id)
    assert preset.has_poses and len(preset.references) == preset.num_frames == 14
    row = applied(polling, captured)
    assert row.request.edit == wanted.edit and row.request.name == "Bow and Wave"
    assert {"motion.safetensors", "motion_02.safetensors"} < set(row.request.inputs)
    assert ext("workflow.provenance").read_parents(row.folder.path) == preset.parents
    assert bpy.ops.mti.export_motion(filepath=str(tmp_path / "both.motion")) == {"FINISHED"}
    assert bpy.ops.mti.edit_motion(motion=chosen.id) == {"FINISHED"}


def test_a_motion_that_is_in_no_library_is_saved_first(learned):
    learned.mti.edit_strength = 70
    with pytest.raises(RuntimeError, match="bow is not in the library"):
        bpy.ops.mti.save_edit()


def test_redo_fills_the_panel(learned, polling, shipped, ext):
    mti, edits = learned.mti, ext("blender.apply.edit")
    mti.edit_strength, mti.edit_speed, mti.edit_start, mti.edit_end = 80, 50, 20, 90
    mti.edit_combine, mti.edit_second, mti.edit_share, mti.edit_seam = "chain", shipped, 30, 10
    mti.edit_second_speed = 150
    chosen = edits.chosen_edit(mti)
    motions = edits.chosen_motions(learned)
    sent = ext("workflow.edits").combined(motions, chosen).edit
    edits.reset_edit(mti)
    assert not edits.is_edited(mti)
    edits.fill_edit(mti, sent, motions)
    found = edits.chosen_edit(mti)
    for part, wanted in zip(found.parts, chosen.parts, strict=True):
        for name in ("strength", "start", "end", "speed", "weight"):
            assert getattr(part, name) == pytest.approx(getattr(wanted, name), abs=1e-4), name
    assert mti.edit_second == shipped and found.seam == pytest.approx(0.1)


def test_a_recipe_without_an_edit_is_of_a_motion_as_learned(ext, learned, polling):
    row = applied(polling, learned)
    provenance = ext("workflow.provenance")
    recipe = provenance.recipe_of(row.request, 1, 3, None)
    older = json.loads(recipe.to_json())
    del older["edit"]
    older["version"] = 2
    assert provenance.read_recipe(json.dumps(older)) == recipe


def test_the_panel_is_closed_and_says_what_is_changed(learned, ext):
    class Closed(Layout):
        def panel(self, _name, default_closed):
            assert default_closed
            return self._part(), None

    layout = Closed()
    draw = ext("blender.apply.edit_panel").draw_edit
    draw(_context(), layout)
    assert layout.lines == ["Edit Motion"]
    learned.mti.edit_strength, learned.mti.edit_reverse, learned.mti.edit_start = 50, True, 25
    draw(_context(), layout)
    assert " ".join(layout.lines[1:]).endswith("strength 50%, in reverse, 25% to 100%")


def test_the_open_panel_shows_what_counts(learned, shipped):
    lines = _drawn()
    for name in ("edit_strength", "edit_speed", "edit_reverse", "edit_start", "edit_after_end"):
        assert f"<{name}>" in lines
    assert (
        "[mti.reset_edit]" in lines and "[mti.save_edit]" in lines and "<edit_second>" not in lines
    )
    learned.mti.edit_combine, learned.mti.edit_second = "blend", shipped
    lines = _drawn()
    assert "<edit_influence>" in lines and "<edit_seam>" not in lines
    learned.mti.edit_combine = "chain"
    lines = _drawn(width=170)
    assert "<edit_share>" in lines and "<edit_seam>" in lines and "<edit_influence>" not in lines


def test_the_edit_can_be_sketched_from_what_was_captured(learned, shipped, ext):
    sketchable, steps = ext("blender.apply.edit").sketchable, ext("workflow.sketch_sources")

    def pictures(scene):
        found = sketchable(scene)
        return ext("workflow.edit_preview").finished(steps.sketching(*found)) if found else None

    whole = pictures(learned)
    assert whole.shape[0] == 14 and whole.shape[3] == 3 and max(whole.shape[1:3]) == 96
    learned.mti.edit_reverse = True
    np.testing.assert_array_equal(pictures(learned), whole[::-1])
    learned.mti.edit_reverse, learned.mti.edit_strength = False, 0
    np.testing.assert_array_equal(pictures(learned), np.repeat(whole[:1], 14, 0))
    learned.mti.edit_combine = "chain"
    assert pictures(learned) is None  # the second motion is missing


def test_the_sketch_plays_in_the_panel_and_follows_the_edit(learned, shipped, ext, monkeypatch):
    playing, sketch = ext("blender.common.playing"), ext("blender.apply.edit_playing")
    icons, asked = ext("blender.common.icons"), []
    monkeypatch.setattr(playing, "icon", lambda *args, **_keep: asked.append(args[2:]) or 0)
    sketch.icon(bpy.context)
    key, make = asked[-1]
    clip = make()
    slices = 1
    while not clip.load(0.0):
        slices += 1
    assert slices >= 14, "an image or less at a time"
    assert clip.count == 14 and clip.key == key
    assert all(f"{number}/{key}" in icons._previews for number in range(14))
    sketch.icon(bpy.context)
    assert asked[-1][0] == key, "nothing has changed"
    learned.mti.edit_strength = 50
    sketch.icon(bpy.context)
    assert asked[-1][0] != key
    clip.free()
    assert f"0/{key}" not in icons._previews
    learned.mti.edit_combine = "chain"
    assert sketch.icon(bpy.context) == 0 and len(asked) == 3, "the second motion is missing"
