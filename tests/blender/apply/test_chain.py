"""A chain of several motions in Edit Motion: built, changed, sent, and shown again."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from tests.blender.apply.test_edit import applied
from tests.blender.queue.following import ended, wait
from tests.blender.test_panels import Layout, _context, _drawn

MOTIONS = ("bow", "wave", "squat", "jump")
"""Folders of shipped motions."""


@pytest.fixture
def label(polling, ext):
    """label(folder): the label of a shipped motion."""

    def find(folder):
        entries = ext("blender.library.motions").library().entries()
        found = next(each for each in entries if each.folder.name == folder)
        return ext("workflow.motions").label_of(found)

    return find


@pytest.fixture
def chained(captured, label):
    """A scene in which Bow is applied, and then Wave."""
    mti = captured.mti
    mti.motion, mti.target = label("bow"), "RENDER"
    mti.edit_combine, mti.edit_second = "chain", label("wave")
    return captured


def add(mti, motion):
    assert bpy.ops.mti.add_to_chain() == {"FINISHED"}
    mti.edit_further[-1].motion = motion
    return mti.edit_further[-1]


def labels(mti):
    return [mti.edit_second, *(each.motion for each in mti.edit_further)]


def shares(mti):
    return [mti.edit_share, *(each.share for each in mti.edit_further)]


def test_a_chain_of_three_sends_three_motions_each_in_full(chained, polling, label, ext):
    squat = add(chained.mti, label("squat"))
    squat.speed, squat.reverse, squat.strength = 200, True, 70
    row = applied(polling, chained)
    edit, capture = row.request.edit, row.request.capture
    assert row.request.name == "Bow + Wave + Squat" and edit.mode == "chain"
    assert [part.weight for part in edit.parts] == pytest.approx([1 / 3] * 3, abs=1e-5)
    # a third of the clip each, and half of a seam of 0.2 on every side that has one
    visible = [1 / 3 + 0.1, 1 / 3 + 0.2, 1 / 3 + 0.1]
    wanted = [1 / visible[0], 1 / visible[1], 2 / visible[2]]
    assert [part.speed for part in edit.parts] == pytest.approx(wanted, abs=1e-4)
    assert [part.reverse for part in edit.parts] == [False, False, True]
    assert [part.strength for part in edit.parts] == [1, 1, 0.7]
    names = {"motion.safetensors", "motion_02.safetensors", "motion_03.safetensors"}
    assert row.request.inputs.keys() == names | {"target.png"}
    bow, wave, squat = ext("blender.apply.edit").chosen_motions(chained)
    seconds = bow.capture.seconds + wave.capture.seconds + squat.capture.seconds / 2
    assert capture.seconds == pytest.approx(seconds, abs=0.6 / capture.fps)


def test_motions_keep_their_proportions_when_one_is_added_or_removed(chained, label):
    mti = chained.mti
    mti.edit_share = 60
    add(mti, label("squat"))
    assert shares(mti) == pytest.approx([40, 100 / 3])
    mti.edit_further[0].share = 50
    assert bpy.ops.mti.remove_from_chain(number=2) == {"FINISHED"}
    assert labels(mti) == [label("squat")] and shares(mti) == pytest.approx([50 / 0.6])


def test_a_motion_moves_with_its_settings(chained, label):
    mti = chained.mti
    mti.edit_second_strength, mti.edit_second_start, mti.edit_second_end = 40, 60, 90
    squat = add(mti, label("squat"))
    squat.speed, squat.start, squat.end, squat.after_end = 150, 10, 30, "bounce"
    add(mti, label("jump"))
    mti.edit_share, mti.edit_further[0].share = 20, 30
    assert bpy.ops.mti.move_in_chain(number=2, step=1) == {"FINISHED"}
    assert labels(mti) == [label("squat"), label("wave"), label("jump")]
    assert shares(mti) == pytest.approx([30, 20, 25])
    assert (mti.edit_second_start, mti.edit_second_end) == (10, 30)
    assert (mti.edit_second_speed, mti.edit_second_strength) == (150, 100)
    assert mti.edit_second_after_end == "bounce"
    wave = mti.edit_further[0]
    assert (wave.strength, wave.start, wave.end, wave.speed) == (40, 60, 90, 100)
    assert wave.after_end == "hold"
    assert bpy.ops.mti.move_in_chain(number=4, step=-1) == {"FINISHED"}
    assert labels(mti) == [label("squat"), label("jump"), label("wave")]
    for number, step in ((2, -1), (4, 1), (1, 1), (5, -1), (3, 0)):
        assert bpy.ops.mti.move_in_chain(number=number, step=step) == {"CANCELLED"}
    assert labels(mti) == [label("squat"), label("jump"), label("wave")]


def test_motions_are_removed_down_to_one(chained, label):
    mti = chained.mti
    for name in ("squat", "jump"):
        add(mti, label(name))
    assert bpy.ops.mti.remove_from_chain(number=3) == {"FINISHED"}
    assert labels(mti) == [label("wave"), label("jump")]
    assert shares(mti) == pytest.approx([100 / 3] * 2)
    for number in (1, 4):
        assert bpy.ops.mti.remove_from_chain(number=number) == {"CANCELLED"}
    assert bpy.ops.mti.remove_from_chain(number=2) == {"FINISHED"}
    assert labels(mti) == [label("jump")] and shares(mti) == pytest.approx([50])
    assert bpy.ops.mti.remove_from_chain(number=2) == {"FINISHED"}
    assert mti.edit_combine == "one" and labels(mti) == [""]
    with pytest.raises(RuntimeError, match="Choose Then under Combine"):
        bpy.ops.mti.add_to_chain()


def test_undo_takes_a_motion_out_again_and_redo_adds_it(chained, label):
    undoable = "EXEC_DEFAULT", True
    bpy.ops.ed.undo_push(message="a chain of two")
    assert bpy.ops.mti.add_to_chain(*undoable) == {"FINISHED"}
    bpy.context.scene.mti.edit_further[0].motion = label("squat")
    bpy.ops.ed.undo_push(message="chosen")
    assert bpy.ops.mti.move_in_chain(*undoable, number=3) == {"FINISHED"}
    assert labels(bpy.context.scene.mti) == [label("squat"), label("wave")]
    assert bpy.ops.mti.remove_from_chain(*undoable, number=3) == {"FINISHED"}
    seen = [labels(bpy.context.scene.mti)]
    for _ in range(3):
        bpy.ops.ed.undo()
        seen.append(labels(bpy.context.scene.mti))
    squat, wave = label("squat"), label("wave")
    assert seen == [[squat], [squat, wave], [wave, squat], [wave, ""]]
    bpy.ops.ed.undo()
    assert labels(bpy.context.scene.mti) == [wave] and shares(bpy.context.scene.mti) == [50]
    bpy.ops.ed.redo()
    assert labels(bpy.context.scene.mti) == [wave, ""]
    bpy.ops.wm.read_homefile(use_factory_startup=True)


def test_four_motions_and_no_more(chained, label):
    said = "A chain can have 4 motions: remove one to add another"
    add(chained.mti, label("squat"))
    assert said not in " ".join(_drawn())
    add(chained.mti, label("jump"))
    with pytest.raises(RuntimeError, match=said):
        bpy.ops.mti.add_to_chain()
    assert len(chained.mti.edit_further) == 2 and said in " ".join(_drawn())


def filled(mti, label):
    """The panel with four motions, none of them as learned."""
    mti.edit_strength, mti.edit_start, mti.edit_end, mti.edit_after_end = 80, 20, 90, "loop"
    mti.edit_share, mti.edit_seam = 20, 15
    mti.edit_second_reverse, mti.edit_second_end, mti.edit_second_speed = True, 70, 150
    squat, jump = add(mti, label("squat")), add(mti, label("jump"))
    squat = mti.edit_further[0]
    squat.start, squat.strength, squat.after_end, squat.speed = 35, 130, "bounce", 80
    jump.speed, jump.reverse = 120, True
    squat.share, jump.share = 25, 35


def test_a_request_of_four_comes_back_to_the_panel_and_is_sent_again(chained, polling, label):
    mti = chained.mti
    filled(mti, label)
    row = applied(polling, chained)
    assert len(row.request.edit.parts) == 4
    bpy.ops.mti.reset_edit()
    assert (mti.edit_combine, len(mti.edit_further)) == ("one", 0)
    mti.motion = label("jump")
    assert bpy.ops.mti.redo(job=row.request.job, seed=9) == {"FINISHED"}
    redone = wait(polling, lambda other: other.request.job != row.request.job and ended(other))
    assert [mti.motion, *labels(mti)] == [label(folder) for folder in MOTIONS]
    assert bpy.ops.mti.apply() == {"FINISHED"}
    known = {row.request.job, redone.request.job}
    again = wait(polling, lambda other: other.request.job not in known and ended(other))
    assert again.request.edit == redone.request.edit == row.request.edit
    assert again.request.capture == row.request.capture
    without_target = [
        {name: digest for name, digest in each.request.inputs.items() if name != "target.png"}
        for each in (row, again)
    ]
    assert without_target[0] == without_target[1] and len(without_target[0]) == 4


def test_shares_of_another_program_are_relative(chained, label, ext):
    """The command line gives every motion a weight of 1, if none is said."""
    edits, wire, mti = ext("blender.apply.edit"), ext("wire.edit"), chained.mti
    for name in ("squat", "jump"):
        add(mti, label(name))
    motions = edits.chosen_motions(chained)
    sent = wire.MotionEdit("chain", 0.1, (wire.MotionPart(speed=3.0),) * 4)
    edits.fill_edit(mti, sent, motions)
    assert shares(mti) == pytest.approx([25, 25, 25])
    found = ext("workflow.edits").combined(motions, edits.chosen_edit(mti)).edit
    times = ext("wire.edit_timing").timing
    for part, wanted in zip(times(found, 14), times(sent, 14), strict=True):
        assert part.times == pytest.approx(wanted.times, abs=1e-4)
        assert part.weights == pytest.approx(wanted.weights, abs=1e-4)


def test_a_blend_of_four_is_not_shown_as_less(chained, label, ext):
    """The panel blends two."""
    edits, wire, mti = ext("blender.apply.edit"), ext("wire.edit"), chained.mti
    for name in ("squat", "jump"):
        add(mti, label(name))
    motions = edits.chosen_motions(chained)
    edits.fill_edit(mti, wire.MotionEdit("blend", parts=(wire.MotionPart(),) * 4), motions)
    assert not edits.is_edited(mti)


def test_a_blend_is_of_two_whatever_the_chain_had(chained, polling, label):
    add(chained.mti, label("squat"))
    chained.mti.edit_combine, chained.mti.edit_second_start = "blend", 40
    edit = applied(polling, chained).request.edit
    assert edit.mode == "blend" and [part.start for part in edit.parts] == [0, 0.4]
    chained.mti.edit_combine = "chain"
    assert labels(chained.mti) == [label("wave"), label("squat")], "nothing is lost"


def test_a_third_motion_that_is_missing_is_said(chained, label):
    mti = chained.mti
    bpy.ops.mti.add_to_chain()
    for motion, said in (("", "Choose motion 3 in Edit Motion"), ("Gone (0)", "does not exist")):
        mti.edit_further[0].motion = motion
        with pytest.raises(RuntimeError, match=said):
            bpy.ops.mti.apply()
        assert said.split(" in ")[0] in " ".join(_drawn())


def test_shares_that_leave_nothing_to_the_first_motion_are_said(chained, label):
    add(chained.mti, label("squat"))
    chained.mti.edit_share = chained.mti.edit_further[0].share = 60
    with pytest.raises(RuntimeError, match="the others add up to 120 %, lower one"):
        bpy.ops.mti.apply()
    assert "120 %," in " ".join(_drawn())
    chained.mti.edit_share = 39
    assert bpy.ops.mti.apply.poll(), "one hundredth is left"


def test_a_chain_of_three_is_saved_as_a_motion_and_applied(chained, polling, label, ext):
    add(chained.mti, label("squat"))
    edits = ext("blender.apply.edit")
    motions, chosen = edits.chosen_motions(chained), edits.chosen_edit(chained.mti)
    wanted = ext("workflow.edits").combined(motions, chosen)
    assert bpy.ops.mti.save_edit(name="Bow, Wave, Squat") == {"FINISHED"}
    assert not edits.is_edited(chained.mti), "the motion has the numbers now"
    saved = ext("blender.library.motions").labelled(chained.mti.motion)
    assert saved.parents == tuple(motion.id for motion in motions)
    row = applied(polling, chained)
    assert row.request.edit == wanted.edit and row.request.capture == wanted.capture
    assert "motion_03.safetensors" in row.request.inputs


def test_the_sketch_follows_the_whole_chain(chained, label, ext):
    edits, sources = ext("blender.apply.edit"), ext("workflow.sketch_sources")
    finished = ext("workflow.edit_preview").finished

    def sketch():
        found = edits.sketchable(chained)
        return found and finished(sources.sketching(*found))

    two = sketch()
    bpy.ops.mti.add_to_chain()
    assert sketch() is None, "the third is still to be chosen"
    chained.mti.edit_further[0].motion = label("squat")
    three = sketch()
    assert three.shape == two.shape and (three != two).any()
    np.testing.assert_array_equal(three[0], two[0])
    chained.mti.edit_further[0].strength = 0
    still = sketch()
    assert (still[-1] != three[-1]).any()


def test_the_panel_draws_each_motion_of_a_chain(chained, label):
    for name in ("squat", "jump"):
        add(chained.mti, label(name))
    for width in (280, 170):
        lines = _drawn(width=width)
        titles = [line for line in lines if line[:3] in ("2. ", "3. ", "4. ")]
        assert titles == ["2. Wave", "3. Squat", "4. Jump"]
        assert lines.count("[mti.move_in_chain]") == 6
        assert lines.count("[mti.remove_from_chain]") == 3
        for name in ("motion", "share", "strength", "speed", "reverse", "start", "after_end"):
            assert lines.count(f"<{name}>") >= 2, name
        assert "<edit_second_start>" in lines and "<edit_second_after_end>" in lines
    chained.mti.edit_combine = "blend"
    assert "[mti.move_in_chain]" not in _drawn() and "<share>" not in _drawn()


def test_the_closed_panel_names_the_motions_of_a_chain(chained, label, ext):
    class Closed(Layout):
        def panel(self, _name, default_closed):
            return self._part(), None

    add(chained.mti, label("squat"))
    layout = Closed()
    ext("blender.apply.edit_panel").draw_edit(_context(), layout)
    assert " ".join(layout.lines[1:]) == "then Wave, then Squat"
