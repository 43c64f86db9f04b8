"""Results as planes and empties: their colors, and exactly over what the camera sees."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

NAMES = tuple(f"{number:04d}.png" for number in range(1, 15))


@pytest.fixture
def shot(scene):
    """The factory scene in AgX, small, rendered by one sample of Cycles."""
    render = scene.render
    render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    render.resolution_x, render.resolution_y, render.resolution_percentage = 192, 108, 100
    scene.view_settings.view_transform = "AgX"
    scene.mti.target_engine, scene.mti.result_position = "SCENE", "CAMERA"
    return scene


@pytest.fixture
def add(shot, ext, tmp_path):
    """add(picture, note) -> a result that shows the picture all the time, as an object."""

    def add(picture, note=None):
        folder = tmp_path / "result"
        folder.mkdir()
        for name in NAMES:
            (folder / name).write_bytes(ext("motion").encode_png(picture))
        recipe, wire = ext("workflow.provenance"), ext("wire")
        capture = wire.CaptureInfo(24.0, 1, 48, (64, 64), False)
        made = recipe.Recipe(
            1, "0" * 32, "Wave", 1, 0, wire.Settings.for_model("draft"), capture, note
        )
        result = ext("workflow.kept_results").Result(folder, NAMES, made)
        return ext("blender.results.add_to_scene").place(bpy.context, result, False, True)

    return add


@pytest.fixture
def f12(shot, ext, tmp_path):
    """f12() -> what a render shows."""

    def f12():
        image, path = shot.render.image_settings, tmp_path / "f12.png"
        image.file_format, image.color_mode = "PNG", "RGB"
        shot.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        return ext("motion").decode_png(path.read_bytes()).astype(int)

    return f12


COLORS = [(200, 100, 50), (90, 130, 60), (128, 128, 128), (40, 60, 110), (230, 225, 215)]


@pytest.mark.parametrize("view", ["AgX", "Filmic", "Standard"])
@pytest.mark.parametrize("exposure", [0.0, 1.5])
def test_a_plane_is_not_washed_out(shot, add, f12, view, exposure):
    """Dull colors come near; laid under AgX as they are, they are wrong by up to 60."""
    shot.mti.result_as, shot.view_settings.view_transform = "PLANE", view
    shot.view_settings.exposure = exposure
    picture = np.zeros((40, 50, 3), np.uint8)
    for i, color in enumerate(COLORS):
        picture[:, 10 * i : 10 * i + 10] = color
    placed = add(picture)
    shown = f12()
    found = [shown[54, round(28.5 + 135 * (i + 0.5) / 5)] for i in range(5)]
    assert np.abs(np.array(found) - COLORS).max() <= (8 if view != "Standard" else 2)
    said = " ".join(placed.warnings)
    assert ("changes pure colors" in said) == (view != "Standard") and "exposure" not in said


def orthographic(scene):
    scene.camera.data.type, scene.camera.data.ortho_scale = "ORTHO", 6


def shifted(scene):
    scene.camera.data.shift_x, scene.camera.data.shift_y = 0.2, -0.1


def upright(scene):
    scene.render.resolution_x, scene.render.resolution_y = 108, 192


def wide_pixels(scene):
    scene.render.resolution_x, scene.render.pixel_aspect_x = 96, 2.0


def blurred(scene):
    scene.camera.data.dof.use_dof, scene.camera.data.dof.focus_distance = True, 3.0
    scene.camera.data.dof.aperture_fstop = 0.3


def scaled(scene):
    scene.camera.scale = (2.0, 2.0, 2.0)


def padded(scene):
    scene.mti.fit = "PAD"


SET_UPS = [lambda scene: None, orthographic, shifted, upright, wide_pixels, scaled, padded]


@pytest.mark.parametrize("set_up", [*SET_UPS, blurred], ids=lambda each: each.__name__)
def test_a_plane_fills_the_camera_s_view(shot, add, f12, ext, set_up):
    """What it shows lies where the target did, also where the camera goes somewhere else."""
    shot.mti.result_as = "PLANE"
    set_up(shot)
    bpy.context.view_layer.update()
    motion = ext("motion")
    target = ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    sent = motion.decode_png(target.png)
    side = 54
    rows = ((np.arange(side) + 0.5) / side * sent.shape[0]).astype(int)
    columns = ((np.arange(side) + 0.5) / side * sent.shape[1]).astype(int)
    small = motion.unpadded(sent[rows][:, columns, :3], target.note.fitted)
    before = f12()
    thing = add(small, target.note).thing
    shot.camera.rotation_euler.x += 0.4
    shot.camera.location.x += 3
    bpy.context.view_layer.update()
    shown = f12()
    height, width = shown.shape[:2]
    square = min(height, width * shot.render.pixel_aspect_x)
    high = round((height - square) / 2)
    wide = round((width - square / shot.render.pixel_aspect_x) / 2)
    high, wide = (0, 0) if shot.mti.fit == "PAD" else (high, wide)
    inside = (slice(high + 2, height - high - 2), slice(wide + 2, width - wide - 2))
    apart = np.abs(shown - before)[inside].mean()
    for across, down in ((5, 0), (-5, 0), (0, 5), (0, -5)):
        moved = np.roll(shown, (down, across), (0, 1))
        assert apart < 0.8 * np.abs(moved - before)[inside].mean()
    assert thing.parent == shot.camera and not thing.visible_shadow


def test_an_empty_fills_it_too(shot, add, ext):
    """Its corners are the frame's: two meters wide before it was scaled, as a plane is."""
    shot.mti.result_as = "EMPTY"
    thing = add(np.zeros((36, 64, 3), np.uint8)).thing
    bpy.context.view_layer.update()
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    for x, y in ((0, 0), (1, 0), (1, 1), (0, 1)):
        corner = thing.matrix_world @ Vector((2 * x - 1, (2 * y - 1) * 36 / 64, 0))
        assert world_to_camera_view(shot, shot.camera, corner)[:2] == pytest.approx(
            (x, y), abs=1e-4
        )


def test_without_such_a_camera_it_says_so_and_adds_nothing(shot, add, ext):
    shot.mti.result_as = "PLANE"
    objects = len(bpy.data.objects)
    shot.camera.data.type = "PANO"
    with pytest.raises(ext("wire.errors").BadRequest, match="cannot be filled"):
        add(np.zeros((8, 8, 3), np.uint8))
    assert len(bpy.data.objects) == objects


def test_upright_things_stand_on_the_cursor(shot, add):
    shot.mti.result_as, shot.mti.result_position = "PLANE", "CURSOR"
    shot.cursor.location = (1, 2, 3)
    placed = add(np.zeros((36, 64, 3), np.uint8))
    bpy.context.view_layer.update()
    corners = [placed.thing.matrix_world @ vertex.co for vertex in placed.thing.data.vertices]
    assert min(corner.z for corner in corners) == pytest.approx(3)
    assert placed.text == "Wave: scene Scene, object Wave, frames 1-48"
