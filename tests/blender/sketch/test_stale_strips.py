"""Captures of strips: marked when anything changes that the strip shows, and only then."""

from __future__ import annotations

import shutil
from pathlib import Path

import bpy
import pytest

from tests.blender.queue.following import curves_of
from tests.blender.sequencer.media_inputs import INPUTS, NEW_EFFECTS, handles, hide
from tests.blender.sketch import inputs

CHANGED = "Changed since capture: the captured source."


@pytest.fixture
def changed(stage, ext):
    """`changed(strip)`: what has changed since it was first asked."""
    scene, watch = stage.scene, ext("blender.sketch.changes")
    scene.mti.source = "STRIP"

    def ask(strip):
        stage.editor.active_strip = strip
        if not scene.mti.capture:
            scene.mti.capture = "0"
            bpy.context.view_layer.update()
            watch.captured(bpy.context)
        bpy.context.view_layer.update()
        return watch.changed_since_capture(bpy.context)

    return ask


@pytest.mark.parametrize("name", INPUTS)
def test_playing_changes_nothing(stage, changed, name):
    strip = INPUTS[name](stage)
    hide(name, strip)
    assert changed(strip) == ""
    for frame in (1, 7, 20):
        stage.scene.frame_set(frame)
        assert changed(strip) == "", frame
    stage.cover()
    assert changed(strip) == "", "it is captured alone"


@pytest.mark.parametrize("name", INPUTS)
def test_another_look_of_every_kind(stage, changed, name):
    strip = INPUTS[name](stage)
    assert changed(strip) == ""
    strip.use_flip_x = not strip.use_flip_x
    assert changed(strip) == CHANGED
    strip.use_flip_x = not strip.use_flip_x
    assert changed(strip) == ""


def test_what_it_does_not_show_is_no_change(stage, changed):
    strip = INPUTS["with_modifiers"](stage)
    strip.keyframe_insert("blend_alpha", frame=3)
    assert changed(strip) == ""
    strip.modifiers["brighter"].name = "lighter"
    strip.name, strip.channel, strip.mute, strip.lock = "other", 3, True, True
    strip.color_tag, strip.select, strip.use_proxy = "COLOR_01", False, True
    strip.blend_type = "MULTIPLY" if strip.blend_type != "REPLACE" else "REPLACE"
    assert changed(strip) == ""


def _a_key(stage):
    strip = INPUTS["a_keyed_pan"](stage)
    curve = curves_of(stage.scene)[0]
    yield strip
    curve.keyframe_points[-1].co.y += 30


def _a_driver(stage):
    strip = INPUTS["a_driven_opacity"](stage)
    yield strip
    stage.scene.animation_data.drivers[0].driver.expression = "0.5"


def _what_a_driver_reads(stage):
    strip = stage.movie()
    cube = inputs.key(stage.scene.objects["Cube"], "location", (1, (0, 0, 0)), (20, (1, 0, 0)))
    driver = strip.driver_add("blend_alpha").driver
    target = driver.variables.new().targets[0]
    target.id, target.data_path, driver.expression = cube, "location.x", "var"
    yield strip
    inputs.key(cube, "location", (20, (0.2, 0, 0)))


def _a_property_of_the_scene_that_a_driver_reads(stage):
    strip, scene = stage.movie(), stage.scene
    scene["fade"] = 0.3
    variable = strip.driver_add("blend_alpha").driver.variables.new()
    driver = scene.animation_data.drivers[0].driver
    variable.type, driver.expression = "SINGLE_PROP", variable.name
    variable.targets[0].id_type = "SCENE"
    variable.targets[0].id, variable.targets[0].data_path = scene, '["fade"]'
    yield strip
    scene["fade"] = 0.9


def _a_modifier(stage):
    strip = INPUTS["with_modifiers"](stage)
    yield strip
    strip.modifiers["brighter"].bright = 0.4


def _a_point_of_a_curve(stage):
    strip = INPUTS["with_modifiers"](stage)
    yield strip
    strip.modifiers["curves"].curve_mapping.curves[3].points[0].location = (0, 0.5)


def _a_new_modifier(stage):
    strip = stage.movie()
    yield strip
    strip.modifiers.new("white", "WHITE_BALANCE")


def _a_mask_of_a_modifier(stage):
    strip, mask = stage.movie(), stage.numbered()
    mask.channel = 2
    strip.modifiers.new("masked", "MASK").input_mask_strip = mask
    yield strip
    mask.use_flip_x = True


def _a_strip_in_a_meta_strip(stage):
    inner = stage.movie()
    yield stage.meta(inner)
    inner.use_flip_y = True


def _a_muted_strip_in_a_meta_strip(stage):
    inner, other = stage.movie(), stage.numbered()
    other.channel = 2
    yield stage.meta(inner, other)
    other.mute = True


def _a_muted_channel_in_a_meta_strip(stage):
    inner, other = stage.movie(), stage.numbered()
    other.channel = 2
    meta = stage.meta(inner, other)
    yield meta
    meta.channels[other.channel].mute = True


def _a_key_in_a_meta_strip(stage):
    inner = INPUTS["a_keyed_pan"](stage)
    yield stage.meta(inner)
    curves_of(stage.scene)[0].keyframe_points[-1].co.y += 30


def _the_meta_strip_that_it_is_in(stage):
    inner = stage.movie()
    meta = stage.meta(inner)
    yield inner
    meta.transform.rotation = 0.4


def _an_input_of_an_effect(stage):
    inner = stage.movie()
    yield stage.effect("GAUSSIAN_BLUR", 2, 1, 29, inner)
    inner.crop.min_x = 20


