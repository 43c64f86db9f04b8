"""The target picture: from a render, with the scene undisturbed, or from any picture file."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import bpy
import numpy as np
import pytest


def _settings(scene):
    """Every plain setting that a render could leave changed, by path."""
    view = scene.render.image_settings.view_settings
    owners = {
        "render": scene.render,
        "image": scene.render.image_settings,
        "image view": view,
        "view": scene.view_settings,
        "shading": scene.display.shading,
        "cycles": scene.cycles,
    }
    found = {"frame": scene.frame_current_final}
    own_view = scene.render.image_settings.color_management == "OVERRIDE"
    for name, owner in owners.items():
        for prop in owner.bl_rna.properties:
            if name == "image view" and not own_view:
                continue  # Blender fills them from the scene's whenever they are switched on
            if prop.type in ("INT", "FLOAT", "BOOLEAN", "STRING", "ENUM") and not prop.is_readonly:
                value = getattr(owner, prop.identifier)
                plain = isinstance(value, str) or not hasattr(value, "__len__")
                found[f"{name}.{prop.identifier}"] = value if plain else tuple(value)
    return found


@pytest.fixture
def small(scene):
    """The factory scene, small, with one sample of Cycles."""
    render = scene.render
    render.resolution_x, render.resolution_y = 64, 48
    render.engine, scene.cycles.samples = "CYCLES", 1
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    return scene


def _cover_with(scene, linear):
    """A sheet before the camera that shines with one colour."""
    bpy.ops.mesh.primitive_plane_add(size=20, location=(0, 0, 5))
    sheet = bpy.context.object
    scene.camera.location, scene.camera.rotation_euler = (0, 0, 12), (0, 0, 0)
    material = bpy.data.materials.new("Shine")
    if material.node_tree is None:
        material.use_nodes = True
    nodes = material.node_tree.nodes
    shine = nodes.new("ShaderNodeEmission")
    shine.inputs["Color"].default_value = (*linear, 1)
    material.node_tree.links.new(shine.outputs[0], nodes["Material Output"].inputs["Surface"])
    sheet.data.materials.append(material)
    bpy.context.view_layer.update()


@pytest.mark.parametrize(
    ("resolution", "percentage", "aspect", "expected"),
    [
        ((1920, 1080), 100, (1, 1), (1024, 576)),
        ((1920, 1080), 25, (1, 1), (480, 270)),
        ((720, 576), 100, (1.4587, 1.0), (1024, 561)),
        ((100, 200), 100, (1, 2), (100, 400)),
    ],
)
def test_size_aspect_and_content(scene, ext, resolution, percentage, aspect, expected):
    """The shot's own framing, in square pixels."""
    target, motion, render = ext("blender.scene.picture"), ext("motion"), scene.render
    render.resolution_x, render.resolution_y = resolution
    render.resolution_percentage = percentage
    render.pixel_aspect_x, render.pixel_aspect_y = aspect
    picture = motion.decode_png(target.render_target(scene, "PREVIEW"))
    assert picture.shape == (expected[1], expected[0], 4) and picture[..., 3].min() >= 254
    assert picture[..., :3].std() > 5  # the cube before the grey


@pytest.mark.parametrize("own_view", [False, True])
def test_nothing_of_the_scene_changes(scene, ext, own_view):
    render = scene.render
    if own_view:
        render.image_settings.color_management = "OVERRIDE"
        view = render.image_settings.view_settings
        view.view_transform, view.gamma, view.use_curve_mapping = "Filmic", 1.5, True
        view.look = "High Contrast"
        if hasattr(view, "use_white_balance"):
            view.use_white_balance, view.white_balance_temperature = True, 4000
    if hasattr(render.image_settings, "media_type"):
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    render.use_border, render.border_min_x, render.film_transparent = True, 0.4, True
    render.filepath = "//shots/####"
    scene.display.shading.light = "MATCAP"
    scene.view_settings.exposure = 1.5
    scene.frame_set(5, subframe=0.5)
    before = _settings(scene)
    assert len(before) > 150
    for engine in ("PREVIEW", "SCENE"):
        render.engine = before["render.engine"] = "BLENDER_WORKBENCH"
        ext("blender.scene.picture").render_target(scene, engine)
        assert _settings(scene) == before


@pytest.mark.parametrize("engine", ["PREVIEW", "SCENE"])
def test_what_the_scene_is_set_up_for_does_not_show(small, ext, engine):
    """Half a region, stamped, in stereo, numbered, as a movie: still the whole picture."""
    target, motion, render = ext("blender.scene.picture"), ext("motion"), small.render
    plain = motion.decode_png(target.render_target(small, engine))
    assert plain[2, 2].min() > 30  # the world's grey
    render.use_border, render.border_max_x, render.use_crop_to_border = True, 0.5, True
    render.use_stamp, render.use_multiview, render.use_file_extension = True, True, False
    if hasattr(render.image_settings, "media_type"):
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    assert (motion.decode_png(target.render_target(small, engine)) == plain).all()


def test_nothing_changes_when_there_is_no_camera_or_no_engine(scene, ext):
    target = ext("blender.scene.picture")
    before = _settings(scene)
    bpy.data.objects.remove(scene.camera)
    with pytest.raises(target.TargetError, match="no camera"):
        target.render_target(scene)
    assert _settings(scene) == before


