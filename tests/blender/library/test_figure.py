"""What was captured comes back, and a capture of it gives the same poses and images."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix

from tests.blender.library.shelving import FIGURES, add_figure, level
from tests.blender.queue.following import curves_of
from tests.blender.sketch.inputs import INPUTS

SIZE, COUNT = (128, 128), 14
STARTERS = [
    *(("STICK", name) for name in (
        "WAVE", "JUMPING_JACK", "SQUAT", "WALK", "WALK_ACROSS", "RUN", "JUMP", "KICK", "BOW",
        "NOD", "SHAKE_HEAD", "TURN_AROUND", "CHEER", "RAISE_ARMS", "WAVE_BOTH", "SIDE_STRETCH",
        "BALANCE", "SIDE_STEP", "LUNGE", "SIDE_LUNGE", "DANCE", "POINT")),
    *(("QUADRUPED", name) for name in ("WALK", "TROT")),
    *(("FACE", name) for name in ("TALK", "SMILE", "NOD")),
]  # fmt: skip
RIGS = (
    "a_mixamo_figure_from_fbx",
    "a_gltf_figure_with_metre_long_tails",
    "a_bone_that_stretches_to_a_target",
    "a_bendy_bone_in_an_s",
    "a_giant",
    "a_mirrored_rig",
    "a_figure_in_parallel_projection",
    "an_empty_as_the_scenes_camera",
)


@pytest.fixture
def sample(ext):
    """sample(source, span) -> the poses that the scene's capture would be drawn from."""
    poses = ext("blender.sketch.capture").poses_from_scene
    return lambda source, span: poses(bpy.context, source, *span, COUNT, SIZE)


@pytest.fixture
def again(ext, sample):
    """again(poses, span) -> the object and the poses after all has been brought back."""

    def again(poses, span, fps=24.0):
        bpy.ops.wm.read_homefile(use_factory_startup=True)
        info = ext("wire").CaptureInfo(fps, *span, (1920, 1080), False)
        thing, frames = ext("blender.library.keying.figure").bring_back(
            bpy.context, "Again", poses, info
        )
        props = bpy.context.scene.mti
        found = ext("blender.sketch.sources").frame_span(bpy.context)
        assert found == (frames.start, frames.end)
        return thing, sample(props.source, found)

    return again


def keys_of(thing):
    return sum(len(curve.keyframe_points) for curve in curves_of(thing))


def assert_drawn_alike(ext, before, after):
    """In images of 128 pixels, no edge moves by more than a fraction of a pixel."""
    draw = ext("motion").draw
    apart = np.abs(draw(before).astype(int) - draw(after).astype(int))
    assert apart.mean() < 0.05 and apart.mean((1, 2, 3)).max() < 0.15


@pytest.mark.parametrize(("kind", "name"), STARTERS)
def test_a_starter_figure_is_itself_again(scene, ext, sample, again, kind, name):
    level(scene)
    original = add_figure(kind, name)
    names = original.data.bones.keys()
    place = original.matrix_world.copy()
    span = ext("blender.sketch.sources").frame_span(bpy.context)
    before = sample("ARMATURE", span)
    figure, after = again(before, span)
    assert figure.data.bones.keys() == names and figure.name == "Again"
    assert all(bone.rotation_mode == "XYZ" for bone in figure.pose.bones)
    if name != "WALK_ACROSS":  # of which only the path is known
        assert np.allclose(figure.matrix_world, place, atol=0.03)
    height = np.ptp(before.joints, axis=(0, 1))[2]
    # each bone may be off by 0.2 %, and a paw hangs on five
    assert np.abs(after.joints - before.joints).max() < 0.01 * height
    assert np.abs(after.world_to_clip - before.world_to_clip).max() < 1e-4
    assert (after.limbs, after.parts, after.parents) == (
        before.limbs, before.parts, before.parents,
    )  # fmt: skip
    assert after.radii == pytest.approx(before.radii, rel=1e-3)
    assert_drawn_alike(ext, before, after)
    assert keys_of(figure) < COUNT * len(list(curves_of(figure)))


def test_keys_are_few_and_on_whole_frames(scene, ext, sample, again):
    add_figure("STICK", "WAVE")
    figure, _ = again(sample("ARMATURE", (1, 48)), (1, 48))
    curves = list(curves_of(figure))
    assert {curve.data_path.split('"')[1] for curve in curves} == {
        "upper_arm.R", "forearm.R", "head",
    }  # fmt: skip
    assert keys_of(figure) <= 24  # the starter itself has 12
    points = [point for curve in curves for point in curve.keyframe_points]
    assert all(point.co.x == round(point.co.x) for point in points)
    assert {point.interpolation for point in points} == {"BEZIER"}
    assert {point.handle_left_type for point in points} == {"AUTO_CLAMPED"}


