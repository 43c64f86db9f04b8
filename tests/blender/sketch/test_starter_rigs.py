"""The starter stick figure: usual names, facing the camera, an editable wave."""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest
from mathutils import Vector

from tests.blender.queue.following import curves_of


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
    bpy.ops.mti.add_stick_figure(motion="NONE")
    figure = bpy.context.object
    front = figure.matrix_world.to_3x3() @ Vector((0, -1, 0))
    to_camera = (scene.camera.location - cursor).to_2d().normalized()
    assert front.to_2d().normalized().dot(to_camera) > 0.9999
    assert (figure.matrix_world.translation - cursor).length < 1e-5
    assert figure.animation_data is None or figure.animation_data.action is None


def test_the_wave_is_an_editable_action(figure, scene):
    action = figure.animation_data.action
    assert action.name.startswith("Wave")
    curves = curves_of(figure)
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
    assert (scene.mti.frame_range_mode, scene.mti.source) == ("AUTO", "ARMATURE")


def test_it_lasts_two_seconds_at_any_frame_rate(scene, ext):
    scene.render.fps = 60
    scene.frame_start = 101
    bpy.ops.mti.add_stick_figure()
    assert ext("blender.sketch.sources").frame_span(bpy.context) == (101, 220)


def test_two_figures_and_one_from_pose_mode(figure):
    bpy.ops.object.mode_set(mode="POSE")
    assert bpy.ops.mti.add_stick_figure() == {"FINISHED"}
    second = bpy.context.object
    assert second != figure and second.data != figure.data
    assert figure.animation_data.action != second.animation_data.action


def _stick_poses(figure, scene, frames, names):
    """Heads and tails (F, B, 3) in the armature's space, as Blender plays them."""
    found = []
    for frame in frames:
        scene.frame_set(int(frame), subframe=frame - int(frame))
        bones = figure.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        found.append([(*bones[name].head, *bones[name].tail) for name in names])
    return np.array(found).reshape(len(found), -1, 2, 3)


ALL = [
    *(("STICK", "motion", name) for name in (
        "WAVE", "JUMPING_JACK", "SQUAT", "WALK", "WALK_ACROSS", "RUN", "JUMP", "KICK", "BOW",
        "NOD", "SHAKE_HEAD", "TURN_AROUND", "CHEER", "RAISE_ARMS", "WAVE_BOTH", "SIDE_STRETCH",
        "BALANCE", "SIDE_STEP", "LUNGE", "SIDE_LUNGE", "DANCE", "POINT")),
    *(("QUADRUPED", "quadruped_motion", name) for name in ("WALK", "TROT")),
    *(("FACE", "face_motion", name) for name in ("TALK", "SMILE", "NOD")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "prop", "name"), ALL)
def test_blender_plays_each_motion_as_it_was_made(scene, ext, kind, prop, name):
    """Where the pure computation puts each bone at its keys, there Blender does; and it loops."""
    scene.camera.location, scene.camera.rotation_euler = (0, -7, 1), (math.pi / 2, 0, 0)
    bpy.context.view_layer.update()
    starters, posing = ext("motion.starters.catalog"), ext("motion.starters.posing")
    assert bpy.ops.mti.add_stick_figure(figure=kind, **{prop: name}) == {"FINISHED"}
    figure = bpy.context.object
    made = starters.find_kind(kind)
    motion = starters.find_starter(made, name).make(24)
    skeleton = posing.Skeleton(made.rows)
    keyed = sorted({frame for t in motion.tracks for frame, _ in t.keys if frame <= motion.frames})
    everywhere = [t for t in motion.tracks if t.path != "scale"]
    names = [row[0] for row in made.rows]
    played = _stick_poses(figure, scene, [1 + frame for frame in keyed], names)
    for k, frame in enumerate(keyed):
        turns, root = {}, [0.0, 0.0, 0.0]
        known = set()
        for track in everywhere:
            values = dict(track.keys)
            if len(values) == 1 or frame in values:
                value = values.get(frame, track.keys[0][1])
                known.add(track)
                if track.path == "location":
                    root[track.index] = value
                else:
                    turns.setdefault(track.bone, [0.0, 0.0, 0.0])[track.index] = value
        if len(known) < len(everywhere):
            continue  # some curve is between two keys here
        heads, tails = skeleton.ends(posing.Pose(turns, tuple(root)))
        still = [i for i, row in enumerate(made.rows) if not row[0].startswith(("lip", "eye"))]
        assert np.abs(played[k, still, 0] - heads[still]).max() < 2e-4
        assert np.abs(played[k, still, 1] - tails[still]).max() < 2e-4
    if kind != "FACE":
        every = _stick_poses(figure, scene, np.arange(1, 49, 0.5), names)
        assert every[..., 2].min() > -0.012  # no foot sinks into the floor
    if motion.cycle and name != "WALK_ACROSS":
        later = _stick_poses(figure, scene, [5, 5 + motion.frames], names)
        assert np.abs(later[1] - later[0]).max() < 0.01
    assert figure.animation_data.action.name.startswith(starters.find_starter(made, name).label)


