"""A result beside its shot: in an edit of its own, over what the shot shows; the shot stays."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from tests.blender.queue.following import ended, learn, strips_of, wait


@pytest.fixture
def shot(captured):
    """A captured figure in a small shot in AgX, rendered by one sample of Cycles."""
    render = captured.render
    render.engine, captured.cycles.samples, captured.cycles.use_denoising = "CYCLES", 1, False
    captured.mti.target_engine, render.resolution_percentage = "SCENE", 100
    render.resolution_x, render.resolution_y = 192, 108
    captured.view_settings.view_transform, captured.view_settings.exposure = "AgX", 0.4
    captured.frame_start, captured.frame_end = 3, 90
    captured.frame_set(20)
    bpy.ops.mesh.primitive_monkey_add(location=(0.3, 0, 1))
    return captured


@pytest.fixture
def done(shot, polling):
    """A job that has applied its motion."""
    shot.mti.also_apply = True
    learn(polling, shot, "Wave")
    return wait(polling, ended)


def render(scene, ext, tmp_path, frame=None):
    """What F12 writes."""
    if frame is not None:
        scene.frame_set(frame)
    image, path = scene.render.image_settings, tmp_path / "f12.png"
    image.file_format, image.color_mode = "PNG", "RGB"
    scene.render.filepath = str(path)
    with bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(write_still=True)
    return ext("motion").decode_png(path.read_bytes())


def settings(scene):
    """All plain settings of a scene, its view, its render and its image settings."""
    found = {}
    for owner in (scene, scene.render, scene.view_settings, scene.display_settings):
        for prop in owner.bl_rna.properties:
            if prop.identifier == "use_nodes":
                continue  # deprecated in 5.0, where reading it is a warning
            if prop.type in ("INT", "FLOAT", "BOOLEAN", "STRING", "ENUM"):
                value = getattr(owner, prop.identifier)
                plain = isinstance(value, str) or not hasattr(value, "__len__")
                found[owner.bl_rna.identifier, prop.identifier] = value if plain else tuple(value)
    return found


def test_f12_shows_the_shot_as_before(shot, done, ext, tmp_path):
    before, was = render(shot, ext, tmp_path), settings(shot)
    assert bpy.ops.mti.import_result(job=done.request.job) == {"FINISHED"}
    assert settings(shot) == was and len(shot.sequence_editor_create().strips) == 0
    assert (render(shot, ext, tmp_path) == before).all() and before.std() > 5
    assert bpy.context.scene == shot


def test_the_result_is_in_an_edit_of_the_shot(shot, done, ext, tmp_path):
    add_to_scene, results = ext("blender.results.add_to_scene"), ext("workflow.kept_results")
    kept = results.export_take(done, 1, tmp_path / "kept", ext("blender.scene.images").read_png)
    placed = add_to_scene.place(bpy.context, kept, False, True)
    edit = bpy.data.scenes["Scene Edit"]
    assert placed.text == "Wave: scene Scene Edit, channel 1, frames 20-67"
    (strip,) = edit.sequence_editor.strips
    assert strips_of(shot) == [strip] and ext("blender.sequencer.edit_scene").shot_of(edit) == shot
    for name in ("resolution_x", "resolution_y", "fps", "fps_base"):
        assert getattr(edit.render, name) == getattr(shot.render, name)
    assert (edit.frame_start, edit.frame_end, edit.frame_current) == (3, 90, 20)
    # the runner's first frame is 200, 100, 20: as it is in the file, over the whole frame
    shown = render(edit, ext, tmp_path, 20).astype(int)
    for x, y in ((54, 96), (54, 20), (4, 4)):
        assert np.abs(shown[x, y] - (200, 100, 20)).max() <= 1
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        assert bpy.context.workspace.sequencer_scene == edit and placed.warnings == ()
    else:
        assert placed.warnings == ("to see it, switch to the scene Scene Edit",)


def test_every_workspace_with_a_sequencer_and_no_scene_shows_it(shot, done):
    if not hasattr(bpy.context.workspace, "sequencer_scene"):
        return  # before 5.0 a sequencer shows its window's scene
    others = [each for each in bpy.data.workspaces if each != bpy.context.workspace]
    for workspace in others[:2]:
        workspace.screens[0].areas[0].type = "SEQUENCE_EDITOR"
        workspace.sequencer_scene = None
    mine = bpy.data.scenes.new("Mine")
    others[1].sequencer_scene = mine
    bpy.ops.mti.import_result(job=done.request.job)
    edit = bpy.data.scenes["Scene Edit"]
    assert bpy.context.workspace.sequencer_scene == others[0].sequencer_scene == edit
    assert others[1].sequencer_scene == mine and others[2].sequencer_scene is None


def test_there_is_one_edit_of_a_shot_and_it_is_found_by_more_than_its_name(shot, done, ext):
    for _ in range(2):
        bpy.ops.mti.import_result(job=done.request.job)
        bpy.data.scenes[-1].name = "Whatever"
    edits = [each for each in bpy.data.scenes if ext("blender.sequencer.edit_scene").shot_of(each)]
    assert len(edits) == 1 and [s.channel for s in strips_of(shot)] == [1, 2]
    shot.frame_set(50)  # the playhead of the shot, and not of the edit that nobody looks at
    bpy.ops.mti.import_result(job=done.request.job)
    assert ext("blender.sequencer.strip").strip_start(strips_of(shot)[2]) == 50


def test_an_edit_of_the_animator_s_own_is_taken_and_keeps_its_view(shot, done, ext, tmp_path):
    """Its render shows strips already; they were not to be pushed aside for another scene."""
    flat = tmp_path / "flat.png"
    flat.write_bytes(ext("motion").encode_png(np.full((8, 8, 3), 99, np.uint8)))
    shot.sequence_editor_create().strips.new_image(
        name="plate", filepath=str(flat), channel=1, frame_start=30
    )
    was, scenes = settings(shot), len(bpy.data.scenes)
    bpy.ops.mti.import_result(job=done.request.job)
    assert settings(shot) == was and len(bpy.data.scenes) == scenes
    assert [s.channel for s in shot.sequence_editor.strips if s.name == "Wave"] == [2]
    assert bpy.ops.mti.import_result(job=done.request.job, set_view_transform=True) == {"FINISHED"}
    assert shot.view_settings.view_transform == "Standard"


def test_a_shot_whose_camera_is_still_to_come_is_no_edit(shot, done, ext, tmp_path):
    """Once it has one, F12 would have rendered the strips."""
    camera, shot.camera = shot.camera, None
    bpy.ops.mti.import_result(job=done.request.job)
    assert not shot.sequence_editor or not len(shot.sequence_editor.strips)
    assert ext("blender.sequencer.edit_scene").shot_of(bpy.data.scenes["Scene Edit"]) == shot
    shot.camera = camera
    before = render(shot, ext, tmp_path)
    shot.render.use_sequencer = False
    assert (render(shot, ext, tmp_path) == before).all()


def test_a_scene_with_nothing_in_it_is_for_strips(shot, done):
    """As the one that Blender's template Video Editing opens with."""
    empty = bpy.data.scenes.new("Cut")
    bpy.context.window.scene = empty
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = empty
    bpy.ops.mti.import_result(job=done.request.job)
    assert [s.name for s in empty.sequence_editor.strips] == ["Wave"]


