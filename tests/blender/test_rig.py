"""The starter stick figure: usual names, facing the camera, an editable wave."""

from __future__ import annotations

import math

import bpy
import pytest
from mathutils import Vector


def _curves(ob):
    """The curves of an object's action on every Blender version."""
    data = ob.animation_data
    if hasattr(data.action, "layers"):
        bag = data.action.layers[0].strips[0].channelbag(data.action_slot)
        return list(bag.fcurves)
    return list(data.action.fcurves)


def test_bones_have_the_usual_names_and_parents(figure):
    bones = figure.data.bones
    assert {"hips", "spine", "chest", "neck", "head"} <= set(bones.keys())
    for side in ("L", "R"):
        for name in ("upper_arm", "forearm", "hand", "thigh", "shin", "foot"):
            assert f"{name}.{side}" in bones
        assert bones[f"forearm.{side}"].parent == bones[f"upper_arm.{side}"]
        assert bones[f"forearm.{side}"].use_connect
    assert bones["upper_arm.L"].head_local.x > 0 > bones["upper_arm.R"].head_local.x
    assert [bone.name for bone in bones if bone.parent is None] == ["hips"]


@pytest.mark.parametrize("degrees", [0, 60, 180, -120])
def test_it_stands_at_the_cursor_and_faces_the_camera(scene, degrees):
    cursor = scene.cursor.location = Vector((1, 2, 0.5))
    turn = math.radians(degrees)
    scene.camera.location = cursor + Vector((5 * math.sin(turn), -5 * math.cos(turn), 2))
    bpy.context.view_layer.update()
    bpy.ops.mti.add_stick_figure(wave=False)
    figure = bpy.context.object
    front = figure.matrix_world.to_3x3() @ Vector((0, -1, 0))
    to_camera = (scene.camera.location - cursor).to_2d().normalized()
    assert front.to_2d().normalized().dot(to_camera) > 0.9999
    assert (figure.matrix_world.translation - cursor).length < 1e-5
    assert figure.animation_data is None or figure.animation_data.action is None


def test_the_wave_is_an_editable_action(figure, scene):
    action = figure.animation_data.action
    assert action.name.startswith("Wave")
    curves = _curves(figure)
    keyed = {curve.data_path.split('"')[1] for curve in curves}
    assert keyed == {"upper_arm.R", "forearm.R", "head"}
    assert all(2 <= len(curve.keyframe_points) <= 8 for curve in curves)
    assert max(point.co.x for curve in curves for point in curve.keyframe_points) <= 48
    scene.frame_set(30)
    before = figure.pose.bones["hand.R"].tail.copy()
    for curve in curves:
        if "upper_arm.R" in curve.data_path and curve.array_index == 2:
            for point in curve.keyframe_points:
                point.co.y *= 0.5
            curve.update()
    scene.frame_set(29)
    scene.frame_set(30)
    assert (figure.pose.bones["hand.R"].tail - before).length > 0.2


def test_the_right_hand_goes_up_and_the_rest_stays(figure, scene):
    heights, left = [], []
    for frame in (1, 15, 30, 48):
        scene.frame_set(frame)
        heights.append(figure.pose.bones["hand.R"].tail.z)
        left.append(figure.pose.bones["hand.L"].tail.copy())
    assert heights[0] < 0.8 and min(heights[1:]) > 1.4
    assert all((place - left[0]).length < 1e-5 for place in left)
    assert figure.pose.bones["hand.R"].tail.x < -0.3  # outwards, not across the body


def test_only_the_capture_range_changes(scene):
    scene.frame_set(12)
    names = ("frame_start", "frame_end", "frame_current", "use_preview_range")
    before = {name: getattr(scene, name) for name in names}
    cube = scene.objects["Cube"].matrix_world.copy()
    bpy.ops.mti.add_stick_figure()
    assert {name: getattr(scene, name) for name in names} == before
    assert scene.objects["Cube"].matrix_world == cube
    mti = scene.mti
    assert (mti.use_scene_range, mti.frame_start, mti.frame_end) == (False, 1, 48)


def test_it_lasts_two_seconds_at_any_frame_rate(scene):
    scene.render.fps = 60
    scene.frame_start = 101
    bpy.ops.mti.add_stick_figure()
    assert (scene.mti.frame_start, scene.mti.frame_end) == (101, 220)


def test_two_figures_and_one_from_pose_mode(figure):
    bpy.ops.object.mode_set(mode="POSE")
    assert bpy.ops.mti.add_stick_figure() == {"FINISHED"}
    second = bpy.context.object
    assert second != figure and second.data != figure.data
    assert figure.animation_data.action != second.animation_data.action
