"""Motions of the library are learned for another engine; all actions of a file become motions."""

from __future__ import annotations

from dataclasses import replace

import bpy
import pytest

from mti_addon.wire.library import About, read_library, read_motion
from mti_addon.wire.library.preset import update_preset
from tests.blender.queue.following import ended, wait
from tests.blender.sequencer.media_inputs import write_movie
from tests.blender.test_panels import _drawn
from tests.wire.library.examples import finished_job, listed, save_motion

pytestmark = pytest.mark.once


@pytest.fixture
def elsewhere(motions, tmp_path, ext, monkeypatch):
    """elsewhere(name): a motion of the own library that only svd has learned; none are included."""
    monkeypatch.setattr(ext("blender.common.addon"), "presets_folder", lambda: tmp_path / "none")
    motions.forget()

    def make(name, shift=5.0, library="own"):
        job = finished_job(tmp_path / f"job {name}", name, model="svd", shift=shift)
        motion = save_motion(job, tmp_path / library, About())
        motions.library().refresh()
        return motion

    return make


def test_a_motion_is_learned_for_the_engine_and_keeps_what_it_had(
    elsewhere, motions, polling, scene, ext
):
    motion = elsewhere("real wave")
    bpy.ops.mti.pick_motion(folder=str(motion.folder))
    assert "Not learned for Draft yet" in _drawn()
    scene.mti.iterations = 7
    assert bpy.ops.mti.learn_motion(folder=str(motion.folder)) == {"FINISHED"}
    row = polling.jobs.rows[0]
    assert row.request.settings.model == "draft" and row.request.reference_frames == 14
    assert row.request.settings.inversion.iterations == 7
    assert "poses.json" in row.request.inputs
    wait(polling, ended)
    polling.poll()
    after = read_motion(motion.folder).preset
    assert set(after.embeddings) == {"svd", "draft"} and after.id == motion.preset.id
    assert after.embeddings["svd"] == motion.preset.embeddings["svd"]
    assert len(read_library(motion.folder.parent)[0]) == 1
    assert ext("blender.apply.current").current_motion(scene).settings.model == "draft"
    assert "Not learned for Draft yet" not in _drawn()


def test_progress_is_shown_where_the_button_was(elsewhere, motions, polling, monkeypatch):
    monkeypatch.setenv("MTI_FAKE", "slow")
    motion = elsewhere("wave")
    bpy.ops.mti.pick_motion(folder=str(motion.folder))
    bpy.ops.mti.learn_motion()
    wait(polling, lambda row: row.state.step >= 2)
    lines = _drawn()
    chosen = lines[lines.index("Library") : lines.index("Apply")]
    assert "[mti.learn_motion]" not in chosen and "[mti.cancel]" in chosen
    bpy.ops.mti.cancel(job=polling.jobs.rows[0].request.job)
    wait(polling, ended)
    assert "[mti.learn_motion]" in _drawn()


def test_a_shipped_motion_gets_one_copy_for_all_engines(
    elsewhere, motions, polling, prefs, tmp_path
):
    """The studio's stays as it is; what is learned is added to a copy in the own library."""
    motion = elsewhere("real wave", library="studio")
    prefs.studio_folder = str(tmp_path / "studio")
    motions.library().refresh()
    before = (motion.folder / "preset.json").read_bytes()
    for _ in range(2):
        bpy.ops.mti.learn_motion(folder=str(motions.library().find(motion.preset.id).folder))
        wait(polling, ended)
        polling.poll()
    (copy,) = read_library(tmp_path / "own")[0]
    assert set(copy.preset.embeddings) == {"svd", "draft"} and copy.preset.id == motion.preset.id
    assert (motion.folder / "preset.json").read_bytes() == before
    assert motions.library().find(motion.preset.id).origin == "own"


def test_a_motion_without_poses_is_learned_from_its_images(elsewhere, motions, polling, ext):
    motion = elsewhere("real wave")
    (motion.folder / "poses.json").unlink()
    files = {n: s for n, s in motion.preset.files.items() if n != "poses.json"}
    content_id = ext("wire.library.preset").content_id
    changed = replace(motion.preset, files=files)
    changed = replace(changed, id=content_id(files))
    update_preset(motion.folder, changed)
    motions.library().refresh()
    assert bpy.ops.mti.learn_motion(folder=str(motion.folder)) == {"FINISHED"}
    row = wait(polling, ended)
    assert "poses.json" not in row.request.inputs and row.request.reference_frames == 14
    polling.poll()
    assert set(read_motion(motion.folder).preset.embeddings) == {"svd", "draft"}