FITS = [
    ((192, 108), (1, 1), "CROP"), ((192, 108), (1, 1), "PAD"), ((108, 192), (1, 1), "CROP"),
    ((108, 192), (1, 1), "PAD"), ((239, 100), (1, 1), "PAD"), ((192, 54), (1, 2), "PAD"),
    ((192, 54), (1, 2), "CROP"), ((128, 128), (1, 1), "CROP"),
]  # fmt: skip


@pytest.mark.parametrize(("size", "aspect", "fit"), FITS)
def test_the_result_lies_exactly_over_the_shot(one_size, shot, ext, tmp_path, size, aspect, fit):
    """A result that stands still is what F12 shows, but for what a small image loses."""
    sources, add_to_scene, motion = (
        ext("blender.apply.sources"), ext("blender.results.add_to_scene"), ext("motion"),
    )  # fmt: skip
    render_settings = shot.render
    render_settings.resolution_x, render_settings.resolution_y = size
    render_settings.pixel_aspect_x, render_settings.pixel_aspect_y = aspect
    shot.mti.fit = fit
    target = sources.make_target(bpy.context, (64, 64))
    sent = motion.decode_png(target.png)
    image = bpy.data.images.new("sent", sent.shape[1], sent.shape[0])
    table = np.concatenate([sent, np.full((*sent.shape[:2], 1), 255, np.uint8)], 2)[::-1]
    image.pixels.foreach_set((table / 255).astype(np.float32).ravel())
    image.scale(64, 64)
    small = np.empty(64 * 64 * 4, np.float32)
    image.pixels.foreach_get(small)
    small = np.rint(small.reshape(64, 64, 4)[::-1, :, :3] * 255).astype(np.uint8)
    folder = tmp_path / "still"
    folder.mkdir()
    kept = motion.unpadded(small, target.note.fitted)
    for number in range(1, 15):
        (folder / f"{number:04d}.png").write_bytes(motion.encode_png(kept))
    result = ext("workflow.kept_results").Result(
        folder, tuple(f"{n:04d}.png" for n in range(1, 15)), _recipe(ext, target)
    )
    before = render(shot, ext, tmp_path)
    placed = add_to_scene.place(bpy.context, result, False, True)
    edit = next(
        each for each in bpy.data.scenes if ext("blender.sequencer.edit_scene").shot_of(each)
    )
    shown = render(edit, ext, tmp_path, 20)
    inside = np.ones(shown.shape[:2], bool)
    if fit == "CROP":
        square = (size[0] * aspect[0], size[1] * aspect[1])
        wide = round((square[0] - min(square)) / 2 / aspect[0])
        high = round((square[1] - min(square)) / 2 / aspect[1])
        inside[:] = False
        inside[high + 2 : size[1] - high - 2, wide + 2 : size[0] - wide - 2] = True
    apart = np.abs(shown.astype(int) - before)[inside].mean()
    for across, down in ((6, 0), (-6, 0), (0, 6), (0, -6)):  # anywhere else it fits less well
        moved = np.roll(shown, (down, across), (0, 1))
        assert apart < 0.8 * np.abs(moved.astype(int) - before)[inside].mean()
    assert apart < 6 and placed.thing.name == "Wave"