def test_a_short_motion_is_keyed_between_frames(scene, ext, sample, again):
    """Fourteen poses of eight frames do not fit on whole frames."""
    level(scene)
    figure = add_figure("STICK", "NONE")
    arm = figure.pose.bones["upper_arm.R"]
    for frame, turn in ((1, 0.0), (4, 1.5), (6, -0.5), (8, 1.0)):
        arm.rotation_euler.z = turn
        arm.keyframe_insert("rotation_euler", frame=frame)
    before = sample("ARMATURE", (1, 8))
    _, after = again(before, (1, 8))
    assert np.abs(after.joints - before.joints).max() < 0.005
    assert_drawn_alike(ext, before, after)


@pytest.mark.parametrize("name", RIGS)
def test_any_rig_comes_back_as_bones_that_are_drawn_alike(scene, ext, sample, again, name):
    level(scene)
    found = INPUTS[name](scene)
    before = sample("ARMATURE", found.span)
    figure, after = again(before, found.span)
    assert figure.type == "ARMATURE"
    assert_drawn_alike(ext, before, after)


@pytest.mark.parametrize("kind", ["human", "cat"])
def test_blenders_own_rigs(scene, ext, sample, again, kind):
    """None of the starters: its bones are named by their parts, and mirrored by their names."""
    bpy.ops.preferences.addon_enable(module="rigify")
    try:
        getattr(bpy.ops.object, f"armature_{kind}_metarig_add")()
        rig = bpy.context.object
        level(scene).camera.location.y = -6
        for frame, turn in ((1, 0.0), (12, 0.9), (24, 0.0)):
            for bone in rig.pose.bones:
                bone.rotation_mode = "XYZ"
                if bone.name.startswith(("upper_arm", "thigh", "spine.002", "front_thigh")):
                    bone.rotation_euler.x = turn
                    bone.keyframe_insert("rotation_euler", frame=frame)
        before = sample("ARMATURE", (1, 24))
    finally:
        bpy.ops.preferences.addon_disable(module="rigify")
    figure, after = again(before, (1, 24))
    assert {"arm.L", "arm.R", "leg.L", "leg.R", "head"} <= set(figure.data.bones.keys())
    assert after.parts == before.parts
    assert_drawn_alike(ext, before, after)


def test_an_object_is_a_box(scene, ext, sample, again):
    cube = scene.objects["Cube"]
    bpy.context.view_layer.objects.active = cube
    cube.dimensions = (1, 2, 3)
    for frame, height, turn in ((1, 0, 0), (10, 2, 2.0), (24, 0, 7.0)):
        cube.location.z, cube.rotation_euler.x = height, turn
        cube.keyframe_insert("location", frame=frame)
        cube.keyframe_insert("rotation_euler", frame=frame)
    before = sample("OBJECT", (1, 24))
    box, after = again(before, (1, 24))
    assert (box.type, bpy.context.scene.mti.source) == ("MESH", "OBJECT")
    assert bpy.context.view_layer.objects.active == box and box.name == "Again"
    assert np.abs(after.joints - before.joints).max() < 0.01
    assert_drawn_alike(ext, before, after)


def clips_of(ext, span):
    poses = ext("blender.sketch.capture").camera_poses(bpy.context, *span, COUNT, SIZE)
    return poses.world_to_clip, poses


@pytest.mark.parametrize("kind", ["PERSP", "ORTHO"])
def test_a_camera_is_a_camera(scene, ext, again, kind):
    """Its path, and the zoom of its lens; it becomes the scene's own."""
    camera = scene.camera
    camera.data.type, camera.data.shift_x, camera.data.clip_end = kind, 0.15, 80
    zoom = "lens" if kind == "PERSP" else "ortho_scale"
    for frame, place, turn, size in (
        (1, (0, -8, 1), (1.5, 0, 0), 6), (12, (3, -7, 2), (1.4, 0, 0.4), 9),
        (24, (5, -5, 3), (1.2, 0.1, 0.8), 20),
    ):  # fmt: skip
        camera.location, camera.rotation_euler = place, turn
        setattr(camera.data, zoom, size)
        camera.keyframe_insert("location", frame=frame)
        camera.keyframe_insert("rotation_euler", frame=frame)
        camera.data.keyframe_insert(zoom, frame=frame)
    clips, before = clips_of(ext, (1, 24))
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    info = ext("wire").CaptureInfo(24.0, 1, 24, (1920, 1080), False)
    found, _ = ext("blender.library.keying.figure").bring_back(bpy.context, "Crane", before, info)
    now = bpy.context.scene
    assert now.camera == found and found.data.type == kind and now.mti.source == "CAMERA"
    again_clips, _ = clips_of(ext, (1, 24))
    project = ext("motion").project
    points = np.array([found.matrix_world @ Matrix.Translation((x, y, -z)) @ Matrix.Identity(4)
                       for z in (4, 9) for x, y in ((0, 0), (0.5, -0.4))])[:, :3, 3]  # fmt: skip
    where = [
        project(np.tile(points, (COUNT, 1, 1)), c, (256, 256))[0] for c in (clips, again_clips)
    ]
    assert np.abs(where[0] - where[1]).max() < 0.1  # of 256 pixels