def test_a_motion_is_learned_by_words_too(
    elsewhere, motions, polling, prefs, scene, tmp_path, monkeypatch
):
    """With a caption of what it is, from one reference, however many variations are chosen."""
    monkeypatch.setenv("MTI_FAKE", "slow")
    motion = elsewhere("Big_Wave")
    prefs.method, prefs.words_size, prefs.models_folder = "motion-inversion", "2", str(tmp_path)
    for part in ("unet", "vae", "text_encoder", "tokenizer", "scheduler", "motion_adapter"):
        (tmp_path / "animatediff" / part).mkdir(parents=True)
    (tmp_path / "animatediff" / "model_index.json").write_text("{}")
    scene.mti.variations, scene.mti.also_apply = 4, True
    bpy.ops.mti.pick_motion(folder=str(motion.folder))
    assert "Not learned for AnimateDiff yet" in _drawn()
    assert bpy.ops.mti.learn_motion(folder=str(motion.folder)) == {"FINISHED"}
    request = polling.jobs.rows[0].request
    assert (request.task, request.references, request.reference_frames) == ("learn", 1, 16)
    assert (request.settings.model, request.settings.size) == ("animatediff", (256, 256))
    words = request.settings.words
    assert words.caption == "a stick figure, big wave, on a plain background"
    assert words.prompts == () and words.playing.view == "object"


def test_a_motion_with_neither_says_why_it_cannot_be_learned(motions, prefs, tmp_path, ext):
    cannot_learn = ext("workflow.learning_again").cannot_learn
    folder = listed(tmp_path / "own", "old", 1)
    motions.library().refresh()
    entry = motions.library().at(folder)
    assert cannot_learn(entry) is None
    bare = replace(entry, has_poses=False, num_references=0)
    assert cannot_learn(bare).code == "motion_without_images"
    assert cannot_learn(replace(entry, parents=("1" * 32,))).code == "edited_motion_not_learned"


def test_all_motions_that_an_engine_lacks_are_queued_and_learned(
    elsewhere, motions, polling, tmp_path
):
    folders = [elsewhere(f"real {name}", shift).folder for name, shift in (("a", 6.0), ("b", 7.0))]
    damaged = elsewhere("real c", 8.0).folder
    (damaged / "poses.json").write_text("{}")
    assert bpy.ops.mti.learn_all_motions.poll()
    assert bpy.ops.mti.learn_all_motions() == {"FINISHED"}
    assert len(polling.jobs.rows) == 2, "the damaged one is reported"
    wait(polling, lambda _row: not any(row.active for row in polling.jobs.rows))
    polling.poll()
    for folder in folders:
        assert set(read_motion(folder).preset.embeddings) == {"svd", "draft"}
    assert set(read_motion(damaged).preset.embeddings) == {"svd"}


def test_what_is_queued_is_not_queued_twice(elsewhere, motions, polling, monkeypatch, ext):
    monkeypatch.setenv("MTI_FAKE", "slow")
    for name, shift in (("a", 6.0), ("b", 7.0)):
        elsewhere(name, shift)
    bpy.ops.mti.learn_all_motions()
    assert len(polling.jobs.rows) == 2
    assert not bpy.ops.mti.learn_all_motions.poll()
    for row in polling.jobs.rows:
        bpy.ops.mti.cancel(job=row.request.job)
    wait(polling, lambda _row: not any(row.active for row in polling.jobs.rows))
    assert bpy.ops.mti.learn_all_motions.poll()


def act(armature, name, bone, degrees):
    """An action that turns one bone, from frame 10 to 40."""
    action = bpy.data.actions.new(name)
    data = armature.animation_data_create()
    before, slot = data.action, data.action_slot
    data.action = action
    posed = armature.pose.bones[bone]
    posed.rotation_mode = "XYZ"
    for frame, angle in ((10, 0.0), (40, degrees)):
        posed.rotation_euler = (angle, 0.0, 0.0)
        posed.keyframe_insert("rotation_euler", frame=frame)
    data.action = before
    if before is not None:
        data.action_slot = slot
    return action


