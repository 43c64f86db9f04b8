"""A fresh render sends what F12 shows, however the scene is set up, and loses nothing by it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

WIDTH, HEIGHT = 96, 54
NEW = bpy.app.version >= (5, 0)


def compositor(scene):
    """A new compositor tree: (tree, the node that ends it)."""
    if NEW:
        tree = bpy.data.node_groups.new("Compositing", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        scene.compositing_node_group = tree
        return tree, tree.nodes.new("NodeGroupOutput")
    scene.use_nodes = True
    scene.node_tree.nodes.clear()
    return scene.node_tree, scene.node_tree.nodes.new("CompositorNodeComposite")


def inverted(scene):
    tree, end = compositor(scene)
    layers, invert = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("CompositorNodeInvert")
    tree.links.new(layers.outputs["Image"], invert.inputs["Color"])
    tree.links.new(invert.outputs[0], end.inputs[0])
    return tree, layers


def compositing_off(scene):
    inverted(scene)
    scene.render.use_compositing = False


def transparent(scene):
    scene.render.film_transparent = True


def over_another_layer(scene):
    """The character alone in a layer without a background, laid over the floor's."""
    scene.render.film_transparent = True
    collection = bpy.data.collections.new("Character")
    scene.collection.children.link(collection)
    cube = bpy.data.objects["Cube"]
    for each in list(cube.users_collection):
        each.objects.unlink(cube)
    collection.objects.link(cube)
    front = scene.view_layers.new("Front")
    scene.view_layers[0].layer_collection.children["Character"].exclude = True
    for child in front.layer_collection.children:
        child.exclude = child.name != "Character"
    tree, end = compositor(scene)
    below, above = (tree.nodes.new("CompositorNodeRLayers") for _ in range(2))
    below.layer, above.layer = scene.view_layers[0].name, "Front"
    over = tree.nodes.new("CompositorNodeAlphaOver")
    images = [each for each in over.inputs if each.type == "RGBA"]
    tree.links.new(below.outputs["Image"], images[0])
    tree.links.new(above.outputs["Image"], images[1])
    tree.links.new(over.outputs[0], end.inputs[0])


def holdout(scene):
    bpy.data.objects["Cube"].is_holdout = True
    scene.render.film_transparent = True


def half(scene):
    scene.render.resolution_percentage = 50


def exposed(scene):
    view = scene.view_settings
    view.exposure, view.gamma, view.look = 0.7, 1.2, "AgX - Punchy"
    view.use_curve_mapping = True
    view.curve_mapping.curves[3].points[1].location = (0.6, 1.0)
    view.curve_mapping.update()


def filmic(scene):
    scene.view_settings.view_transform = "Filmic"


def lined(scene):
    scene.render.use_freestyle = True


def mattes(scene):
    scene.view_layers[0].use_pass_cryptomatte_object = True
    inverted(scene)


def simplified(scene):
    scene.render.use_simplify, scene.render.simplify_subdivision_render = True, 0
    bpy.data.objects["Cube"].modifiers.new("Smooth", "SUBSURF").render_levels = 2


def sound_only(scene):
    """The sequencer is on, as it is by default, and has a muted strip."""
    strips = scene.sequence_editor_create().strips
    length = {"length": 10} if NEW else {"frame_end": 11}
    strip = strips.new_effect(name="c", type="COLOR", channel=1, frame_start=1, **length)
    strip.mute = True


def workbench(scene):
    scene.render.engine = "BLENDER_WORKBENCH"


def shallow(scene):
    scene.camera.data.dof.use_dof, scene.camera.data.dof.aperture_fstop = True, 0.5
    scene.render.use_motion_blur = True
    bpy.data.objects["Cube"].keyframe_insert("location", frame=1)
    bpy.data.objects["Cube"].location.x = 3
    bpy.data.objects["Cube"].keyframe_insert("location", frame=5)
    scene.frame_set(3)


def between_frames(scene):
    shallow(scene)
    scene.frame_set(2, subframe=0.5)


def orthographic(scene):
    scene.camera.data.type, scene.camera.data.ortho_scale = "ORTHO", 6
    scene.camera.data.shift_x = 0.2


def wide(scene):
    scene.render.resolution_x, scene.render.resolution_y = 200, 40


SAME = [
    lambda scene: None, inverted, compositing_off, transparent, over_another_layer, holdout, half,
    exposed, filmic, lined, mattes, simplified, sound_only, workbench, shallow,
    between_frames, orthographic, wide,
]  # fmt: skip