def _recipe(ext, target):
    recipe, wire = ext("workflow.provenance"), ext("wire")
    settings_ = wire.Settings.for_model("draft").sized(64, 64)
    capture = wire.CaptureInfo(24.0, 1, 48, (64, 64), False)
    made = {"settings": settings_, "capture": capture, "target": target.note}
    return recipe.Recipe(version=1, job="0" * 32, name="Wave", take=1, seed=0, **made)


def test_a_redo_replaces_the_strip_it_was_made_from(shot, done, polling, ext, tmp_path):
    bpy.ops.mti.import_result(job=done.request.job)
    (strip,) = strips_of(shot)
    edit = bpy.data.scenes["Scene Edit"]
    strip.name, strip.channel = "Hero", 5
    strip.modifiers.new("Bright", "BRIGHT_CONTRAST")
    old = strip.directory
    assert bpy.ops.mti.redo(seed=9, takes=2) == {"FINISHED"}
    again = wait(polling, lambda row: row.request.task == "apply" and ended(row))
    bpy.ops.mti.import_result(job=again.request.job, take=2)
    (same,) = strips_of(shot)
    module = ext("blender.sequencer.strip")
    assert (same.name, same.channel, len(same.modifiers)) == ("Hero", 5, 1)
    assert (module.strip_start(same), module.strip_end(same)) == (20, 68)
    assert same.directory != old and same["mti_take"] == 2 and same["mti_job"] == again.request.job
    shown = render(edit, ext, tmp_path, 20).astype(int)
    assert np.abs(shown[54, 96] - (180, 100, 20)).max() <= 1  # the second take's first frame
    bpy.ops.mti.import_result(job=again.request.job, take=1)  # the other one, in the same strip
    (same,) = strips_of(shot)
    assert same["mti_take"] == 1
    bpy.ops.mti.import_result(job=again.request.job, replace=False)
    assert len(strips_of(shot)) == 2


def test_a_redo_with_a_padded_target_is_placed_anew(shot, done, polling, ext, tmp_path):
    bpy.ops.mti.import_result(job=done.request.job)
    (strip,) = strips_of(shot)
    shot.mti.fit = "PAD"
    assert bpy.ops.mti.redo(seed=9, takes=1, same_target=False) == {"FINISHED"}
    again = wait(polling, lambda row: row.request.task == "apply" and ended(row))
    bpy.ops.mti.import_result(job=again.request.job)
    shown = render(bpy.data.scenes["Scene Edit"], ext, tmp_path, 20).astype(int)
    assert np.abs(shown[[2, 54, 105], [5, 96, 185]] - (200, 100, 20)).max() <= 1
