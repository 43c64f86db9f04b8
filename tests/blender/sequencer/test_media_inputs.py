"""Strips of every kind: captured, and as a target, they are what the sequencer shows of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender.sequencer import media_inputs
from tests.blender.sequencer.media_inputs import INPUTS

LOOKED_AT = (0, 4, 9, 13)
FULL_FRAME = ("META", "COLOR", "TEXT", "SCENE", "CROSS", "SPEED", "GAUSSIAN_BLUR", "ADJUSTMENT",
              "MULTICAM")  # fmt: skip


def _whole(strip):
    return strip.type in FULL_FRAME or strip.parent_meta() is not None


def _part(shown, whole):
    """Left, top, right, bottom, in pixels, of where the strip is: where it is not clear."""
    height, width = shown[0].shape[:2]
    if whole:
        return 0, 0, width, height
    seen = np.max([picture[..., 3] for picture in shown], axis=0) > 0
    y, x = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    return x[0], y[0], x[-1] + 1, y[-1] + 1


def _square(picture, part, aspect):
    """The middle of a part as 64 x 64 pixels over black, each the mean of 4 x 4 points."""
    left, top, right, bottom = part
    across, down = (right - left) * aspect, bottom - top
    side = min(across, down)
    share = (np.arange(256) + 0.5) / 256 - 0.5
    x = ((left + right) / 2 + share * side / aspect).astype(int)
    y = ((top + bottom) / 2 + share * side).astype(int)
    found = picture[y][:, x].astype(float)
    found = found[..., :3] * found[..., 3:] / 255
    return found.reshape(64, 4, 64, 4, 3).mean((1, 3))


def _far(one, other):
    return np.abs(one.astype(float) - other).mean()


@pytest.mark.parametrize("name", INPUTS)
def test_it_is_what_the_sequencer_shows_of_it(stage, ext, prefs, name):
    """Both what is captured, and what is sent as a target, with another strip over it."""
    scene = stage.scene
    strip = INPUTS[name](stage)
    start, end = ext("blender.sequencer.drawing").shown_range(strip)
    sampled = [round(f) for f in ext("motion").sampled_frames(start, end - 1, 14)]
    aspect = scene.render.pixel_aspect_x / scene.render.pixel_aspect_y
    shown = [stage.shown(sampled[k]) for k in LOOKED_AT]
    part = _part(shown, _whole(strip))
    right = [_square(picture, part, aspect) for picture in shown]
    assert _far(right[0], right[-1]) > 3, "the input itself must move"

    media_inputs.hide(name, strip)
    stage.cover()
    stage.editor.active_strip = strip
    scene.mti.source = "STRIP"
    before = _state(scene, strip)
    shot = ext("blender.sketch.reference").take_shot(bpy.context, 14, (64, 64))
    assert shot.span == (start, end - 1) and shot.source == strip.name
    assert shot.fps == 24 and shot.pictures.shape == (14, 64, 64, 3)
    far = [_far(shot.pictures[k], picture) for k, picture in zip(LOOKED_AT, right, strict=True)]
    assert max(far) < 4, [round(each, 1) for each in far]

    scene.frame_set(sampled[LOOKED_AT[1]])
    part = _part(shown[1:2], _whole(strip))
    sent, size = _sent(scene, ext)
    assert size[0] / size[1] == pytest.approx(
        (part[2] - part[0]) * aspect / (part[3] - part[1]), rel=0.05
    )
    assert _far(sent, _square(shown[1], part, aspect)) < 4
    assert before == _state(scene, strip)


def _state(scene, strip):
    scene.frame_set(1)
    return len(bpy.data.scenes), strip.mute, len(bpy.data.images), strip.blend_type


def _sent(scene, ext):
    """The target as 64 x 64 pixels, and the size it has before it is fitted."""
    scene.mti.target, scene.mti.fit = "STRIP", "CROP"
    target = ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    picture = ext("motion").decode_png(target.png).astype(float)
    if picture.shape[2] == 3:
        picture = np.concatenate([picture, np.full_like(picture[..., :1], 255)], axis=2)
    sent = _square(picture, (0, 0, picture.shape[1], picture.shape[0]), 1.0)
    return sent, target.note.size


def test_the_frame_of_a_large_scene_is_what_it_shows(stage, ext, prefs):
    """Strips are placed in pixels of the scene: made smaller, its frame must not be another one."""
    scene = stage.scene
    scene.render.resolution_x, scene.render.resolution_y = 1920, 1080
    strip = stage.movie()
    strip.transform.scale_x = strip.transform.scale_y = 5.0
    strip.transform.offset_x = 400
    right = _square(stage.shown(10), (420, 0, 1500, 1080), 1.0)
    scene.mti.target, scene.mti.fit = "FRAME", "CROP"
    sent = ext("motion").decode_png(
        ext("blender.apply.sources").make_target(bpy.context, (64, 64)).png
    )
    assert sent.shape == (576, 576, 3)
    clear = np.full_like(sent[..., :1], 255)
    part = _square(np.concatenate([sent, clear], axis=2), (0, 0, 576, 576), 1.0)
    assert _far(part, right) < 2


@pytest.mark.parametrize("view", ["AgX", "Filmic", "Standard"])
def test_a_result_as_a_target_has_its_own_pixels(stage, ext, prefs, view):
    """Small, fitted into a large frame, and made for the scene's view transform."""
    scene, motion, strips = stage.scene, ext("motion"), ext("blender.sequencer.strip")
    scene.render.resolution_x, scene.render.resolution_y = 1920, 1080
    scene.view_settings.view_transform = view
    picture = np.random.default_rng(3).integers(0, 255, (64, 64, 3), np.uint8)
    (stage.folder / "0001.png").write_bytes(motion.encode_png(picture))
    strip = strips.add_picture_strip(scene, stage.folder, ["0001.png"], 1, 9, "Wave")
    ext("blender.sequencer.strip_colors").keep_colors(scene, strip, set_view=False)
    assert (strip.colorspace_settings.name == "sRGB") == (view == "Standard")
    stage.cover()
    stage.editor.active_strip = strip
    scene.frame_set(5)
    scene.mti.target, scene.mti.fit = "STRIP", "CROP"
    sent = motion.decode_png(ext("blender.apply.sources").make_target(bpy.context, (64, 64)).png)
    assert sent.shape == (64, 64, 3)
    assert np.abs(sent.astype(int) - picture).mean() < 4  # enlarged and made smaller: 30 or more