def test_all_actions_of_a_file_become_motions(figure, scene, polling, motions, tmp_path, capfd):
    bone = next(
        b.name for b in figure.pose.bones if "arm" in b.name.lower() and "fore" not in b.name
    )
    mine = figure.animation_data.action
    act(figure, "real Lift", bone, 1.5)
    act(figure, "real Still", bone, 0.0)
    bpy.data.actions.new("Empty")
    mine.name = "real Wave"
    pose = [bone.matrix_basis.copy() for bone in figure.pose.bones]
    slot, frame, source = figure.animation_data.action_slot, scene.frame_current, scene.mti.source
    assert bpy.ops.mti.learn_actions() == {"FINISHED"}
    assert {row.request.name for row in polling.jobs.rows} == {"real Lift", "real Wave"}
    lift = next(row.request for row in polling.jobs.rows if row.request.name == "real Lift")
    assert (lift.capture.frame_start, lift.capture.frame_end) == (10, 40)
    data = figure.animation_data
    assert (data.action, data.action_slot.identifier) == (mine, slot.identifier)
    assert (scene.frame_current, scene.mti.source) == (frame, source)
    assert [bone.matrix_basis for bone in figure.pose.bones] == pose
    wait(polling, lambda _row: not any(row.active for row in polling.jobs.rows))
    polling.poll()
    names = {motion.preset.name for motion in read_library(tmp_path / "own")[0]}
    assert names == {"real Lift", "real Wave"}
    motions.library().refresh()
    before = len(polling.jobs.rows)
    act(figure, "Jump", bone, 1.0)  # as an included motion is called, which is another one
    assert any(each.name == "Jump" for each in motions.library().entries())
    capfd.readouterr()
    bpy.ops.mti.learn_actions()
    assert len(polling.jobs.rows) == before + 1
    assert any(row.request.name == "Jump" for row in polling.jobs.rows)
    said = "Learning 1 actions. 2 are left out: your library has these names"
    assert said in capfd.readouterr().out


def test_other_armatures_play_their_own_actions(figure, scene, ext, tmp_path):
    """Of two with the same bones, each plays its action; one with other bones has its own."""
    found = ext("blender.learn.actions")
    twin = figure.copy()
    twin.animation_data_clear()
    other = bpy.data.objects.new("Crane", bpy.data.armatures.new("Crane"))
    for each in (twin, other):
        scene.collection.objects.link(each)
    bpy.context.view_layer.objects.active = other
    bpy.ops.object.mode_set(mode="EDIT")
    bone = other.data.edit_bones.new("jib")
    bone.head, bone.tail = (0, 0, 1), (0, 0, 3)
    bpy.ops.object.mode_set(mode="OBJECT")
    lift = act(other, "Lift", "jib", 1.0)
    swing = act(twin, "Swing", next(iter(twin.pose.bones)).name, 1.0)
    twin.animation_data_create().action = swing
    mine, (first, *rest) = figure.animation_data.action, found.armatures_of(bpy.context)
    assert first == other and {*rest} == {figure, twin}
    pairs = dict((action, armature) for armature, action in found.actions_of([first, *rest]))
    assert pairs == {lift: other, swing: twin, mine: figure}
    settings = ext("blender.setup.engines").chosen_settings()
    shot = found.capture(bpy.context, twin, swing, settings)
    assert shot.span == (10, 40) and shot.source == twin.name
    assert bpy.context.view_layer.objects.active == other and figure.animation_data.action == mine


def test_actions_need_an_armature(scene, prefs):
    assert not bpy.ops.mti.learn_actions.poll()


def test_all_movies_of_a_folder_become_motions(polling, motions, prefs, scene, tmp_path):
    folder = tmp_path / "movies"
    folder.mkdir()
    write_movie(folder / "real walk.mp4", 12, 24)
    write_movie(folder / "real run.MOV", 24, 48)
    (folder / "broken.mp4").write_bytes(b"no movie")
    (folder / "notes.txt").write_text("nothing that moves")
    source, file = scene.mti.source, scene.mti.file
    assert bpy.ops.mti.learn_movies(directory=str(folder), kind="animal") == {"FINISHED"}
    found = {row.request.name: row.request for row in polling.jobs.rows}
    assert set(found) == {"real walk", "real run"}, "the broken one is reported"
    assert (found["real walk"].capture.fps, found["real run"].capture.fps) == (12, 24)
    assert (scene.mti.source, scene.mti.file) == (source, file)
    wait(polling, lambda _row: not any(row.active for row in polling.jobs.rows))
    polling.poll()
    saved = {motion.preset.name: motion.preset for motion in read_library(tmp_path / "own")[0]}
    assert {name: preset.kind for name, preset in saved.items()} == dict.fromkeys(found, "animal")
    motions.library().refresh()
    before = len(polling.jobs.rows)
    files = [{"name": "real run.MOV"}]
    with pytest.raises(RuntimeError, match="There are no new movies in"):
        bpy.ops.mti.learn_movies(directory=str(folder), files=files)
    bpy.ops.mti.learn_movies(directory=str(folder), files=files, skip_known=False)
    assert len(polling.jobs.rows) == before + 1