@pytest.mark.parametrize("set_up", SAME, ids=lambda set_up: set_up.__name__)
def test_what_f12_shows_is_sent(shot, f12, sent, ext, set_up):
    set_up(shot)
    shown = ext("blender.scene.images").opaque(f12(shot))
    picture, warnings = sent()
    assert picture.shape[:2] == shown.shape[:2]
    if shown.shape[2] == 3:
        picture = picture[..., :3]
    assert np.abs(picture.astype(int) - shown).max() <= 1
    assert warnings == () and shown[..., :3].std() > 2


def test_what_is_looked_at_is_sent_and_not_what_is_written(shot, f12, sent):
    """The files of a render are to be in another view."""
    shot.view_settings.exposure = 0.5
    shown = f12(shot)
    image = shot.render.image_settings
    image.color_management = "OVERRIDE"
    own = image.view_settings
    own.view_transform, own.gamma, own.use_curve_mapping = "Standard", 2.0, True
    own.curve_mapping.curves[3].points[1].location = (0.6, 1.0)
    picture, warnings = sent()
    assert np.abs(picture.astype(int) - shown).max() <= 1 and warnings == ()
    assert (own.view_transform, own.gamma, own.use_curve_mapping) == ("Standard", 2.0, True)
    assert own.curve_mapping.curves[3].points[1].location[0] == pytest.approx(0.6)
    shot.view_settings.use_curve_mapping = True
    assert "the curves of the scene's color management are ignored" in sent()[1]


def bordered(scene):
    scene.render.use_border, scene.render.border_max_x = True, 0.5


def cropped_border(scene):
    bordered(scene)
    scene.render.use_crop_to_border = True


def stamped(scene):
    scene.render.use_stamp = True


def stereo(scene):
    scene.render.use_multiview = True


@pytest.mark.parametrize("set_up", [bordered, cropped_border, stamped, stereo])
def test_the_whole_picture_is_sent_and_nothing_is_written_into_it(shot, f12, sent, set_up):
    whole = f12(shot)
    set_up(shot)
    picture, _ = sent()
    assert np.abs(picture.astype(int) - whole).max() <= 1


def test_wide_pixels_become_square_ones_of_the_same_framing(shot, f12, sent):
    shot.render.resolution_x, shot.render.pixel_aspect_x = WIDTH // 2, 2.0
    picture, _ = sent()
    shot.render.resolution_x, shot.render.pixel_aspect_x = WIDTH, 1.0
    assert np.abs(picture.astype(int) - f12(shot)).max() <= 1


@pytest.mark.parametrize("device", ["Display P3", "Rec.1886", "Rec.2020", "Rec.2100-PQ"])
def test_the_colors_are_an_srgb_monitor_s_whatever_the_animator_has(shot, f12, sent, device):
    shot.view_settings.look = "AgX - Punchy"
    wanted = f12(shot)
    try:
        shot.display_settings.display_device = device
    except TypeError:
        assert not NEW and device == "Rec.2100-PQ"  # new in 5.0
        return
    shot.view_settings.look = "AgX - Punchy"
    before = (device, shot.view_settings.view_transform, shot.view_settings.look)
    picture, warnings = sent()
    assert np.abs(picture.astype(int) - wanted).max() <= 1 and warnings == ()
    view = shot.view_settings
    assert (shot.display_settings.display_device, view.view_transform, view.look) == before


@pytest.mark.parametrize("device", ["sRGB", "Display P3", "Rec.1886"])
@pytest.mark.parametrize("target", ["IMAGE", "DATABLOCK", "RESULT"])
def test_pictures_and_the_last_render_too(shot, f12, sent, ext, tmp_path, target, device):
    color = np.full((18, 32, 3), (200, 30, 20), np.uint8)
    color[:, 16:] = (20, 60, 210)
    path = tmp_path / "two.png"
    path.write_bytes(ext("motion").encode_png(color))
    wanted = color if target != "RESULT" else f12(shot)
    shot.display_settings.display_device = device
    shot.mti.target, shot.mti.target_image = target, str(path)
    shot.mti.target_datablock = bpy.data.images.load(str(path))
    picture, _ = sent()
    assert np.abs(picture.astype(int) - wanted).max() <= (1 if target == "RESULT" else 0)