def _problem(ext, scene, source="STRIP"):
    scene.mti.source = source
    shots = ext("blender.sketch.reference")
    with pytest.raises(shots.CaptureError) as caught:
        shots.take_shot(bpy.context, 14, (64, 64))
    assert caught.value.problem.hint
    return caught.value.problem.message


def test_files_that_are_gone_are_named(stage, ext, prefs, tmp_path):
    names = [media_inputs.write(tmp_path / f"n_{i:02d}.png", media_inputs.pixels(i, 28))
             for i in range(28)]  # fmt: skip
    strip = stage.images(*map(str, names))
    stage.editor.active_strip = strip
    stage.scene.mti.source = "STRIP"
    names[4].unlink()
    assert f"The file of images is missing: {names[4]}" in _problem(ext, stage.scene)
    stage.scene.mti.frame_range_mode, stage.scene.mti.frame_start, stage.scene.mti.frame_end = (
        "CUSTOM",
        15,
        28,
    )
    ext("blender.sketch.reference").take_shot(bpy.context, 14, (64, 64))  # which does not show it
    stage.scene.mti.frame_range_mode = "AUTO"
    stage.editor.active_strip = stage.meta(strip)
    assert f"The file of images is missing: {names[4]}" in _problem(ext, stage.scene)
    stage.scene.frame_set(5)
    stage.scene.mti.target = "FRAME"
    with pytest.raises(
        ext("blender.scene.picture").TargetError, match="The file of images is missing"
    ):
        ext("blender.apply.sources").make_target(bpy.context, (64, 64))