def test_a_camera_that_stays_has_no_action(scene, ext, sample, again):
    level(scene)
    add_figure("STICK", "WAVE")
    again(sample("ARMATURE", (1, 48)), (1, 48))
    looker = bpy.context.scene.mti.capture_camera
    assert looker.name == "Again Camera" and bpy.context.scene.camera != looker
    assert looker.animation_data is None and looker.data.animation_data is None
    assert [action.name for action in bpy.data.actions] == ["Again"]


def test_without_a_camera_it_becomes_the_scenes(scene, ext, sample):
    level(scene)
    add_figure("STICK", "WAVE")
    poses = sample("ARMATURE", (1, 48))
    bpy.data.objects.remove(scene.camera)
    info = ext("wire").CaptureInfo(24.0, 1, 48, (1920, 1080), False)
    ext("blender.library.keying.figure").bring_back(bpy.context, "Again", poses, info)
    assert scene.camera.name == "Again Camera" and scene.mti.capture_camera is None


@pytest.mark.parametrize(
    ("span", "fps", "shown", "expected"),
    [
        ((1, 48), 24, (1, 250), (1, 48)),
        ((101, 148), 24, (1, 250), (101, 148)),
        ((1001, 1048), 24, (1, 250), (1, 48)),
        ((1, 48), 60, (1, 250), (1, 119)),
        ((25, 72), 12, (1, 250), (13, 37)),
        ((1, 300), 24, (1, 250), (1, 300)),
    ],
    ids=["own", "own, later", "not shown", "faster", "slower", "longer than the scene"],
)
def test_it_lasts_as_long_as_it_did(scene, ext, span, fps, shown, expected):
    info = ext("wire").CaptureInfo(24.0, *span, (1920, 1080), False)
    found = ext("workflow.motion_poses").span_of(info, fps, shown)
    assert (found.start, found.end) == expected


def test_a_motion_with_a_still_end_keeps_all_its_frames(scene, ext, sample, again):
    level(scene)
    figure = add_figure("STICK", "NONE")
    arm = figure.pose.bones["upper_arm.R"]
    for frame, turn in ((1, 0.0), (20, 1.5), (60, 1.5)):
        arm.rotation_euler.z = turn
        arm.keyframe_insert("rotation_euler", frame=frame)
    _, after = again(sample("ARMATURE", (1, 60)), (1, 60))
    assert bpy.context.scene.mti.frame_range_mode == "CUSTOM" and after.frames == COUNT


def test_a_hidden_collection_is_no_place_for_it(scene, ext, sample):
    level(scene)
    add_figure("STICK", "WAVE")
    poses = sample("ARMATURE", (1, 48))
    layer = bpy.context.view_layer.layer_collection.children[0]
    bpy.context.view_layer.active_layer_collection = layer
    layer.exclude = True
    info = ext("wire").CaptureInfo(24.0, 1, 48, (1920, 1080), False)
    figure, _ = ext("blender.library.keying.figure").bring_back(bpy.context, "Again", poses, info)
    assert figure.users_collection[:] == (scene.collection,)
    assert figure.select_get() and len(bpy.context.selected_objects) == 1


def test_turned_about_all_axes(scene, ext, sample, again):
    """A figure that somersaults, tilted: its angles go on beyond half a turn."""
    level(scene)
    figure = add_figure("STICK", "NONE")
    for frame in range(1, 49, 4):
        figure.matrix_world = Euler((frame / 7, frame / 11, frame / 5)).to_matrix().to_4x4()
        figure.keyframe_insert("rotation_euler", frame=frame)
    before = sample("ARMATURE", (1, 45))
    _, after = again(before, (1, 45))
    assert_drawn_alike(ext, before, after)


def test_every_figure_has_its_property():
    assert set(FIGURES) == {kind for kind, _ in STARTERS}
