"""Each kind of target: what is sent of it, and the sentence where there is none."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

RED, BLUE = (200, 30, 20), (20, 40, 210)


@pytest.fixture
def send(scene, prefs, ext):
    """send() -> the picture that would be sent to the draft, and the note of it."""
    sources, motion = ext("blender.apply.sources"), ext("motion")

    def send(**settings):
        for name, value in settings.items():
            setattr(scene.mti, name, value)
        target = sources.make_target(bpy.context, (64, 64))
        return motion.decode_png(target.png), target.note

    return send


@pytest.fixture
def problem(scene, prefs, ext):
    """problem(kind) -> why there is no such target."""
    sources = ext("blender.apply.sources")

    def problem(kind):
        scene.mti.target = kind
        found = sources.target_problem(bpy.context)
        return found.message if found else ""

    return problem


def write(ext, path, colour, size=(32, 18)):
    picture = np.full((size[1], size[0], 3), colour, np.uint8)
    path.write_bytes(ext("motion").encode_png(picture))
    return path


@pytest.fixture
def strips(scene, ext, tmp_path):
    """A red strip on frames 1 to 10, and a blue one above it on 6 to 10."""
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    scene.view_settings.view_transform = "Standard"
    made = scene.sequence_editor_create().strips
    for name, colour, channel, start in (("red", RED, 1, 1), ("blue", BLUE, 2, 6)):
        file = write(ext, tmp_path / f"{name}.png", colour, (320, 180))
        strip = made.new_image(
            name=name, filepath=str(file), channel=channel, frame_start=start, fit_method="FIT"
        )
        for _ in range(9 - (start - 1)):
            strip.elements.append(f"{name}.png")
    return made


def test_the_last_render(scene, send, ext):
    for image in [each for each in bpy.data.images if each.type == "RENDER_RESULT"]:
        bpy.data.images.remove(image)
    with pytest.raises(ext("blender.scene.picture").TargetError, match="no render yet") as caught:
        send(target="RESULT")
    assert "Render an image first" in caught.value.problem.hint
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x, scene.render.resolution_y = 80, 40
    scene.render.resolution_percentage = 100
    bpy.ops.render.render()
    picture, note = send(target="RESULT", fit="PAD")
    assert picture.shape == (80, 80, 3) and note.size == (80, 40) and picture.std() > 3
    picture, note = send(fit="CROP")
    assert picture.shape == (40, 40, 3) and note.kept == pytest.approx(0.5)


def test_an_image_of_the_file(scene, send, problem, ext, tmp_path):
    assert "Choose the target image" in problem("DATABLOCK")
    scene.view_settings.view_transform = "AgX"  # which is for light, not for finished pictures
    image = bpy.data.images.load(str(write(ext, tmp_path / "a.png", RED)))
    picture, note = send(target="DATABLOCK", target_datablock=image, fit="CROP")
    assert picture.shape == (18, 18, 3) and np.abs(picture.astype(int) - RED).max() <= 1
    assert note.source == "a.png" and image.size[:] == (32, 18)
    painted = bpy.data.images.new("painted", 16, 16)
    painted.generated_color = (0, 1, 0, 1)
    picture, _ = send(target_datablock=painted)
    assert picture[8, 8, 1] == 255
    (tmp_path / "a.png").unlink()
    image.reload()
    with pytest.raises(ext("blender.scene.picture").TargetError, match="is empty"):
        send(target_datablock=image)


def test_the_sequencer_s_frame_and_the_strip_alone(scene, strips, send, problem, ext):
    scene.frame_set(7)
    picture, note = send(target="FRAME", fit="PAD")
    assert picture.shape == (320, 320, 3) and np.abs(picture[160, 160] - BLUE).max() <= 1
    assert note.box == (0.0, 0.21875, 1.0, 0.78125)
    scene.sequence_editor.active_strip = strips["red"]
    picture, note = send(target="STRIP")
    assert np.abs(picture[160, 160].astype(int) - RED).max() <= 1 and note.source == "red"
    scene.frame_set(3)
    assert "The playhead is not on the strip blue" in _active(scene, strips["blue"], problem)
    assert problem("FRAME") == ""
    scene.frame_set(50)
    assert "no strip under the playhead" in problem("FRAME")
    assert [strip.mute for strip in strips] == [False, False]


def _active(scene, strip, problem):
    scene.sequence_editor.active_strip = strip
    return problem("STRIP")


def test_a_colour_strip_is_drawn_alone(scene, strips, send):
    options = {"name": "green", "type": "COLOR", "channel": 3, "frame_start": 1}
    try:
        green = strips.new_effect(**options, length=10)
    except TypeError:  # before 5.0
        green = strips.new_effect(**options, frame_end=11)
    green.color = (0, 1, 0)
    green.channel = 1 if green.channel != 3 else 3
    scene.frame_set(7)
    scene.sequence_editor.active_strip = green
    picture, _ = send(target="STRIP", fit="CROP")
    assert picture.shape == (180, 180, 3) and picture[90, 90, 1] > 200 > 60 > picture[90, 90, 2]
    assert [strip.mute for strip in strips] == [False] * 3


def test_another_scene_is_at_its_own_frame(scene, strips, send, ext):
    """Blender's own way to name a scene to render takes the frame of the one that is shown."""
    other = scene.copy()
    other.camera = None
    try:
        scene.frame_set(3)
        other.frame_set(7, subframe=0.5)
        with ext("blender.sequencer.drawing").sequencer_of(other) as shown:
            picture = shown.draw(other.frame_current)
        assert np.abs(picture[90, 160, :3].astype(int) - BLUE).max() <= 1
        assert (scene.frame_current, other.frame_current, other.frame_subframe) == (3, 7, 0.5)
        if hasattr(bpy.context.workspace, "sequencer_scene"):
            bpy.context.workspace.sequencer_scene = other
            picture, note = send(target="FRAME", fit="CROP")
            assert np.abs(picture[90, 90].astype(int) - BLUE).max() <= 1
            assert note.source == f"{other.name}, frame 7"
    finally:
        bpy.data.scenes.remove(other)