def test_feet_do_not_slide_as_blender_plays_a_walk(scene):
    bpy.ops.mti.add_stick_figure(motion="WALK_ACROSS")
    figure = bpy.context.object
    toes = _stick_poses(figure, scene, np.arange(1, 49), ["foot.L", "foot.R"])[:, :, 1]
    down = toes[..., 2] < 0.025
    both = down[:-1] & down[1:]
    steps = np.linalg.norm(np.diff(toes[..., :2], axis=0), axis=2)
    assert both.mean() > 0.3 and np.median(steps[both]) < 0.01 and steps[both].max() < 0.03
    assert toes[-1, 0, 1] < toes[0, 0, 1] - 1.4


@pytest.mark.parametrize(
    ("name", "feet"),
    [
        *((name, ("foot.L", "foot.R")) for name in (
            "CHEER", "RAISE_ARMS", "WAVE_BOTH", "SIDE_STRETCH", "LUNGE", "SIDE_LUNGE", "DANCE",
            "POINT")),
        ("BALANCE", ("foot.L",)),
    ],
)  # fmt: skip
def test_feet_stay_where_they_stand_as_blender_plays_it(scene, name, feet):
    bpy.ops.mti.add_stick_figure(motion=name)
    toes = _stick_poses(bpy.context.object, scene, np.arange(1, 49, 0.5), feet)[:, :, 1]
    assert np.ptp(toes, axis=0).max() < 0.02


@pytest.mark.parametrize(("facing", "degrees"), [("BEST", 90), ("FRONT", 0), ("SIDE", 90)])
def test_a_walk_is_seen_from_the_side(scene, facing, degrees):
    scene.camera.location = (0, -7, 1)
    bpy.context.view_layer.update()
    bpy.ops.mti.add_stick_figure(motion="WALK", facing=facing)
    front = bpy.context.object.matrix_world.to_3x3() @ Vector((0, -1, 0))
    expected = (math.sin(math.radians(degrees)), -math.cos(math.radians(degrees)))
    assert np.allclose(front.to_2d(), expected, atol=1e-5)


def test_without_a_camera_it_faces_the_viewport(scene, ext):
    from types import SimpleNamespace

    from mathutils import Euler

    bpy.data.objects.remove(scene.camera)
    view = SimpleNamespace(view_rotation=Euler((1.1, 0, 2.0)).to_quaternion())
    context = SimpleNamespace(scene=scene, region_data=view)
    yaw = ext("blender.sketch.starter_rigs").yaw_towards_viewer(context, Vector((1, 2, 3)))
    front = Vector((math.sin(yaw), -math.cos(yaw)))
    towards = (view.view_rotation @ Vector((0, 0, 1))).to_2d().normalized()
    assert front.dot(towards) > 0.9999
    assert (
        ext("blender.sketch.starter_rigs").yaw_towards_viewer(
            SimpleNamespace(scene=scene), Vector()
        )
        == 0
    )


def test_adding_a_figure_can_be_undone(scene):
    bpy.ops.ed.undo_push(message="before")
    assert "UNDO" in bpy.types.MTI_OT_add_stick_figure.bl_options
    bpy.ops.mti.add_stick_figure(figure="QUADRUPED")
    bpy.ops.ed.undo_push(message="added")
    assert "Quadruped" in bpy.data.objects
    bpy.ops.ed.undo()
    assert "Quadruped" not in bpy.data.objects


@pytest.mark.parametrize("what", ["figure", "cube"])
@pytest.mark.parametrize("size", [(1920, 1080), (1000, 2000)])
def test_a_camera_that_sees_all_of_it(scene, ext, what, size):
    bpy.data.objects.remove(scene.camera)
    scene.render.resolution_x, scene.render.resolution_y = size
    bpy.ops.mti.add_stick_figure(motion="WALK_ACROSS")
    if what == "cube":
        cube = bpy.context.view_layer.objects.active = scene.objects["Cube"]
        cube.location = (3, 2, 1)
        scene.mti.source = "OBJECT"
    else:
        bpy.context.object.location = (4, -3, 2)
    bpy.context.view_layer.update()
    assert not bpy.ops.mti.capture.poll()
    assert bpy.ops.mti.add_camera() == {"FINISHED"}
    bpy.context.view_layer.update()
    capture, checks = ext("blender.sketch.capture"), ext("motion.checks")
    for shape in ((64, 64), (64, round(64 * size[1] / size[0]))):
        poses = capture.poses_from_scene(bpy.context, scene.mti.source, 1, 48, 14, shape)
        assert checks.visible_shares(poses).min() == 1
        assert checks.covered_share(poses) > 0.25


