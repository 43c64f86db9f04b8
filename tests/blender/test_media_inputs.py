"""Strips of every kind: captured, and as a target, they are what the sequencer shows of them."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from tests.blender import media_inputs
from tests.blender.media_inputs import INPUTS

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
    start, end = ext("blender.sequencer").shown_range(strip)
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
    shot = ext("blender.shots").take_shot(bpy.context, 14, (64, 64))
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
    target = ext("blender.target_sources").make_target(bpy.context, (64, 64))
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
        ext("blender.target_sources").make_target(bpy.context, (64, 64)).png
    )
    assert sent.shape == (576, 576, 3)
    clear = np.full_like(sent[..., :1], 255)
    part = _square(np.concatenate([sent, clear], axis=2), (0, 0, 576, 576), 1.0)
    assert _far(part, right) < 2


@pytest.mark.parametrize("view", ["AgX", "Filmic", "Standard"])
def test_a_result_as_a_target_has_its_own_pixels(stage, ext, prefs, view):
    """Small, fitted into a large frame, and made for the scene's view transform."""
    scene, motion, strips = stage.scene, ext("motion"), ext("blender.strip")
    scene.render.resolution_x, scene.render.resolution_y = 1920, 1080
    scene.view_settings.view_transform = view
    picture = np.random.default_rng(3).integers(0, 255, (64, 64, 3), np.uint8)
    (stage.folder / "0001.png").write_bytes(motion.encode_png(picture))
    strip = strips.add_picture_strip(scene, stage.folder, ["0001.png"], 1, 9, "Wave")
    strips.keep_colors(scene, strip, set_view=False)
    assert (strip.colorspace_settings.name == "sRGB") == (view == "Standard")
    stage.cover()
    stage.editor.active_strip = strip
    scene.frame_set(5)
    scene.mti.target, scene.mti.fit = "STRIP", "CROP"
    sent = motion.decode_png(ext("blender.target_sources").make_target(bpy.context, (64, 64)).png)
    assert sent.shape == (64, 64, 3)
    assert np.abs(sent.astype(int) - picture).mean() < 4  # enlarged and made smaller: 30 or more


def _problem(ext, scene, source="STRIP"):
    scene.mti.source = source
    shots = ext("blender.shots")
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
    stage.scene.mti.span, stage.scene.mti.frame_start, stage.scene.mti.frame_end = "CUSTOM", 15, 28
    ext("blender.shots").take_shot(bpy.context, 14, (64, 64))  # which does not show it
    stage.scene.mti.span = "AUTO"
    stage.editor.active_strip = stage.meta(strip)
    assert f"The file of images is missing: {names[4]}" in _problem(ext, stage.scene)
    stage.scene.frame_set(5)
    stage.scene.mti.target = "FRAME"
    with pytest.raises(ext("blender.target").TargetError, match="The file of images is missing"):
        ext("blender.target_sources").make_target(bpy.context, (64, 64))


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
    with pytest.raises(ext("blender.target").TargetError, match="is damaged"):
        ext("blender.target_sources").make_target(bpy.context, (64, 64))


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
    assert "outside of the meta strip" in _problem(ext, stage.scene)


def test_muted_channels_show_no_frame(stage, ext, prefs):
    stage.movie()
    stage.scene.frame_set(3)
    problem = ext("blender.target_sources").target_problem
    stage.scene.mti.target = "FRAME"
    assert problem(bpy.context) == ""
    stage.editor.channels[1].mute = True
    assert "All strips under the playhead are muted" in problem(bpy.context)
