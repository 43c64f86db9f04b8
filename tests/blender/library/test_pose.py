"""A motion of the library on a figure of the scene."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from tests.blender.library.shelving import FIGURES, add_figure, level
from tests.blender.queue.following import curves_of

COUNT = 14


@pytest.fixture
def recorded(ext):
    """recorded(kind, name) -> a starter's poses and where they were captured, in a new file."""

    def recorded(kind, name):
        bpy.ops.wm.read_homefile(use_factory_startup=True)
        level(bpy.context.scene)
        add_figure(kind, name)
        span = ext("blender.sketch.sources").frame_span(bpy.context)
        poses = ext("blender.sketch.capture").poses_from_scene(
            bpy.context, "ARMATURE", *span, COUNT, (64, 64)
        )
        bpy.ops.wm.read_homefile(use_factory_startup=True)
        level(bpy.context.scene)
        return poses, ext("wire").CaptureInfo(24.0, *span, (1920, 1080), False)

    return recorded


@pytest.fixture
def put(ext):
    """put(figure, poses, capture) -> its frames after the motion was keyed onto it."""
    pose = ext("blender.library.keying.pose")
    return lambda figure, poses, capture: pose.pose_on(bpy.context, figure, "New", poses, capture)


def directions(ext, figure, span):
    """The unit vector along each bone in the figure's own space (F, B, 3)."""
    poses = ext("blender.sketch.capture").poses_from_scene(
        bpy.context, "ARMATURE", span.start, span.end, COUNT, (64, 64)
    )
    return along(poses, figure.matrix_world)


def along(poses, place):
    ways = (poses.joints[:, 1::3] - poses.joints[:, 0::3]) @ np.array(place.to_3x3())
    return ways / np.linalg.norm(ways, axis=2, keepdims=True)


@pytest.mark.parametrize("mode", ["XYZ", "ZYX", "QUATERNION", "AXIS_ANGLE"])
@pytest.mark.parametrize(
    ("kind", "name"),
    [("STICK", "WALK"), ("STICK", "TURN_AROUND"), ("QUADRUPED", "TROT"), ("FACE", "SMILE")],
)
def test_it_moves_like_the_one_that_was_captured(scene, ext, recorded, put, kind, name, mode):
    """From the current frame on, where it stands, turned as it is."""
    poses, capture = recorded(kind, name)
    wanted = along(poses, Matrix(ext("motion.keying.figures").figure_of(poses).matrix.tolist()))
    scene = bpy.context.scene
    scene.cursor.location = (1, 2, 0)
    figure = add_figure(kind, "NONE")
    figure.rotation_euler.z += 1
    for bone in figure.pose.bones:
        bone.rotation_mode = mode
        bone.location = (0.1, 0.2, 0.3)  # left over from before
    bpy.context.view_layer.update()
    place = figure.matrix_world.copy()
    scene.frame_set(11)
    span = put(figure, poses, capture)
    assert (span.start, span.end) == (11, 11 + capture.frame_end - capture.frame_start)
    assert scene.frame_current == 11 and figure.matrix_world == place
    apart = np.degrees(np.arccos(np.clip((directions(ext, figure, span) * wanted).sum(2), -1, 1)))
    assert apart.max() < 2.0


def test_the_action_before_is_kept(scene, recorded, put):
    poses, capture = recorded("STICK", "WALK")
    figure = add_figure("STICK", "WAVE")
    before = figure.animation_data.action
    keys = [tuple(p.co) for curve in curves_of(figure) for p in curve.keyframe_points]
    put(figure, poses, capture)
    data = figure.animation_data
    assert data.action.name == "New" and data.action_slot.name_display == figure.name
    assert before.use_fake_user and before.name == "Wave"
    data.action = before
    data.action_slot = before.slots[0]
    assert keys == [tuple(p.co) for curve in curves_of(figure) for p in curve.keyframe_points]


