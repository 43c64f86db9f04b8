"""Scenes as other people build them (inputs.py): the frames that are found, and what is captured.

The truth is how each scene was made, and, as a check of that, where Blender itself shows a change
when all frames are played.
"""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest

from tests.blender.sketch import inputs

SLACK = 2
"""Frames at either end in which what has begun or has not ended yet is too slow to be seen."""


@pytest.fixture
def level(scene):
    """The factory scene with a level camera before the origin."""
    scene.camera.location, scene.camera.rotation_euler = (0, -7, 1), (math.pi / 2, 0, 0)
    handlers = list(bpy.app.handlers.frame_change_pre)
    yield scene
    bpy.app.handlers.frame_change_pre[:] = handlers


def _pictures(ext, capture):
    return np.stack([ext("motion").decode_png(p.read_bytes()) for p in capture.pictures()])


def _captured(scene, ext):
    folder = ext("blender.common.addon").captures_folder()
    return ext("workflow.captures").load_capture(folder, scene.mti.capture)


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize("name", inputs.INPUTS)
def test_what_moves_is_captured_while_it_moves(level, ext, name):
    expected = inputs.INPUTS[name](level)
    bpy.context.view_layer.update()
    level.mti.source = expected.source
    if expected.span is None:
        with pytest.raises(RuntimeError, match=expected.says):
            bpy.ops.mti.capture()
        assert level.mti.capture == ""
        return
    assert bpy.ops.mti.capture() == {"FINISHED"}
    capture = _captured(level, ext)
    info, notes = capture.about.info, " ".join(capture.about.notes)
    found = info.frame_start, info.frame_end
    assert max(abs(a - b) for a, b in zip(found, expected.span, strict=True)) <= SLACK, found
    assert expected.says in notes and "has no keys" not in notes
    assert "only moves until" not in notes
    if not expected.says:
        pictures = _pictures(ext, capture)
        assert ext("motion.checks").longest_still(pictures) <= 3, notes
        if expected.person:
            _is_a_person(ext, capture, pictures)


def _is_a_person(ext, capture, pictures):
    """The colours of the six parts are all there, and none hides the others."""
    palette = ext("motion.drawing.raster").PALETTE
    share = {}
    for part, color in palette.items():
        near = np.abs(pictures[0].astype(int) - color).max(-1) < 24
        share[part] = near.sum()
    assert min(share[part] for part in palette if part != "ground") >= 3, share
    assert share["torso"] < 2.5 * (share["left_leg"] + share["right_leg"]), share
    assert 0.5 < share["left_leg"] / share["right_leg"] < 2, share
    poses = capture.poses()
    assert poses.parts.count("head") == 1 and poses.parents.count(-1) == 1


@pytest.mark.parametrize(
    "name",
    [
        "a_mixamo_figure_from_fbx",
        "a_gltf_figure_with_metre_long_tails",
        "an_unreal_figure_with_its_root",
        "a_figure_of_mikumikudance",
        "a_figure_of_numbered_bones",
        "a_figure_of_numbered_bones_from_fbx",
    ],
)
def test_the_same_person_looks_the_same_in_every_rig(level, ext, name):
    """As the starter figure with the same joints does, but for where hands, feet and head end."""
    first = []
    for build in (inputs.INPUTS[name], lambda scene: inputs.swing(inputs.person(), "upper_arm.R")):
        build(level)
        bpy.context.view_layer.update()
        assert bpy.ops.mti.capture() == {"FINISHED"}
        first.append(_pictures(ext, _captured(level, ext)).astype(int))
    apart = np.abs(first[0] - first[1]).max(-1) > 60
    drawn = np.abs(first[1] - first[1][0, 0, 0]).max(-1) > 30
    assert apart.sum() < 0.2 * drawn.sum()


def test_a_simulation_of_nodes_is_as_fast_as_when_it_is_played(level, ext):
    """0.1 m a frame; the camera that looks on sees the same."""
    inputs.INPUTS["a_simulation_of_nodes"](level)
    bpy.context.view_layer.update()
    level.mti.source = "OBJECT"
    level.camera.location.y = -12
    shot = ext("blender.sketch.reference").take_shot(bpy.context, 14, (64, 64))
    way = shot.poses.joints[:, 0, 0] - shot.poses.joints[0, 0, 0]
    assert np.allclose(way, 0.05 * np.linspace(0, 23, 14), atol=0.02)  # its scale is 0.5


@pytest.mark.parametrize("baked", [True, False], ids=["baked", "played"])
def test_a_fall_that_is_kept_is_captured_as_it_fell(level, ext, baked):
    """Two metres in 15.7 frames; the rest of the sixty, in which it lies, is left out."""
    thing = inputs.falling()
    cache = level.rigidbody_world.point_cache
    cache.frame_end = 60
    if baked:
        with bpy.context.temp_override(point_cache=cache):
            bpy.ops.ptcache.bake(bake=True)
    else:
        for frame in range(1, 61):
            level.frame_set(frame)
    inputs.active(thing)
    level.mti.source = "OBJECT"
    shot = ext("blender.sketch.reference").take_shot(bpy.context, 14, (64, 64))
    assert shot.span[0] == 1 and 15 <= shot.span[1] <= 40
    height = shot.poses.joints[:, :, 2].min(1)
    seconds = np.linspace(0, (shot.span[1] - 1) / 24, 14)
    falls = seconds < 0.6
    assert np.allclose(height[falls], 2.1 - 9.81 / 2 * seconds[falls] ** 2, atol=0.12)
    level.mti.frame_range_mode, level.mti.frame_start, level.mti.frame_end = "CUSTOM", 1, 12
    assert bpy.ops.mti.capture() == {"FINISHED"}
