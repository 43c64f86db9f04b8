"""The strip: exact length, the right picture in every frame, and untouched colours."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

PICTURES = 14


@pytest.fixture
def pictures(ext, tmp_path):
    """14 files, each of one colour that nothing else has."""
    names = []
    for i in range(PICTURES):
        names.append(f"{i + 1:04d}.png")
        picture = np.full((64, 64, 3), (200, 100, 15 * i), np.uint8)
        (tmp_path / names[-1]).write_bytes(ext("motion").encode_png(picture))
    return tmp_path, names


@pytest.fixture
def show(scene, ext, tmp_path):
    """show(frame): the sequencer's picture at a frame, rendered to a file and read back."""
    render = scene.render
    render.resolution_x = render.resolution_y = 16
    render.resolution_percentage = 100
    render.image_settings.file_format = "PNG"
    render.image_settings.color_mode = "RGB"

    def show(frame):
        scene.frame_set(frame)
        render.filepath = str(tmp_path / "shown.png")
        bpy.ops.render.render(write_still=True)
        return ext("motion").decode_png((tmp_path / "shown.png").read_bytes())[8, 8].astype(int)

    return show


@pytest.mark.parametrize(("start", "length"), [(1, 48), (-5, 14), (100, 7), (10, 1), (1, 25)])
def test_length_is_exact(scene, ext, pictures, start, length):
    strip = ext("blender.sequencer.strip")
    made = strip.add_picture_strip(scene, *pictures, start, length, "Wave")
    assert (strip.strip_start(made), strip.strip_end(made)) == (start, start + length)
    assert made.name == "Wave" and len(made.elements) == length


COLORS = [(255, 0, 0), (0, 0, 255), (255, 255, 0), (200, 100, 50), (12, 250, 130), (255,) * 3]


def _shown_colors(scene, ext, tmp_path, show, set_view):
    strip, motion = ext("blender.sequencer.strip"), ext("motion")
    names = []
    for i, color in enumerate(COLORS):
        names.append(f"c{i}.png")
        picture = np.full((64, 64, 3), color, np.uint8)
        (tmp_path / names[-1]).write_bytes(motion.encode_png(picture))
    made = strip.add_picture_strip(scene, tmp_path, names, 1, len(names), "Colours")
    note = ext("blender.sequencer.strip_colors").keep_colors(scene, made, set_view)
    return np.array([show(1 + i) for i in range(len(names))]), note


@pytest.mark.parametrize("view", ["AgX", "Filmic", "Standard", "Khronos PBR Neutral"])
def test_pure_colours_come_out_as_they_are_in_the_files(scene, ext, tmp_path, show, view):
    scene.view_settings.view_transform = view
    shown, note = _shown_colors(scene, ext, tmp_path, show, True)
    assert np.abs(shown - COLORS).max() <= 1
    assert scene.view_settings.view_transform == "Standard"
    assert (view in note and "now Standard" in note) if view != "Standard" else note == ""


def test_without_leave_the_view_stays_and_dull_colours_come_near(scene, ext, tmp_path, show):
    shown, note = _shown_colors(scene, ext, tmp_path, show, False)
    assert scene.view_settings.view_transform == "AgX" and "AgX changes pure colors" in note
    assert np.abs(shown[3] - COLORS[3]).max() <= 6  # laid under AgX as it is: 14


def test_every_frame_shows_its_picture(scene, ext, pictures, show):
    scene.view_settings.view_transform = "Standard"
    ext("blender.sequencer.strip").add_picture_strip(scene, *pictures, 11, 48, "Wave")
    shown = [round(show(11 + k)[2] / 15) for k in range(48)]
    assert shown == [k * PICTURES // 48 for k in range(48)]
    assert show(10).tolist() == show(59).tolist() == [0, 0, 0]


def test_fewer_frames_than_pictures(scene, ext, pictures, show):
    scene.view_settings.view_transform = "Standard"
    ext("blender.sequencer.strip").add_picture_strip(scene, *pictures, 1, 7, "Wave")
    assert [round(show(1 + k)[2] / 15) for k in range(7)] == [0, 2, 4, 6, 8, 10, 12]


def test_it_lies_above_what_is_there(scene, ext, pictures):
    add = ext("blender.sequencer.strip").add_picture_strip
    first = add(scene, *pictures, 1, 48, "A")
    second = add(scene, *pictures, 48, 10, "B")
    third = add(scene, *pictures, 49, 10, "C")
    fourth = add(scene, *pictures, 200, 10, "D")
    assert [s.channel for s in (first, second, third, fourth)] == [1, 2, 3, 1]


def test_it_does_not_land_on_a_muted_or_locked_channel(scene, ext, pictures):
    """There it is not seen, or cannot be moved."""
    add, editor = ext("blender.sequencer.strip").add_picture_strip, scene.sequence_editor_create()
    editor.channels[1].mute = editor.channels[2].lock = editor.channels[4].mute = True
    assert [add(scene, *pictures, 1, 48, "A").channel for _ in range(3)] == [3, 5, 6]
    for channel in editor.channels:
        channel.lock = True
    with pytest.raises(ValueError, match="channels"):
        add(scene, *pictures, 1, 48, "B")


def test_full_channels_are_said(scene, ext, pictures):
    strip = ext("blender.sequencer.strip")
    strips = scene.sequence_editor_create().strips
    for channel in range(1, 129):
        strips.new_image(
            name="x", filepath=str(pictures[0] / "0001.png"), channel=channel, frame_start=1
        )
    strips.remove(next(s for s in strips if s.channel == 77))
    assert strip.add_picture_strip(scene, *pictures, 1, 1, "A").channel == 77
    with pytest.raises(ValueError, match="channels"):
        strip.add_picture_strip(scene, *pictures, 1, 1, "B")
    assert len(strips) == 128


def test_what_else_changes_colours_is_said(scene, ext, pictures):
    strip = ext("blender.sequencer.strip")
    strip_colors = ext("blender.sequencer.strip_colors")
    made = strip.add_picture_strip(scene, *pictures, 1, 48, "Wave")
    scene.view_settings.view_transform = "Standard"
    assert strip_colors.keep_colors(scene, made, True) == ""
    scene.view_settings.exposure, scene.view_settings.use_curve_mapping = 0.5, True
    note = strip_colors.keep_colors(scene, made, True)
    assert "exposure changes" in note and "curve mapping changes" in note


def test_nothing_else_of_the_scene_changes(scene, ext, pictures):
    names = ("frame_current", "frame_start", "frame_end")
    before = [getattr(scene, name) for name in names] + [scene.view_settings.view_transform]
    ext("blender.sequencer.strip").add_picture_strip(scene, *pictures, 1, 300, "Wave")
    after = [getattr(scene, name) for name in names] + [scene.view_settings.view_transform]
    assert after == before