def test_trying_motions_leaves_no_actions(scene, recorded, put):
    """But one that the animator has changed is kept."""
    poses, capture = recorded("STICK", "WALK")
    figure = add_figure("STICK", "NONE")
    for _ in range(3):
        put(figure, poses, capture)
        assert [action.name for action in bpy.data.actions] == ["New"]
    curve = next(iter(curves_of(figure)))
    curve.keyframe_points[0].co.y += 0.1
    put(figure, poses, capture)
    kept, new = bpy.data.actions
    assert kept.use_fake_user and (kept.name, new.name) == ("New", "New.001")
    other = bpy.data.objects.new("Other", figure.data)
    other.animation_data_create().action = new  # used elsewhere
    put(figure, poses, capture)
    assert new.name in bpy.data.actions and other.animation_data.action == new


def test_other_proportions(scene, ext, recorded, put):
    poses, capture = recorded("STICK", "SQUAT")
    wanted = along(poses, Matrix(ext("motion.keying.figures").figure_of(poses).matrix.tolist()))
    figure = add_figure("STICK", "NONE")
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in figure.data.edit_bones:
        if bone.name.startswith(("shin", "forearm")):
            bone.length *= 0.7
    bpy.ops.object.mode_set(mode="OBJECT")
    span = put(figure, poses, capture)
    apart = np.degrees(np.arccos(np.clip((directions(ext, figure, span) * wanted).sum(2), -1, 1)))
    assert apart.max() < 2.0
    paths = {curve.data_path.rsplit(".", 1)[-1] for curve in curves_of(figure)}
    assert paths == {"rotation_euler", "location"}  # nothing is stretched


def test_a_rig_whose_bones_end_elsewhere(scene, ext, recorded, put):
    """As importers of FBX leave them: what is drawn is not along the bones."""
    from tests.blender.sketch.inputs import INPUTS

    level(bpy.context.scene)
    found = INPUTS["a_mixamo_figure_from_fbx"](bpy.context.scene)
    rig = bpy.context.object
    capture = ext("blender.sketch.capture")
    poses = capture.poses_from_scene(bpy.context, "ARMATURE", *found.span, COUNT, (64, 64))
    wanted = along(poses, Matrix.Identity(4))
    rig.animation_data_clear()
    info = ext("wire").CaptureInfo(24.0, *found.span, (1920, 1080), False)
    bpy.context.scene.frame_set(found.span[0])
    put(rig, poses, info)
    after = capture.poses_from_scene(bpy.context, "ARMATURE", *found.span, COUNT, (64, 64))
    cosines = (along(after, Matrix.Identity(4)) * wanted).sum(2)
    assert np.degrees(np.arccos(np.clip(cosines, -1, 1))).max() < 2.0


@pytest.fixture
def refused(ext, put):
    """refused(figure, poses, capture) -> the problem's code; nothing has changed."""

    def refused(figure, poses, capture):
        actions = bpy.data.actions[:]
        with pytest.raises(ext("blender.common.problems").CaptureError) as told:
            put(figure, poses, capture)
        assert bpy.data.actions[:] == actions and told.value.problem.hint
        return told.value.problem.code

    return refused


@pytest.mark.parametrize("kind", ["QUADRUPED", "FACE"])
def test_another_figure_is_refused(scene, recorded, refused, kind):
    poses, capture = recorded("STICK", "WALK")
    assert refused(add_figure(kind, "NONE"), poses, capture) == "other_bones"
    assert set(FIGURES) > {kind}


def test_constraints_and_tweak_mode_are_named(scene, recorded, refused, put):
    poses, capture = recorded("STICK", "WALK")
    figure = add_figure("STICK", "WAVE")
    limit = figure.pose.bones["shin.L"].constraints.new("LIMIT_ROTATION")
    assert refused(figure, poses, capture) == "bone_constrained"
    limit.mute = True
    data = figure.animation_data
    strip = data.nla_tracks.new().strips.new("wave", 1, data.action)
    data.action = None
    strip.select = True
    data.nla_tracks.active = data.nla_tracks[0]
    data.use_tweak_mode = True
    assert refused(figure, poses, capture) == "armature_in_tweak_mode"
    data.use_tweak_mode = False
    put(figure, poses, capture)


def test_a_motion_of_another_frame_rate(scene, recorded, put):
    poses, capture = recorded("STICK", "WAVE")
    bpy.context.scene.render.fps = 60
    span = put(add_figure("STICK", "NONE"), poses, replace(capture, fps=30.0))
    assert span.end - span.start == 2 * (capture.frame_end - capture.frame_start)
