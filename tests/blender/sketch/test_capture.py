"""Scene to poses: right positions, an undisturbed scene, a clear sentence for what cannot be."""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from tests.blender.queue.following import curves_of
from tests.blender.test_panels import Layout

SIZES = [(64, 64), (1024, 576), (96, 160)]


def _pose_everything(figure, scene):
    """A keyed pose with a moved, turned and scaled armature and a bone that follows a target."""
    figure.location, figure.rotation_euler, figure.scale = (0.3, 0.1, 0.05), (0, 0, 0.4), (0.9,) * 3
    target = bpy.data.objects.new("Target", None)
    scene.collection.objects.link(target)
    for frame, place in ((1, (0.6, -0.4, 0.8)), (48, (0.5, -0.2, 1.6))):
        target.location = place
        target.keyframe_insert("location", frame=frame)
    follow = figure.pose.bones["forearm.L"].constraints.new("IK")
    follow.target, follow.chain_count = target, 2


def _expected(scene, figure, names, size):
    """Pixels (heads and tails) by Blender's own world_to_camera_view, y down."""
    scene.render.resolution_x, scene.render.resolution_y = size
    evaluated = figure.evaluated_get(bpy.context.evaluated_depsgraph_get())
    ends = []
    for name in names:
        bone = evaluated.pose.bones[name]
        for point in (bone.head, bone.tail):
            at = world_to_camera_view(scene, scene.camera, evaluated.matrix_world @ point)
            ends.append((at.x * size[0], (1 - at.y) * size[1]))
    return np.array(ends)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "lens", ["perspective", "orthographic", "shifted", "vertical fit", "scaled"]
)
def test_joints_lie_where_blenders_own_projection_puts_them(figure, scene, ext, size, lens):
    motion, capture = ext("motion"), ext("blender.sketch.capture")
    _pose_everything(figure, scene)
    camera = scene.camera
    if lens == "orthographic":
        camera.data.type, camera.data.ortho_scale = "ORTHO", 3
    elif lens == "shifted":
        camera.data.shift_x, camera.data.shift_y = 0.1, -0.05
    elif lens == "vertical fit":
        camera.data.sensor_fit = "VERTICAL"
    elif lens == "scaled":
        camera.scale = (2, 1, 3)
    poses = capture.poses_from_scene(bpy.context, "ARMATURE", 1, 48, 14, size)
    pixels, _ = motion.project(poses.joints, poses.world_to_clip, size)
    plan = ext("blender.sketch.skeletons").plan_of(figure)
    names = [figure.data.bones[i].name for i in plan.bones]
    assert len(names) == len(figure.data.bones)
    for k, frame in enumerate(motion.sampled_frames(1, 48, 14)):
        scene.frame_set(int(frame), subframe=frame - int(frame))
        expected = _expected(scene, figure, names, size)
        ours = pixels[k].reshape(-1, 3, 2)[:, :2].reshape(-1, 2)
        assert np.abs(ours - expected).max() < 0.02


def test_the_moment_between_frames_is_sampled(figure, scene, ext):
    poses = ext("blender.sketch.capture").poses_from_scene(
        bpy.context, "ARMATURE", 1, 48, 14, (64, 64)
    )
    assert poses.joints.shape == (14, 3 * len(figure.data.bones), 3)
    assert poses.fps == pytest.approx(13 / (47 / 24))
    steps = np.abs(np.diff(poses.joints, axis=0)).max((1, 2))
    assert (steps[:4] > 0.01).all()


def test_frame_and_selection_stay(figure, scene, ext):
    scene.frame_set(17, subframe=0.25)
    selected = {ob.name for ob in bpy.context.selected_objects}
    ext("blender.sketch.capture").poses_from_scene(bpy.context, "ARMATURE", 1, 48, 14, (64, 64))
    assert scene.frame_current == 17 and scene.frame_subframe == pytest.approx(0.25)
    assert {ob.name for ob in bpy.context.selected_objects} == selected
    assert bpy.context.object == figure and figure.mode == "OBJECT"


def test_frame_stays_after_a_failure(figure, scene, ext):
    capture = ext("blender.sketch.capture")
    scene.frame_set(9)
    figure.hide_viewport = True
    with pytest.raises(capture.CaptureError):
        capture.poses_from_scene(bpy.context, "ARMATURE", 1, 48, 14, (64, 64))
    assert scene.frame_current == 9


def test_a_hidden_but_playing_armature_can_be_captured(figure, scene, ext):
    figure.hide_set(True)
    poses = ext("blender.sketch.capture").poses_from_scene(
        bpy.context, "ARMATURE", 1, 48, 14, (64, 64)
    )
    assert ext("motion").check_poses(poses) is None


def _capture_fails(scene, sentence):
    """The button is greyed out with this sentence, or ends with it; nothing is written."""
    before = scene.mti.capture
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.mti.capture()
    assert scene.mti.capture == before


