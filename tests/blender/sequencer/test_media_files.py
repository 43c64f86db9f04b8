"""Movies and image files as they come: what is read of them, and what is said of the rest."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from tests.blender.sequencer import media_inputs
from tests.blender.sequencer.media_inputs import pixels, write


@pytest.fixture
def captured(scene, prefs, ext, tmp_path):
    """captured(path) -> the shot of a file."""

    def captured(path):
        scene.mti.source, scene.mti.file = "FILE", str(path)
        return ext("blender.sketch.reference").take_shot(bpy.context, 14, (64, 64))

    return captured


@pytest.fixture
def refused(captured, ext):
    """refused(path) -> why a file is not captured."""

    def refused(path):
        with pytest.raises(ext("blender.common.problems").CaptureError) as caught:
            captured(path)
        assert caught.value.problem.hint
        return caught.value.problem.message

    return refused


def _movie(path, frames=1, pictures=True, sound=False):
    """A movie file of so many frames, with or without pictures and sound."""
    from tests.blender.sketch.test_sources import beep

    scene = bpy.data.scenes.new("Film")
    scene.render.resolution_x = scene.render.resolution_y = 32
    scene.frame_end = frames
    strips = scene.sequence_editor_create().strips
    image = write(path.with_suffix(".png"), pixels(0, 2, (32, 32)))
    strip = strips.new_image(name="i", filepath=str(image), channel=1, frame_start=1)
    media_inputs.handles(strip, end=frames + 1)
    if sound:
        path.with_suffix(".wav").write_bytes(beep())
        file = str(path.with_suffix(".wav"))
        strips.new_sound(name="s", filepath=file, channel=2, frame_start=1)
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    ffmpeg = scene.render.ffmpeg
    ffmpeg.format, ffmpeg.codec = "MPEG4", "H264" if pictures else "NONE"
    ffmpeg.audio_codec = "AAC" if sound else "NONE"
    scene.render.use_file_extension, scene.render.filepath = False, str(path)
    bpy.ops.render.render(animation=True, scene=scene.name)
    bpy.data.scenes.remove(scene)
    return path


def test_movies_that_hold_no_motion(refused, tmp_path):
    assert "one.mp4 is a single image" in refused(_movie(tmp_path / "one.mp4"))
    sound = _movie(tmp_path / "sound.mp4", 24, pictures=False, sound=True)
    assert "sound.mp4 has sound, but no images" in refused(sound)
    half = tmp_path / "half.mp4"
    half.write_bytes(sound.read_bytes()[:500])
    assert "half.mp4 is not a movie that Blender can read" in refused(half)
    assert len(bpy.data.sounds) == 1 and not len(bpy.data.movieclips)  # the film's own


def test_the_sides_that_numbered_images_lose_are_said(captured, tmp_path):
    for i in range(14):
        write(tmp_path / f"wide_{i:02d}.png", pixels(i, 14, (160, 90)))
    shot = captured(tmp_path / "wide_03.png")
    assert any("44% of each image is cut off" in warning.message for warning in shot.warnings)
    assert shot.size == (160, 90)


def test_images_of_many_sizes_fill_the_frame_each(captured, tmp_path):
    """Once all had the scale of the first: behind a large one the others were small on black."""
    for i in range(14):
        size = (1600, 900) if i == 0 else (90, 160) if i % 2 else (160, 90)
        write(tmp_path / f"n_{i:02d}.png", pixels(i, 14, size))
    shot = captured(tmp_path / "n_00.png")
    for i, picture in enumerate(shot.pictures):
        assert abs(picture[..., 0].mean() - 255 * (0.1 + 0.8 * i / 13)) < 3
        assert picture.min() > 20


@pytest.fixture
def target(scene, prefs, ext):
    """target(**settings) -> the picture that is sent, and its size before."""
    sources, motion = ext("blender.apply.sources"), ext("motion")

    def target(shape=(64, 64), **settings):
        for name, value in settings.items():
            setattr(scene.mti, name, value)
        made = sources.make_target(bpy.context, shape)
        return motion.decode_png(made.png), made.note.size

    return target


def _is(picture, index, count, least=5):
    wanted = 255 * (0.1 + 0.8 * index / (count - 1))
    return abs(picture[..., 0].astype(float).mean() - wanted) < least


def test_a_panorama_is_cropped_before_it_is_made_smaller(target, tmp_path):
    write(tmp_path / "wide.png", pixels(1, 3, (20_000, 300)))
    picture, size = target(target="IMAGE", target_image=str(tmp_path / "wide.png"), fit="CROP")
    assert picture.shape[:2] == (300, 300) and size == (20_000, 300)
    picture, size = target(fit="PAD")
    assert picture.shape[:2] == (2048, 2048) and _is(picture, 1, 3)


def test_a_multilayer_file(scene, target, tmp_path):
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = 48, 32
    scene.render.resolution_percentage = 100
    scene.world.node_tree.nodes["Background"].inputs[0].default_value = (0.0, 0.25, 0.0, 1)
    scene.view_layers[0].use_pass_z = True
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format = "OPEN_EXR_MULTILAYER"
    scene.render.filepath = str(tmp_path / "layers.exr")
    bpy.ops.render.render(write_still=True)
    scenes = len(bpy.data.scenes)
    picture, size = target(target="IMAGE", target_image=str(tmp_path / "layers.exr"), fit="CROP")
    assert size == (48, 32) and picture.shape[:2] == (32, 32)
    assert picture[0, 0, :3].tolist() == pytest.approx([0, 137, 0], abs=2)  # 0.25 as sRGB
    image = bpy.data.images.load(str(tmp_path / "layers.exr"))
    again, _ = target(target="DATABLOCK", target_datablock=image)
    assert (again == picture).all() and len(bpy.data.scenes) == scenes


def test_an_image_sequence_shows_the_current_frame(scene, target, tmp_path):
    for i in range(5):
        write(tmp_path / f"n_{i + 1:03d}.png", pixels(i, 5))
    image = bpy.data.images.load(str(tmp_path / "n_002.png"))
    image.source = "SEQUENCE"
    scene.frame_set(4)
    picture, size = target(target="DATABLOCK", target_datablock=image, fit="CROP")
    assert size == media_inputs.SIZE and _is(picture, 3, 5)
    scene.frame_set(99)  # where there is none, the one that was opened
    assert _is(target()[0], 1, 5)
    image.source = "MOVIE"
    image.source = "FILE"
    assert _is(target()[0], 1, 5)


@pytest.mark.parametrize("packed", [False, True])
def test_an_image_in_tiles(target, tmp_path, packed):
    for i in range(2):
        write(tmp_path / f"u.{1001 + i}.png", pixels(i + 1, 3))
    image = bpy.data.images.load(str(tmp_path / "u.1001.png"))
    image.source, image.filepath = "TILED", str(tmp_path / "u.<UDIM>.png")
    if packed:
        image.pack()
    picture, size = target(target="DATABLOCK", target_datablock=image, fit="CROP")
    assert size == media_inputs.SIZE and _is(picture, 1, 3)
    made = bpy.data.images.new("made", 32, 32, tiled=True)
    made.generated_color = (0, 1, 0, 1)
    assert target(target_datablock=made)[0][5, 5, :3].tolist() == [0, 255, 0]
    assert not any(each.name.startswith("tile") for each in bpy.data.images)


@pytest.mark.parametrize("ending", ["jpg", "tif", "webp"])
def test_a_file_without_its_end_is_no_target(target, ext, tmp_path, ending):
    kind = {"jpg": "JPEG", "tif": "TIFF", "webp": "WEBP"}[ending]
    rng = np.random.default_rng(0)
    file = write(tmp_path / f"cut.{ending}", rng.random((64, 64, 4)).astype(np.float32), kind)
    target(target="IMAGE", target_image=str(file))
    file.write_bytes(file.read_bytes()[:-900])
    with pytest.raises(ext("blender.scene.picture").TargetError, match="is truncated"):
        target()