@pytest.mark.parametrize("view", ["AgX", "Filmic", "Standard"])
def test_the_preview_shows_colors_as_they_are_set(scene, ext, view):
    """A material of linear 0.5, 0.2, 0.05 is as bright as that light, whatever the scene's view."""
    colors = []
    for name in ("Standard", view):
        scene.view_settings.view_transform = name
        scene.view_settings.exposure = 1.0
        data = ext("blender.scene.picture").render_target(scene, "PREVIEW")
        colors.append(ext("motion").decode_png(data))
    assert (colors[0] == colors[1]).all()


def test_the_scene_and_not_its_strips_is_rendered(scene, ext, tmp_path):
    motion, target = ext("motion"), ext("blender.scene.picture")
    plain = target.render_target(scene, "PREVIEW")
    red = np.full((64, 64, 3), (255, 0, 0), np.uint8)
    (tmp_path / "0001.png").write_bytes(motion.encode_png(red))
    ext("blender.sequencer.strip").add_picture_strip(scene, tmp_path, ["0001.png"], 1, 50, "Red")
    again = target.render_target(scene, "PREVIEW")
    assert (motion.decode_png(again) == motion.decode_png(plain)).all()


def test_another_scene_than_the_current_one(scene, ext):
    motion, target = ext("motion"), ext("blender.scene.picture")
    empty = bpy.data.scenes.new("Empty")
    empty.camera = scene.camera
    empty.collection.objects.link(scene.camera)
    picture = motion.decode_png(target.render_target(empty, "PREVIEW"))[..., :3]
    shown = motion.decode_png(target.render_target(scene, "PREVIEW"))[..., :3]
    assert picture.std() < 1 < shown.std()
    assert bpy.context.scene == scene


WITHOUT_GPU = """
import os, sys
import bpy, addon_utils, importlib
bpy.context.preferences.extensions.repos.new(
    name="MTI Dev", module="mti_dev", custom_directory=sys.argv[1])
addon_utils.enable("bl_ext.mti_dev.mti", default_set=True)
target = importlib.import_module("bl_ext.mti_dev.mti.mti_addon.blender.scene.picture")
works = target.workbench_works()
bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = 64
data = target.render_target(bpy.context.scene, "PREVIEW")
try:
    target.render_target(bpy.context.scene)
except target.TargetError as error:
    print("refused", error.problem.message, flush=True)
print("probe", works, data[:4], bpy.context.scene.render.engine, flush=True)
addon_utils.disable("bl_ext.mti_dev.mti", default_set=True)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="hides the GPU the Linux way")
def test_cycles_renders_where_the_gpu_path_aborts(staged, tmp_path):
    """No OpenGL driver can be found: Workbench would abort the process, and is not tried in it."""
    hidden = {"__EGL_VENDOR_LIBRARY_DIRS": str(tmp_path), "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    environment = os.environ | hidden | {"BLENDER_USER_RESOURCES": str(tmp_path / "user")}
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_GPU, str(staged.parent)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    lines = [line for line in result.stdout.splitlines() if line.startswith("probe")]
    assert lines, result.stderr[-2000:]
    assert lines[0].startswith("probe False b'\\x89PNG'") and "EEVEE" in lines[0]
    assert "needs OpenGL, which does not work here" in result.stdout
    assert result.returncode == 0


def _write(path: Path, picture, ext) -> Path:
    path.write_bytes(ext("motion").encode_png(picture.astype(np.uint8)))
    return path


def test_a_picture_of_odd_size_with_alpha_arrives_unchanged(scene, ext, tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (37, 53, 4))
    picture[:10, :, 3] = 255
    file = _write(tmp_path / "odd.png", picture, ext)
    back = ext("blender.scene.picture").read_target(file)
    assert back.shape == (37, 53, 4)
    assert (back[..., 3] == picture[..., 3]).all()
    assert (back == picture)[picture[..., 3] > 0].all()


def test_a_plain_picture_is_rgb_and_exact_under_agx(scene, ext, tmp_path):
    scene.view_settings.view_transform = "AgX"
    picture = np.random.default_rng(1).integers(0, 255, (31, 64, 3))
    before = _settings(scene)
    images, scenes = len(bpy.data.images), len(bpy.data.scenes)
    file = _write(tmp_path / "a.png", picture, ext)
    back = ext("blender.scene.picture").read_target(file)
    assert back.shape == picture.shape and (back == picture).all()
    assert _settings(scene) == before
    assert (len(bpy.data.images), len(bpy.data.scenes)) == (images, scenes)


@pytest.mark.parametrize("content", [None, b"", b"no image", b"\x89PNG\r\n\x1a\nbroken"])
def test_what_is_no_picture(scene, ext, tmp_path, content, monkeypatch):
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    file = tmp_path / "target.png"
    if content is not None:
        file.write_bytes(content)
    target = ext("blender.scene.picture")
    with pytest.raises(target.TargetError, match="missing" if content is None else "not an image"):
        target.read_target(file)
    assert not list((tmp_path / "temp").iterdir())