def test_no_armature_and_no_camera(scene, ext):
    bpy.data.objects.remove(scene.camera)
    problem = ext("blender.sketch.sources").source_problem(bpy.context, "ARMATURE")
    assert problem.message == "There is no armature and no camera to capture."
    assert not bpy.ops.mti.capture.poll()
    scene.mti.source = "CAMERA"
    assert not bpy.ops.mti.capture.poll()


def test_no_armature(scene, ext):
    problem = ext("blender.sketch.sources").source_problem(bpy.context, "ARMATURE")
    assert problem.message == "The scene has no armature."
    assert not bpy.ops.mti.capture.poll()


def test_no_camera(figure, scene, ext):
    assert bpy.ops.mti.capture.poll()
    bpy.data.objects.remove(scene.camera)
    problem = ext("blender.sketch.sources").source_problem(bpy.context, "ARMATURE")
    assert problem.message == "The scene has no camera."
    assert not bpy.ops.mti.capture.poll()


def test_rest_position_and_edit_mode_are_named(figure, ext):
    sources = ext("blender.sketch.sources")
    figure.data.pose_position = "REST"
    assert "Rest Position" in sources.source_problem(bpy.context, "ARMATURE").message
    figure.data.pose_position = "POSE"
    bpy.ops.object.mode_set(mode="EDIT")
    assert "Edit Mode" in sources.source_problem(bpy.context, "ARMATURE").message
    assert not bpy.ops.mti.add_stick_figure.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert sources.source_problem(bpy.context, "ARMATURE") is None


@pytest.mark.parametrize(("start", "end", "sentence"), [(10, 4, "empty"), (7, 7, "single frame 7")])
def test_empty_and_one_frame_ranges(figure, scene, start, end, sentence):
    scene.mti.frame_range_mode = "CUSTOM"
    scene.mti.frame_start, scene.mti.frame_end = start, end
    _capture_fails(scene, sentence)


def test_a_motion_that_does_not_move(figure, scene):
    scene.mti.frame_range_mode = "CUSTOM"
    scene.mti.frame_start, scene.mti.frame_end = 20, 21
    for curve in curves_of(figure):
        curve.mute = True
    _capture_fails(scene, "does not move")


def test_an_armature_without_keys_is_named(figure, scene):
    figure.animation_data_clear()
    _capture_fails(scene, "Stick Figure has no keys")


def test_out_of_view(figure, scene):
    figure.location.x = 50
    _capture_fails(scene, "out of the camera's view")


def test_behind_the_camera(figure, scene):
    scene.camera.rotation_euler.z = math.pi
    _capture_fails(scene, "out of the camera's view")


def test_a_disabled_armature_is_not_captured_stale(figure, scene):
    figure.hide_viewport = True
    _capture_fails(scene, "disabled in the viewport")