def test_a_camera_that_sees_all_of_what_no_key_tells(scene, ext):
    scene.frame_end = 40
    bpy.ops.mti.add_stick_figure(motion="NONE")
    figure = bpy.context.object
    figure.driver_add("location", 0).driver.expression = "frame / 4"
    bpy.context.view_layer.update()
    assert bpy.ops.mti.add_camera() == {"FINISHED"}
    bpy.context.view_layer.update()
    poses = ext("blender.sketch.capture").poses_from_scene(
        bpy.context, "ARMATURE", 1, 40, 14, (64, 64)
    )
    assert ext("motion.checks").visible_shares(poses).min() == 1


def test_a_nearer_camera_looks_from_where_the_scene_s_own_stands(scene, ext):
    own = scene.camera
    bpy.ops.mti.add_stick_figure(motion="JUMPING_JACK")
    own.location = (30, -4, 6)
    bpy.context.view_layer.update()
    assert bpy.ops.mti.add_camera() == {"FINISHED"}
    bpy.context.view_layer.update()
    framing = scene.mti.capture_camera
    assert scene.camera == own != framing
    eye, old = framing.matrix_world.translation, own.matrix_world.translation
    assert eye.length < old.length / 3
    assert eye.xy.normalized().dot(old.xy.normalized()) > 0.99
    poses = ext("blender.sketch.capture").poses_from_scene(
        bpy.context, "ARMATURE", 1, 48, 14, (64, 64)
    )
    assert ext("motion.checks").covered_share(poses) > 0.4


def test_the_shot_keeps_its_camera_and_one_is_added_however_often(scene, ext):
    own = scene.camera
    bpy.ops.mti.add_stick_figure(motion="JUMPING_JACK")
    own.location = (30, -4, 6)
    bpy.context.view_layer.update()
    before = own.matrix_world.copy()
    for _ in range(3):
        assert bpy.ops.mti.add_camera() == {"FINISHED"}
        assert scene.camera == own and own.matrix_world == before
    cameras = sorted(ob.name for ob in scene.objects if ob.type == "CAMERA")
    assert cameras == ["Camera", "Framing Camera"]
    framing = scene.mti.capture_camera
    assert (framing.data.clip_start, framing.name) == (pytest.approx(0.1), "Framing Camera")
    cameras, sources = ext("blender.sketch.cameras"), ("ARMATURE", "OBJECT", "CAMERA")
    used = [cameras.capture_camera(scene, source) for source in sources]
    assert used == [framing, framing, own]
    scene.mti.capture_camera = None
    assert cameras.capture_camera(scene, "ARMATURE") == own
    scene.mti.capture_camera = framing
    scene.collection.objects.unlink(framing)  # as X in the viewport does
    assert cameras.capture_camera(scene, "ARMATURE") == own
    bpy.ops.mti.add_camera()
    assert scene.camera == own and scene.mti.capture_camera.name in scene.objects


def _bound(scene, *frames):
    """Cameras that markers bind at these frames, each farther away."""
    scene.timeline_markers.clear()
    made = []
    for i, frame in enumerate(frames):
        camera = bpy.data.objects.new(f"Shot {i + 1}", bpy.data.cameras.new("Shot"))
        scene.collection.objects.link(camera)
        camera.location, camera.rotation_euler = (0, -30 - 10 * i, 1), (math.pi / 2, 0, 0)
        scene.timeline_markers.new("cut", frame=frame).camera = camera
        made.append(camera)
    scene.frame_set(1)
    return made


def test_a_framing_camera_frames_where_markers_bind_cameras(scene, ext):
    """Once the next change of frame bound the old one again, and each press added another."""
    bpy.ops.mti.add_stick_figure(motion="JUMPING_JACK")
    first, _ = _bound(scene, 1, 20)
    checks, poses = ext("motion.checks"), ext("blender.sketch.capture").poses_from_scene
    far = checks.covered_share(poses(bpy.context, "ARMATURE", 1, 48, 14, (64, 64)))
    for _ in range(3):
        bpy.ops.mti.add_camera()
    near = checks.covered_share(poses(bpy.context, "ARMATURE", 1, 48, 14, (64, 64)))
    assert near > 0.4 > 0.1 > far and scene.camera == first
    assert sum(ob.name.startswith("Framing") for ob in scene.objects) == 1