@pytest.mark.parametrize("device", ["sRGB", "Display P3", "Rec.2020"])
@pytest.mark.parametrize("target", ["STRIP", "FRAME"])
def test_strips_too(shot, ext, tmp_path, target, device):
    two = np.full((HEIGHT, WIDTH, 3), (200, 30, 20), np.uint8)
    two[:, WIDTH // 2 :] = (20, 60, 210)
    path = tmp_path / "two.png"
    path.write_bytes(ext("motion").encode_png(two))
    editor = shot.sequence_editor_create()
    editor.active_strip = editor.strips.new_image(
        name="two", filepath=str(path), channel=1, frame_start=1
    )
    shot.display_settings.display_device, shot.mti.target = device, target
    shot.mti.fit = "CROP"
    made = ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    picture = ext("motion").decode_png(made.png).astype(int)
    assert np.abs(picture[27, 5, :3] - two[27, 0]).max() <= 1
    assert np.abs(picture[27, -5, :3] - two[27, -1]).max() <= 1


def test_an_image_of_another_color_space_is_sent_as_it_looks(shot, sent, ext, tmp_path):
    """Linear 0.5, 0.2, 0.05 is sRGB 188, 124, 63, from 8 bits, from floats, from 16 bits."""
    linear = np.zeros((18, 32, 4), np.float32)
    linear[:] = (0.5, 0.2, 0.05, 1)
    linear[:, :3, :3] = 0
    image = bpy.data.images.new("light", 32, 18, float_buffer=True)
    image.pixels.foreach_set(linear.ravel())
    shot.mti.target, shot.mti.target_datablock = "DATABLOCK", image
    for wanted in (0, 1):
        picture, _ = sent()
        assert np.abs(picture[9, 16, :3].astype(int) - (188, 124, 63)).max() <= wanted + 1
        eight = np.rint(linear[..., :3] * 255).astype(np.uint8)
        (tmp_path / "l.png").write_bytes(ext("motion").encode_png(eight))
        image = bpy.data.images.load(str(tmp_path / "l.png"))
        image.colorspace_settings.name = "Linear Rec.709"
        shot.mti.target_datablock = image


def test_nodes_that_write_files_write_none(shot, sent, tmp_path):
    tree, layers = inverted(shot)
    inner = bpy.data.node_groups.new("Inner", "CompositorNodeTree")
    group = tree.nodes.new("CompositorNodeGroup")
    group.node_tree = inner
    source = "CompositorNodeRLayers" if NEW else "CompositorNodeRGB"  # in a group in 4.5
    outputs = []
    for owner, giver in ((tree, layers), (inner, inner.nodes.new(source))):
        node = owner.nodes.new("CompositorNodeOutputFile")
        if NEW:
            node.directory, node.format.media_type = str(tmp_path / "passes"), "IMAGE"
            node.file_output_items.new("RGBA", "Image")
        else:
            node.base_path = str(tmp_path / "passes")
        owner.links.new(giver.outputs[0], node.inputs[0])
        outputs.append(node)
    sent()
    assert not (tmp_path / "passes").exists()
    assert [node.mute for node in outputs] == [False, False]


def test_of_layers_that_nothing_joins_the_one_that_is_looked_at_is_sent(shot, f12, sent):
    over_another_layer(shot)
    shot.render.use_compositing = False
    window = bpy.context.window
    for name, others in (("Front", [shot.view_layers[0]]), ("ViewLayer", [shot.view_layers[1]])):
        window.view_layer = shot.view_layers[name]
        picture, warnings = sent()
        assert f"only the view layer {name} is sent" in warnings[0]
        for layer in others:
            layer.use = False
        assert np.abs(picture.astype(int) - f12(shot)).max() <= 1
        for layer in others:
            layer.use = True


def refusal(ext, context=None):
    with pytest.raises(ext("blender.scene.picture").TargetError) as caught:
        ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    return caught.value.problem.message


@pytest.mark.parametrize("engine", ["SCENE", "PREVIEW"])
@pytest.mark.parametrize("clear", [False, True])
def test_a_render_that_shows_nothing_is_refused(shot, ext, engine, clear):
    shot.mti.target_engine, shot.render.film_transparent = engine, clear
    for ob in shot.objects:
        ob.hide_render = True
    assert "is empty" in refusal(ext)


def test_without_a_layer_to_render_it_says_so(shot, ext):
    shot.view_layers[0].use = False
    assert "No view layer of the scene Scene is rendered" in refusal(ext)
    assert not bpy.ops.mti.show_target.poll()


def test_a_last_render_that_shows_nothing_is_refused(shot, ext):
    for ob in shot.objects:
        ob.hide_render = True
    bpy.ops.render.render()
    shot.mti.target = "RESULT"
    assert "is empty" in refusal(ext)


def test_a_picture_of_one_color_is_sent_and_told(shot, ext, tmp_path):
    path = tmp_path / "flat.png"
    path.write_bytes(ext("motion").encode_png(np.full((8, 8, 3), 90, np.uint8)))
    shot.mti.target, shot.mti.target_image = "IMAGE", str(path)
    made = ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    assert made.warnings == ("the target has one color",)


def test_strips_that_a_render_would_show_are_told(shot, sent):
    sound_only(shot)
    shot.sequence_editor.strips[0].mute = False
    assert "rendering it would show its strips" in sent()[1][0]


def test_a_picture_is_cropped_before_it_is_made_smaller(shot, ext, tmp_path):
    wide = np.zeros((30, 5000, 3), np.uint8)
    wide[:, ::2] = 200
    path = tmp_path / "panorama.png"
    path.write_bytes(ext("motion").encode_png(wide))
    shot.mti.target, shot.mti.target_image, shot.mti.fit = "IMAGE", str(path), "CROP"
    made = ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    assert ext("motion").decode_png(made.png).shape == (30, 30, 3)
    assert ext("motion").decode_png(made.whole).shape == (25, 4096, 3)
    shot.mti.fit = "PAD"
    made = ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    assert ext("motion").decode_png(made.png).shape == (2048, 2048, 3)


# What is the animator's


def look(tmp_path, ext, scene):
    """The picture that the Image Editor shows of the Render Result; None if there is none."""
    path = tmp_path / "look.png"
    path.unlink(missing_ok=True)
    try:
        bpy.data.images["Render Result"].save_render(str(path), scene=scene)
    except RuntimeError:
        return None
    return ext("blender.scene.images").read_png(path.read_bytes())


@pytest.mark.parametrize("engine", ["SCENE", "PREVIEW"])
def test_the_render_result_stays(shot, f12, sent, ext, tmp_path, engine):
    image, cube = bpy.data.images["Render Result"], bpy.data.objects["Cube"]
    shot.mti.target_engine = engine
    image.render_slots.active_index = 2
    cube.location.z = 2
    other = f12(shot)
    image.render_slots.active_index = 0
    cube.location.z = 0
    still = f12(shot)
    slots = []
    for looked_at in (0, 2, 0):  # also an older one than the last
        image.render_slots.active_index = looked_at
        cube.location.z = -1
        sent()
        assert image.render_slots.active_index == looked_at
        slots.append(len(image.render_slots))
        for index, picture in ((0, still), (2, other)):
            image.render_slots.active_index = index
            assert (look(tmp_path, ext, shot) == picture).all()
    assert slots[0] == slots[-1] <= 9


def test_the_render_result_stays_when_another_scene_is_rendered(shot, f12, sent, ext, tmp_path):
    image = bpy.data.images["Render Result"]
    image.render_slots.active_index = 1
    older = f12(shot)
    image.render_slots.active_index = 0
    bpy.data.objects["Cube"].location.z = 1
    still = f12(shot)
    other = bpy.data.scenes["Scene"].copy()
    try:
        shot.mti.target_scene = other
        for looked_at in (0, 1):
            image.render_slots.active_index = looked_at
            sent()
            assert image.render_slots.active_index == looked_at
            for index, picture in ((0, still), (1, older)):
                image.render_slots.active_index = index
                assert (look(tmp_path, ext, shot) == picture).all()
    finally:
        bpy.data.scenes.remove(other)


def test_the_engine_of_an_add_on_that_is_not_enabled_stays(shot, sent, ext):
    """It reads as EEVEE, and writing that back would lose it."""

    class Other(bpy.types.RenderEngine):
        bl_idname, bl_label = "OTHER", "Other"

    bpy.utils.register_class(Other)
    shot.render.engine = "OTHER"
    bpy.utils.unregister_class(Other)
    try:
        assert "EEVEE" in shot.render.engine  # so Blender says
        shot.mti.target_engine = "PREVIEW"
        sent()
        ext("blender.sketch.views").camera_pictures(shot, [1, 2], (64, 64))
    finally:
        bpy.utils.register_class(Other)
        kept = shot.render.engine
        shot.render.engine = "CYCLES"
        bpy.utils.unregister_class(Other)
    assert kept == "OTHER"


STUDIO = """
import importlib, json, os, sys
import bpy, addon_utils
import numpy as np
bpy.context.preferences.extensions.repos.new(
    name="MTI Dev", module="mti_dev", custom_directory=sys.argv[1])
addon_utils.enable("bl_ext.mti_dev.mti", default_set=True)
module = lambda name: importlib.import_module("bl_ext.mti_dev.mti.mti_addon." + name)
scene, sources = bpy.context.scene, module("blender.apply.sources")
render = scene.render
render.resolution_x, render.resolution_y, render.resolution_percentage = 64, 36, 100
render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
display = scene.display_settings
display.display_device = "sRGB - Display"
bpy.ops.render.render()
image, path = bpy.data.images["Render Result"], sys.argv[2] + "/f12.png"
render.image_settings.file_format = "PNG"
image.save_render(path, scene=scene)
wanted = {"RENDER": module("blender.scene.images").read_png(open(path, "rb").read())}
wanted["RESULT"] = wanted["RENDER"]
display.display_device = "P3 - Display"
color = np.zeros((8, 8, 3), np.uint8)
color[:4], color[4:] = (200, 30, 20), (20, 60, 210)
wanted["IMAGE"] = wanted["DATABLOCK"] = color
path = sys.argv[2] + "/color.png"
open(path, "wb").write(module("motion").encode_png(color))
props = scene.mti
props.target_image, props.target_datablock = path, bpy.data.images.load(path)
props.fit, found = "PAD", {}
for name, picture in wanted.items():
    props.target = name
    target = sources.make_target(bpy.context, (64, 64) if picture.shape[1] > 8 else (8, 8))
    made = module("motion").decode_png(target.png)
    top = (made.shape[0] - picture.shape[0]) // 2
    cut = made[top : top + picture.shape[0]].astype(int)
    found[name] = [int(np.abs(cut - picture[..., :3]).max()), list(target.warnings)]
editor = scene.sequence_editor_create()
editor.active_strip = editor.strips.new_image(
    name="two", filepath=path, channel=1, frame_start=1, fit_method="STRETCH")
for name in ("STRIP", "FRAME"):
    props.target = name
    made = module("motion").decode_png(sources.make_target(bpy.context, (64, 64)).png).astype(int)
    rows = made[[made.shape[0] // 4 + 1, made.shape[0] * 3 // 4 - 1], made.shape[1] // 2, :3]
    found[name] = [0 if abs(rows[0] - rows[1]).max() > 50 else 999, []]
for k in range(1, 9):
    moving = np.zeros((64, 64, 3), np.uint8)
    moving[20:40, 4 * k : 4 * k + 12] = 255
    open(f"{sys.argv[2]}/move_{k:02d}.png", "wb").write(module("motion").encode_png(moving))
props.source, props.file = "FILE", sys.argv[2] + "/move_01.png"
found["capture"] = [0 if bpy.ops.mti.capture() == {"FINISHED"} else 999, []]
props.target, props.target_engine = "RENDER", "PREVIEW"
made = module("motion").decode_png(sources.make_target(bpy.context, (64, 64)).png)
found["preview"] = [float(made.std()), [display.display_device, scene.view_settings.view_transform]]
print("found", json.dumps(found), flush=True)
addon_utils.disable("bl_ext.mti_dev.mti", default_set=True)
os._exit(0)
"""


def test_a_studio_s_own_color_configuration(staged, tmp_path):
    """Neither a display device sRGB nor a view Standard is there, and the monitor is a wide one."""
    user = {"BLENDER_USER_RESOURCES": str(tmp_path / "user")}
    config = {"OCIO": str(Path(__file__).with_name("studio.ocio"))}
    done = subprocess.run(
        [sys.executable, "-c", STUDIO, str(staged.parent), str(tmp_path)],
        env=os.environ | user | config,
        capture_output=True,
        text=True,
        timeout=240,
    )
    lines = [line[6:] for line in done.stdout.splitlines() if line.startswith("found ")]
    assert lines, done.stderr[-2000:]
    found = json.loads(lines[0])
    deviation, about = found.pop("preview")
    assert deviation > 3 and about == ["P3 - Display", "Film"]
    assert {name: value[0] for name, value in found.items() if value[0] > 1} == {}
    assert {name: value[1] for name, value in found.items() if value[1]} == {}