def _the_second_input_of_an_effect(stage):
    cross = INPUTS["a_cross_of_two"](stage)
    yield cross
    cross.input_2.transform.rotation = 0.9


def _a_setting_of_an_effect(stage):
    blur = INPUTS["a_blur"](stage)
    yield blur
    blur.size_x = 30


def _the_angle_of_a_wipe(stage):
    one, other = stage.movie(), stage.numbered()
    other.channel = 2
    wipe = stage.effect("WIPE", 3, 1, 29, one, other)
    yield wipe
    wipe.angle += 0.5


def _what_is_below_an_adjustment(stage):
    layer = INPUTS["an_adjustment_of_what_is_below"](stage)
    yield layer
    stage.strips["movie"].color_multiply = 0.2


def _a_new_strip_below_an_adjustment(stage):
    layer = INPUTS["an_adjustment_of_what_is_below"](stage)
    yield layer
    stage.effect("COLOR", 2, 1, 20)


def _the_channel_of_a_multicam(stage):
    camera = INPUTS["a_multicam"](stage)
    yield camera
    camera.multicam_source = 2


def _the_words_of_a_text(stage):
    text = INPUTS["a_text_that_moves"](stage)
    yield text
    text.text = "other"


def _a_strip_of_another_scene(stage):
    strip = INPUTS["a_scene_strip"](stage)
    yield strip
    strip.scene.sequence_editor.strips[0].use_flip_x = True


def _a_key_in_another_scene(stage):
    strip = INPUTS["a_scene_strip"](stage)
    inner = strip.scene.sequence_editor.strips[0]
    for frame, x in ((1, -40), (28, 40)):
        inner.transform.offset_x = x
        inner.transform.keyframe_insert("offset_x", frame=frame)
    yield strip
    curves_of(strip.scene)[0].keyframe_points[-1].co.y += 30


def _a_thing_in_another_scene(stage):
    inner = bpy.data.scenes.new("Inner")
    thing = bpy.data.objects.new("Thing", stage.scene.objects["Cube"].data)
    inner.collection.objects.link(thing)
    inner.collection.objects.link(stage.scene.camera)
    inner.camera = stage.scene.camera
    yield stage.strips.new_scene(name="scene", scene=inner, channel=1, frame_start=1)
    thing.location.x = 2


def _the_camera_of_another_scene(stage):
    strip = next(_a_thing_in_another_scene(stage))
    yield strip
    strip.scene.camera.location.z += 1


def _a_movie_clip(stage):
    file = stage.folder / "clip.mp4"
    shutil.copy(stage.media / "m12.mp4", file)
    clip = bpy.data.movieclips.load(str(file))
    yield stage.strips.new_clip(name="clip", clip=clip, channel=1, frame_start=1)
    shutil.copy(stage.media / "m60.mp4", file)


def _a_cut(stage):
    strip = stage.movie()
    yield strip
    handles(strip, end=20)


def _another_image(stage):
    strip = stage.numbered()
    yield strip
    strip.elements[4].filename = "m12_0001.png"


def _an_image_that_is_written_anew(stage):
    names = [shutil.copy(stage.media / f"m12_{i + 1:04d}.png", stage.folder) for i in range(20)]
    yield stage.images(*names)
    shutil.copy(stage.media / "m12_0028.png", names[11])


def _an_image_in_a_meta_strip_that_is_gone(stage):
    names = [shutil.copy(stage.media / f"m12_{i + 1:04d}.png", stage.folder) for i in range(20)]
    yield stage.meta(stage.images(*names))
    Path(names[3]).unlink()


def _the_size_of_the_frame(stage):
    yield stage.movie()
    stage.scene.render.resolution_x *= 2


def _the_color_space(stage):
    strip = stage.movie()
    yield strip
    strip.colorspace_settings.name = "Linear Rec.709"


def _a_retiming_key(stage):
    strip = INPUTS["slowed_by_retiming"](stage)
    yield strip
    strip.retiming_keys[1].timeline_frame = 20


def _the_tree_of_a_compositor_modifier(stage):
    strip = stage.movie()
    if NEW_EFFECTS:
        tree = bpy.data.node_groups.new("Tree", "CompositorNodeTree")
        blur = tree.nodes.new("CompositorNodeBlur")
        strip.modifiers.new("nodes", "COMPOSITOR").node_group = tree
    yield strip
    if NEW_EFFECTS:
        blur.inputs["Size"].default_value = (5, 5)
    else:
        strip.strobe = 2


CHANGES = {name[1:]: made for name, made in list(globals().items())
           if name.startswith(("_a", "_the", "_what"))}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_each_kind(stage, changed, name):
    steps = CHANGES[name](stage)
    strip = next(steps)
    assert changed(strip) == ""
    stage.scene.frame_set(9)
    assert changed(strip) == "", "the playhead alone is no change"
    assert next(steps, None) is None
    assert changed(strip) in (CHANGED, "Changed since capture: different frames.")


def test_scenes_that_show_each_other(stage, changed):
    """As far as Blender lets them."""
    one, other = bpy.data.scenes.new("One"), bpy.data.scenes.new("Other")
    for scene, shown in ((one, other), (other, one)):
        strips = scene.sequence_editor_create().strips
        strips.new_scene(
            name="scene", scene=shown, channel=1, frame_start=1
        ).scene_input = "SEQUENCER"
    strip = stage.strips.new_scene(name="scene", scene=one, channel=1, frame_start=1)
    strip.scene_input = "SEQUENCER"
    assert changed(strip) == ""
    other.sequence_editor.strips[0].use_flip_x = True
    assert changed(strip) == CHANGED