def test_a_viewport_through_the_scene_s_camera_cuts_as_that_does(scene, ext):
    """Drawing it needs a window; what is said of the cut does not."""
    context = bpy.context
    _bound(scene, 1, 25)
    space, _ = ext("blender.scene.viewport").find_viewport(context)
    said = ext("blender.sketch.views").viewport_cuts
    space.region_3d.view_perspective = "PERSP"
    assert said(context, 10, 40) == []
    space.region_3d.view_perspective = "CAMERA"
    (problem,) = said(context, 10, 40)
    assert problem.message.startswith("The camera cuts from Shot 1 to Shot 2 at frame 25")
    assert said(context, 26, 40) == []
    space.use_local_camera, space.camera = True, scene.objects["Shot 1"]
    assert said(context, 10, 40) == [], "it stays at its own camera"
    space.use_local_camera = False


def test_a_framing_camera_is_offered_where_the_capture_uses_it(scene, ext):
    bpy.ops.mti.add_stick_figure(motion="JUMPING_JACK")
    add, there = bpy.ops.mti.add_camera, len(scene.objects)
    for source in ("CAMERA", "VIEWPORT", "STRIP", "FILE"):
        scene.mti.source = source
        assert not add.poll()
        with pytest.raises(RuntimeError, match="only used for Armature and Object: choose one"):
            add()
    assert len(scene.objects) == there and scene.mti.capture_camera is None
    for source in ("ARMATURE", "OBJECT"):
        scene.mti.source = source
        assert add.poll()
    scene.mti.source, scene.camera = "CAMERA", None  # then it becomes the scene's
    assert add() == {"FINISHED"} and scene.camera.name == "Framing Camera"
    assert not add.poll()


@pytest.mark.parametrize("source", ["ARMATURE", "CAMERA"])
def test_a_cut_within_the_frames_is_said(scene, ext, prefs, source):
    bpy.ops.mti.add_stick_figure(motion="JUMPING_JACK")
    shots = ext("blender.sketch.reference")
    scene.mti.source, scene.mti.frame_range_mode = source, "CUSTOM"
    scene.mti.frame_start, scene.mti.frame_end = 10, 40
    warnings = ext("blender.sketch.cameras").cut_warnings
    for frames, cut in (((1,), None), ((1, 10), None), ((1, 25), 25), ((25, 60), None),
                        ((1, 41), None), ((-5, 3, 40), 40)):  # fmt: skip
        _bound(scene, *frames)
        found = warnings(scene, source, 10, 40)
        assert [f"at frame {cut}," in each.message for each in found] == [True] * bool(cut)
    cameras = _bound(scene, 1, 25)
    for camera in cameras:
        for frame, x in ((10, -1), (40, 1)):
            camera.location = (x, -6, 1)
            camera.keyframe_insert("location", frame=frame)
    scene.timeline_markers.new("the same", frame=30).camera = cameras[1]
    shot = shots.take_shot(bpy.context, 14, (64, 64))
    messages = [each.message for each in shot.warnings]
    one, other = (camera.name for camera in cameras)
    assert messages[0].startswith(f"The camera cuts from {one} to {other} at frame 25")
    assert scene.frame_current == 1 and scene.camera == cameras[0]
    if source == "ARMATURE":
        bpy.ops.mti.add_camera()
        shot = shots.take_shot(bpy.context, 14, (64, 64))
        assert not any("cuts" in each.message for each in shot.warnings)


def test_a_camera_that_no_marker_binds_stays_chosen(scene, ext):
    bpy.ops.mti.add_stick_figure(motion="JUMPING_JACK")
    own = scene.camera
    _bound(scene, 1)
    scene.camera = own
    ext("blender.sketch.capture").poses_from_scene(bpy.context, "ARMATURE", 1, 48, 14, (64, 64))
    assert scene.camera == own


@pytest.mark.parametrize("scale", [0.01, 1.0, 300.0])
def test_a_figure_of_any_size_is_framed_alike(scene, ext, scale):
    """One of 1.8 cm was small in the picture: the camera never came nearer than 10 cm."""
    bpy.ops.mti.add_stick_figure(motion="JUMPING_JACK")
    bpy.context.object.scale = (scale,) * 3
    bpy.context.view_layer.update()
    bpy.ops.mti.add_camera()
    bpy.context.view_layer.update()
    poses = ext("blender.sketch.capture").poses_from_scene(
        bpy.context, "ARMATURE", 1, 48, 14, (64, 64)
    )
    checks = ext("motion.checks")
    assert checks.covered_share(poses) > 0.4 and checks.visible_shares(poses).min() == 1
    data, depth = scene.mti.capture_camera.data, scale * 2
    assert data.clip_start < depth < data.clip_end


def test_a_camera_needs_something_to_look_at(scene):
    bpy.context.view_layer.objects.active = None
    assert not bpy.ops.mti.add_camera.poll()