@pytest.mark.parametrize("data", [b"", b"nothing", "cut"], ids=["empty", "other", "cut"])
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_files_that_are_damaged_are_named(stage, ext, prefs, tmp_path, data, ending):
    kind = {"png": "PNG", "jpg": "JPEG"}[ending]
    names = [media_inputs.write(tmp_path / f"n_{i:02d}.{ending}", media_inputs.pixels(i, 14), kind)
             for i in range(14)]  # fmt: skip
    strip = stage.images(*map(str, names))
    stage.editor.active_strip = strip
    whole = names[5].read_bytes()
    names[5].write_bytes(whole[: len(whole) // 2] if data == "cut" else data)
    assert f"An image of images is damaged: {names[5]}" in _problem(ext, stage.scene)
    stage.scene.mti.file = str(names[3])
    assert str(names[5]) in _problem(ext, stage.scene, "FILE")
    stage.scene.frame_set(6)
    stage.scene.mti.target = "STRIP"
    with pytest.raises(ext("blender.scene.picture").TargetError, match="is damaged"):
        ext("blender.apply.sources").make_target(bpy.context, (64, 64))


def test_a_movie_that_is_damaged(stage, ext, prefs, tmp_path):
    file = tmp_path / "film.mp4"
    file.write_bytes((stage.media / "m12.mp4").read_bytes())
    strip = stage.strips.new_movie(name="film", filepath=str(file), channel=1, frame_start=1)
    stage.editor.active_strip = strip
    file.write_bytes(b"no movie" * 999)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert "film shows nothing at these frames" in _problem(ext, bpy.context.scene)


def test_sound_and_a_strip_outside_of_its_meta_strip(stage, ext, prefs, tmp_path):
    inner = stage.movie(start=1)
    media_inputs.handles(stage.meta(inner), 1, 10)
    if hasattr(inner, "content_start"):
        inner.content_start = 50
    else:
        inner.frame_start = 50
    stage.editor.active_strip = inner
    assert "outside the range of its meta strip" in _problem(ext, stage.scene)


def test_muted_channels_show_no_frame(stage, ext, prefs):
    stage.movie()
    stage.scene.frame_set(3)
    problem = ext("blender.apply.sources").target_problem
    stage.scene.mti.target = "FRAME"
    assert problem(bpy.context) is None
    stage.editor.channels[1].mute = True
    assert "All strips under the playhead are muted" in problem(bpy.context).message


def _copied(stage, *indices):
    """Numbered images of the tests' own."""
    return [shutil.copy(stage.media / f"m12_{i + 1:04d}.png", stage.folder) for i in indices]


def _inner(stage, files, first=5):
    """A scene whose sequencer shows one of the files a frame, from frame `first` on."""
    inner = bpy.data.scenes.new("Inner")
    inner.render.resolution_x, inner.render.resolution_y = 192, 108
    inner.frame_start, inner.frame_end = first, first + len(files) - 1
    strip = inner.sequence_editor_create().strips.new_image(
        name="inside", filepath=files[0], channel=1, frame_start=first, fit_method="FIT"
    )
    for file in files[1:]:
        strip.elements.append(Path(file).name)
    return inner


def _shown_scene(stage, inner, start=11):
    strip = stage.strips.new_scene(name="scene", scene=inner, channel=1, frame_start=start)
    strip.scene_input = "SEQUENCER"
    stage.editor.active_strip = strip
    stage.scene.mti.source = "STRIP"
    return strip


def _refused(stage, ext, target, frame):
    """Why there is no target at a frame."""
    stage.scene.mti.target = target
    stage.scene.frame_set(frame)
    with pytest.raises(ext("blender.scene.picture").TargetError) as caught:
        ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    assert caught.value.problem.hint
    return caught.value.problem.message


def test_a_file_behind_a_scene_strip_that_is_gone(stage, ext, prefs):
    """Only at the frame that shows it: Blender draws its card there."""
    files = _copied(stage, *range(28))
    _shown_scene(stage, _inner(stage, files))
    Path(files[6]).unlink()  # frame 11 of the inner scene, and 17 of the outer one
    gone = f"The file of inside in the scene Inner is missing: {files[6]}"
    for target in ("FRAME", "STRIP"):
        assert _refused(stage, ext, target, 17) == gone
        for frame in (16, 18):
            stage.scene.frame_set(frame)
            ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    assert gone in _problem(ext, stage.scene)


def test_files_two_scenes_down_and_in_meta_strips(stage, ext, prefs):
    files = _copied(stage, *range(28))
    middle = bpy.data.scenes.new("Middle")
    strip = middle.sequence_editor_create().strips.new_scene(
        name="middle", scene=_inner(stage, files), channel=1, frame_start=1
    )
    strip.scene_input, middle.frame_end = "SEQUENCER", 28
    outer = _shown_scene(stage, middle)
    stage.editor.active_strip = stage.meta(outer)
    for file in files:
        Path(file).unlink()
    gone = "The file of inside in the scene Inner is missing"
    assert gone in _refused(stage, ext, "FRAME", 12) and gone in _refused(stage, ext, "STRIP", 12)
    assert gone in _problem(ext, stage.scene)


def test_a_cut_and_a_reversed_scene_strip(stage, ext, prefs):
    files = _copied(stage, *range(28))
    strip = _shown_scene(stage, _inner(stage, files))
    strip = strip.split(frame=21, split_method="HARD")
    stage.editor.active_strip = strip
    Path(files[2]).unlink()  # which is cut off
    stage.scene.mti.target = "STRIP"
    for frame in (21, 30, 38):
        stage.scene.frame_set(frame)
        ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    strip.use_reverse_frames = True
    Path(files[27]).unlink()
    assert files[27] in _refused(stage, ext, "STRIP", 21)


def test_what_a_scene_strip_does_not_show_is_not_looked_for(stage, ext, prefs):
    files = _copied(stage, *range(28))
    inner = _inner(stage, files)
    _shown_scene(stage, inner)
    below = inner.sequence_editor.strips[0]
    below.mute = True
    inner.sequence_editor.strips.new_movie(
        name="movie", filepath=str(stage.media / "m12.mp4"), channel=2, frame_start=1
    )
    for file in files:
        Path(file).unlink()
    shot = ext("blender.sketch.reference").take_shot(bpy.context, 14, (64, 64))
    assert len(shot.pictures) == 14


def test_scenes_that_show_each_other_end(stage, ext, prefs):
    inner = _inner(stage, _copied(stage, *range(28)))
    _shown_scene(stage, inner)
    back = inner.sequence_editor.strips.new_scene(
        name="back", scene=stage.scene, channel=2, frame_start=1
    )
    back.scene_input = "SEQUENCER"
    media = ext("blender.sequencer.media")
    assert len(list(media.files_at(stage.editor.active_strip, 15))) == 1


def test_the_card_of_another_scene_is_never_drawn(stage, ext, prefs):
    """Blender may crash at it."""
    files = _copied(stage, *range(28))
    inner = _inner(stage, files)
    strip = _shown_scene(stage, inner)
    Path(files[6]).unlink()
    with ext("blender.sequencer.drawing").sequencer_of(stage.scene, strip) as shown:
        assert not shown.draw(17)[..., :3].any()
    assert inner.sequence_editor.show_missing_media


def _clip(stage, path):
    clip = bpy.data.movieclips.load(str(path))
    strip = stage.strips.new_clip(name="clip", clip=clip, channel=1, frame_start=11)
    stage.editor.active_strip = strip
    stage.scene.mti.source = "STRIP"
    return strip


def test_the_movie_of_a_clip_that_is_gone(stage, ext, prefs):
    file = stage.folder / "clip.mp4"
    shutil.copy(stage.media / "m12.mp4", file)
    strip = _clip(stage, file)
    shot = ext("blender.sketch.reference").take_shot(bpy.context, 14, (64, 64))
    assert shot.pictures.shape == (14, 64, 64, 3)
    file.unlink()
    gone = f"The file of clip is missing: {file}"
    assert _problem(ext, stage.scene) == gone
    for target in ("FRAME", "STRIP"):
        assert _refused(stage, ext, target, 12) == gone
    strip.clip = None
    assert _problem(ext, stage.scene) == "The strip clip has no movie clip."


def test_an_image_of_a_clip_of_numbered_ones_that_is_gone(stage, ext, prefs):
    files = _copied(stage, *range(28))
    _clip(stage, files[0])
    Path(files[6]).unlink()
    assert _refused(stage, ext, "STRIP", 17) == f"The file of clip is missing: {files[6]}"
    for frame in (16, 18):
        right = stage.shown(frame)
        assert right[..., :3].any()
        ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    assert not stage.shown(17)[..., :3].any(), "what Blender itself shows there"


@pytest.mark.parametrize("lacks", ["scene", "camera"])
def test_a_scene_strip_that_lacks_what_it_is_to_show(stage, ext, prefs, lacks):
    inner = bpy.data.scenes.new("Inner")
    strip = stage.strips.new_scene(name="shot", scene=inner, channel=1, frame_start=1)
    if lacks == "scene":
        strip.scene = None
    stage.editor.active_strip = stage.meta(strip)
    stage.scene.mti.source = "STRIP"
    said = _refused(stage, ext, "STRIP", 3)
    assert f"no {lacks}" in said and "shot" in said
    assert _problem(ext, stage.scene) == said