def test_an_unwritable_folder(figure, scene, ext, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    addon = ext("blender.common.addon")
    monkeypatch.setattr(addon, "captures_folder", lambda: tmp_path / "file" / "captures")
    _capture_fails(scene, "is writable")


def test_capture_writes_the_pictures_that_the_scene_shows(figure, scene, ext):
    assert bpy.ops.mti.capture() == {"FINISHED"}
    captures, addon, motion = ext("workflow.captures"), ext("blender.common.addon"), ext("motion")
    capture = captures.load_capture(addon.captures_folder(), scene.mti.capture)
    assert (capture.about.model, capture.about.frames) == ("draft", 14)
    assert capture.about.source == "Stick Figure" and capture.about.notes == ()
    info = capture.about.info
    assert (info.frame_start, info.frame_end, info.fps) == (1, 48, 24)
    scene.frame_set(1)
    poses = ext("blender.sketch.capture").poses_from_scene(
        bpy.context, "ARMATURE", 1, 48, 14, (128, 128)
    )
    for path, picture in zip(capture.pictures(), motion.draw(poses), strict=True):
        assert (motion.decode_png(path.read_bytes()) == picture).all()
    assert capture.sheet.is_file()


def test_the_poses_are_kept_to_be_drawn_again(figure, scene, ext):
    _pose_everything(figure, scene)
    assert bpy.ops.mti.capture() == {"FINISHED"}
    capture = ext("workflow.captures").load_capture(
        ext("blender.common.addon").captures_folder(), scene.mti.capture
    )
    poses = capture.poses()
    pictures = [ext("motion").decode_png(path.read_bytes()) for path in capture.pictures()]
    assert (ext("motion").draw(poses) == pictures).all()
    assert poses.parents.count(-1) == 1
    assert len({draw.poses.joints.tobytes() for draw in ext("motion").variations(poses, 4, 0)}) == 4


def test_the_engine_decides_size_and_count(figure, scene, ext, prefs):
    prefs.engine = "svd-xt"
    assert bpy.ops.mti.capture() == {"FINISHED"}
    capture = ext("workflow.captures").load_capture(
        ext("blender.common.addon").captures_folder(), scene.mti.capture
    )
    picture = ext("motion").decode_png(capture.pictures()[-1].read_bytes())
    assert capture.about.frames == 25 and picture.shape == (576, 1024, 3)


def test_svd_may_be_smaller(figure, scene, ext, prefs):
    panel, requests = ext("blender.learn.panel"), ext("workflow.job_requests")
    offered = [item[1] for item in ext("blender.preferences.properties").SIZES]
    assert offered == [f"{width} x {height}" for width, height in ext("wire.settings").SIZES]
    layout = Layout()
    panel.draw_learn(bpy.context, layout)
    assert "<size>" not in layout.lines  # the draft has only one
    prefs.engine, prefs.size = "svd", "2"
    layout = Layout()
    panel.draw_learn(bpy.context, layout)
    assert "<size>" in layout.lines
    assert bpy.ops.mti.capture() == {"FINISHED"}
    capture = ext("workflow.captures").load_capture(
        ext("blender.common.addon").captures_folder(), scene.mti.capture
    )
    picture = ext("motion").decode_png(capture.pictures()[-1].read_bytes())
    assert picture.shape == (320, 512, 3)
    options = requests.LearnOptions("small", 5, 0, False, 2)
    request = requests.create_learn_job(
        ext("blender.common.addon").jobs_folder(), capture, options, None
    )
    settings = request.request().settings
    assert (settings.model, settings.width, settings.height) == ("svd", 512, 320)
    # what was captured at another size is not learned from by mistake
    prefs.size = "1"
    problem = ext("blender.learn.operators")._capture_problem(bpy.context)
    assert problem.message == "Captured at 512 x 320: capture again at 768 x 448"
    prefs.engine = "draft"
    problem = ext("blender.learn.operators")._capture_problem(bpy.context)
    assert "Captured for the engine svd" in problem.message


def test_a_figure_partly_outside_is_captured_with_a_warning(figure, scene, ext):
    scene.camera.data.lens = 130
    assert bpy.ops.mti.capture() == {"FINISHED"}
    capture = ext("workflow.captures").load_capture(
        ext("blender.common.addon").captures_folder(), scene.mti.capture
    )
    assert any("outside the frame" in note for note in capture.about.notes)


def test_the_armature_is_found_by_its_mesh_or_when_it_is_the_only_one(figure, scene, ext):
    find = ext("blender.sketch.sources").find_armature
    cube = scene.objects["Cube"]
    bpy.context.view_layer.objects.active = cube
    assert find(bpy.context) == figure
    other = bpy.data.objects.new("Other", bpy.data.armatures.new("Other"))
    scene.collection.objects.link(other)
    assert find(bpy.context) is None
    cube.modifiers.new("Armature", "ARMATURE").object = figure
    assert find(bpy.context) == figure


def test_blenders_own_human_rig(scene, ext):
    bpy.ops.preferences.addon_enable(module="rigify")
    bpy.ops.object.armature_human_metarig_add()
    rig = bpy.context.object
    plan = ext("blender.sketch.skeletons").plan_of(rig)
    part = {
        rig.data.bones[plan.bones[a // 3]].name: plan.parts[i]
        for i, (a, b) in enumerate(plan.limbs)
        if a // 3 == b // 3
    }
    assert len(part) < 60  # of 150: no fingers, no face
    expected = {
        "upper_arm.L": "left_arm",
        "hand.R": "right_arm",
        "shin.L": "left_leg",
        "foot.R": "right_leg",
        "spine.001": "torso",
    }
    assert {name: part[name] for name in expected} == expected
    heads = [name for name, which in part.items() if which == "head"]
    assert len(heads) == 1 and Vector(rig.data.bones[heads[0]].tail_local).z > 1.8
    bpy.ops.preferences.addon_disable(module="rigify")


def test_a_name_is_suggested(figure, scene):
    bpy.ops.mti.capture()
    assert scene.mti.name == "Wave"
    bpy.ops.mti.add_stick_figure(motion="SQUAT")
    bpy.ops.mti.capture()
    assert scene.mti.name == "Squat"


def test_a_typed_name_is_that_of_the_motion_it_was_typed_for(figure, scene):
    scene.mti.name = "Mine"
    bpy.ops.mti.capture()
    assert scene.mti.name == "Mine", "it was typed for what was captured next"
    bpy.ops.mti.capture()
    assert scene.mti.name == "Mine", "the same motion again"
    bpy.ops.mti.add_stick_figure(motion="JUMPING_JACK")
    bpy.ops.mti.capture()
    assert scene.mti.name == "Jumping Jack"
    scene.mti.name = "Also Mine"
    bpy.ops.mti.capture()
    assert scene.mti.name == "Also Mine"
    bpy.context.view_layer.objects.active = figure
    bpy.ops.mti.capture()
    assert scene.mti.name == "Wave"