def test_without_a_strip_it_says_what_to_do(scene, problem):
    assert "No strip is active" in problem("STRIP")
    assert "There is no strip under the playhead: move it" in problem("FRAME")
    scene.mti.target = "FRAME"
    assert not bpy.ops.mti.show_target.poll()


def test_a_muted_strip_shows_nothing(scene, strips, problem):
    scene.frame_set(3)
    strips["red"].mute = True
    assert "All strips under the playhead are muted" in problem("FRAME")
    strips["red"].mute = False
    assert problem("FRAME") == ""
    scene.sequence_editor.channels[1].mute = True  # or it would be a render of the 3D scene
    assert "All strips under the playhead are muted" in problem("FRAME")


def test_a_strip_whose_file_has_gone_is_no_target(scene, strips, send, ext, tmp_path):
    """Blender would draw its magenta card, or nothing."""
    error = ext("blender.scene.picture").TargetError
    scene.frame_set(7)
    scene.sequence_editor.active_strip = strips["blue"]
    (tmp_path / "blue.png").unlink()
    for target in ("FRAME", "STRIP"):
        with pytest.raises(error, match="missing.*blue.png"):
            send(target=target)
    strips["blue"].mute = True
    send(target="FRAME")
    meta = strips.new_meta(name="meta", channel=5, frame_start=1)
    inside = meta.strips.new_movie(
        name="clip", filepath=str(tmp_path / "gone.mp4"), channel=1, frame_start=1
    )
    assert inside is not None
    inside_end = "right_handle" if hasattr(inside, "right_handle") else "frame_final_end"
    for strip in (inside, meta):
        setattr(strip, inside_end, 20)
    with pytest.raises(error, match="missing.*gone.mp4"):
        send(target="FRAME")


def test_a_scene_strip_without_a_camera_is_no_target(scene, strips, send, ext):
    other = bpy.data.scenes.new("Other")
    try:
        strips.new_scene(name="shot", scene=other, channel=4, frame_start=1)
        with pytest.raises(
            ext("blender.scene.picture").TargetError, match="of the strip shot has no cam"
        ):
            send(target="FRAME")
    finally:
        bpy.data.scenes.remove(other)


def test_a_frame_that_is_faded_out_is_no_target(scene, strips, send, ext):
    strips["red"].blend_type, strips["red"].blend_alpha = "ALPHA_OVER", 0.0
    scene.frame_set(3)
    with pytest.raises(ext("blender.scene.picture").TargetError, match="only black"):
        send(target="FRAME")


def test_the_viewport_needs_a_window(scene, problem):
    assert "window" in problem("VIEWPORT")


def test_a_render_is_framed_as_the_shot_is_and_then_cropped(scene, send, ext):
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    scene.render.resolution_percentage = 100
    whole = ext("motion").decode_png(ext("blender.scene.picture").render_target(scene, "PREVIEW"))
    picture, note = send(target="RENDER", fit="CROP")
    assert (picture == whole[:, 70:250, :3]).all() and note.kept == 180 / 320
    picture, note = send(fit="PAD")
    assert (picture[70:250] == whole[..., :3]).all() and note.fitted.padded


def test_a_render_of_another_scene_is_of_its_own_frame(scene, send):
    other = scene.copy()
    ball = bpy.data.objects.new("ball", bpy.data.objects["Cube"].data)
    other.collection.objects.link(ball)
    try:
        scene.mti.target_scene = other
        ball.hide_render = True
        ball.keyframe_insert("hide_render", frame=1)
        ball.location, ball.scale = (0, 0, 3), (2, 2, 2)
        ball.hide_render = False
        ball.keyframe_insert("hide_render", frame=10)
        pictures = []
        for frame in (1, 10):
            other.frame_set(frame)
            pictures.append(send(target="RENDER", fit="CROP")[0].astype(int))
        assert np.abs(pictures[0] - pictures[1]).mean() > 1
        assert scene.frame_current == 1 and other.frame_current == 10
    finally:
        bpy.data.objects.remove(ball)
        bpy.data.scenes.remove(other)


def test_what_will_be_sent_is_shown(one_size, scene, prefs, ext, tmp_path):
    preview = ext("blender.apply.preview")
    scene.mti.target, scene.mti.fit = "IMAGE", "PAD"
    scene.mti.target_image = str(write(ext, tmp_path / "photo.png", RED))
    assert bpy.ops.mti.show_target() == {"FINISHED"}
    shown = scene.mti.target_shown
    assert preview.about(shown) == ["photo.png", "32 x 18 pixels, padded"]
    assert (preview.folder() / shown / "target.png").is_file()
    for _ in range(preview.KEPT + 3):
        bpy.ops.mti.show_target()
    assert len(list(preview.folder().iterdir())) == preview.KEPT + 1
    assert preview.about(shown) == [] and preview.icon(shown) == 0


@pytest.mark.parametrize(
    ("size", "how", "said"),
    [
        ((1920, 1080), "CROP", "1920 x 1080 to 64 x 64: 44% is cut off"),
        ((1920, 1080), "PAD", "1920 x 1080 to 64 x 64: 44% is added around it"),
        ((512, 512), "PAD", "512 x 512 to 64 x 64"),
    ],
)
def test_the_fit_in_words(ext, size, how, said):
    assert ext("blender.apply.panel").fit_text(size, (64, 64), how) == said
