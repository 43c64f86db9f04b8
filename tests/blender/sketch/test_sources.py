"""Any source: rigs of other people, linked ones, objects, cameras, movies, strips, viewports."""

from __future__ import annotations

import io
import math
import os
import subprocess
import sys
import wave
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from mathutils import Vector

DEFORM, CONTROL = True, False


def _capture(ext):
    name = bpy.context.scene.mti.capture
    return ext("workflow.captures").load_capture(
        ext("blender.common.addon").captures_folder(), name
    )


def _pictures(ext):
    return [ext("motion").decode_png(p.read_bytes()) for p in _capture(ext).pictures()]


def _fails(scene, sentence):
    before = scene.mti.capture
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.mti.capture()
    assert scene.mti.capture == before


def _armature(scene, rows, name="Rig"):
    """rows: (name, parent, head, tail, deforms)."""
    data = bpy.data.armatures.new(name)
    rig = bpy.data.objects.new(name, data)
    scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for bone_name, parent, head, tail, deforms in rows:
        bone = data.edit_bones.new(bone_name)
        bone.head, bone.tail, bone.use_deform = head, tail, deforms
        if parent:
            bone.parent = data.edit_bones[parent]
    bpy.ops.object.mode_set(mode="OBJECT")
    return rig


def _key(bone, degrees, frame, axis=2):
    bone.rotation_mode = "XYZ"
    bone.rotation_euler[axis] = math.radians(degrees)
    bone.keyframe_insert("rotation_euler", index=axis, frame=frame)


@pytest.fixture
def level(scene):
    """The factory scene with a level camera before the origin."""
    scene.camera.location, scene.camera.rotation_euler = (0, -7, 1), (math.pi / 2, 0, 0)
    bpy.context.view_layer.update()
    return scene


def test_a_rig_built_as_rigify_builds_them(level, ext):
    """Deform bones follow the mechanism; only they are drawn, and they move as it does."""
    rows = [("root", None, (0, 0, 0), (0, 0.5, 0), CONTROL)]
    parts = [
        ("spine", None, (0, 0, 0.95), (0, 0, 1.2)),
        ("spine.001", "spine", (0, 0, 1.2), (0, 0, 1.5)),
        ("spine.006", "spine.001", (0, 0, 1.55), (0, 0, 1.8)),
        ("upper_arm.L", "spine.001", (0.2, 0, 1.45), (0.5, 0, 1.45)),
        ("forearm.L", "upper_arm.L", (0.5, 0, 1.45), (0.8, 0, 1.45)),
        ("thigh.L", "spine", (0.1, 0, 0.95), (0.1, 0, 0.5)),
        ("shin.L", "thigh.L", (0.1, 0, 0.5), (0.1, 0, 0.1)),
        ("thigh.R", "spine", (-0.1, 0, 0.95), (-0.1, 0, 0.5)),
    ]  # fmt: skip
    for name, parent, head, tail in parts:
        above = f"ORG-{parent}" if parent else "root"
        rows += [(f"ORG-{name}", above, head, tail, CONTROL),
                 (f"MCH-{name}", "root", head, tail, CONTROL),
                 (f"{name}_fk" if name[-2] != "." else f"{name[:-2]}_fk{name[-2:]}", "root", head,
                  tail, CONTROL),
                 (f"DEF-{name}", above, head, tail, DEFORM)]  # fmt: skip
    rows.append(("DEF-f_index.01.L", "DEF-forearm.L", (0.8, 0, 1.45), (0.9, 0, 1.45), DEFORM))
    rows.append(("DEF-forehead.L", "DEF-spine.006", (0, 0, 1.7), (0.05, 0, 1.75), DEFORM))
    rig = _armature(level, rows)
    for name, *_ in parts:
        control = f"{name[:-2]}_fk{name[-2:]}" if name[-2] == "." else f"{name}_fk"
        copy = rig.pose.bones[f"ORG-{name}"].constraints.new("COPY_TRANSFORMS")
        copy.target, copy.subtarget = rig, control
        follow = rig.pose.bones[f"DEF-{name}"].constraints.new("COPY_TRANSFORMS")
        follow.target, follow.subtarget = rig, f"ORG-{name}"
    for frame, degrees in ((1, 0), (48, -80)):
        _key(rig.pose.bones["upper_arm_fk.L"], degrees, frame)
    plan = ext("blender.sketch.skeletons").plan_of(rig)
    used = [rig.data.bones[i].name for i in plan.bones]
    assert sorted(used) == sorted(f"DEF-{name}" for name, *_ in parts)
    assert plan.parents.count(-1) == 1, "one body, so that it can be drawn with other proportions"
    assert {"left_arm", "left_leg", "right_leg", "torso"} <= set(plan.parts)
    assert bpy.ops.mti.capture() == {"FINISHED"}
    moved = _capture(ext).poses().joints
    assert np.ptp(moved[:, 3 * used.index("DEF-upper_arm.L") + 1], axis=0).max() > 0.2


@pytest.mark.slow
def test_rigifys_own_generated_rig(level, ext):
    bpy.ops.preferences.addon_enable(module="rigify")
    try:
        bpy.ops.object.armature_basic_human_metarig_add()
        metarig = bpy.context.object
        bpy.ops.pose.rigify_generate()
        rig = next(o for o in level.objects if o.type == "ARMATURE" and o != metarig)
        bpy.context.view_layer.objects.active = rig
        plan = ext("blender.sketch.skeletons").plan_of(rig)
        used = [rig.data.bones[i].name for i in plan.bones]
        assert all(name.startswith("DEF-") for name in used) and 15 <= len(used) <= 60
        assert plan.parents.count(-1) == 1
        assert set(plan.parts) >= {
            "head", "torso", "left_arm", "right_arm", "left_leg", "right_leg"
        }  # fmt: skip
        assert plan.parts.count("head") == 1
        for frame, degrees in ((1, 0), (48, 70)):
            _key(rig.pose.bones["torso"], degrees, frame, axis=1)
        assert bpy.ops.mti.capture() == {"FINISHED"}
        assert np.ptp(_capture(ext).poses().joints, axis=0).max() > 0.3
    finally:
        bpy.ops.preferences.addon_disable(module="rigify")


@pytest.fixture
def library(scene, tmp_path):
    """A .blend file with a waving stick figure in a collection of its own."""
    bpy.ops.mti.add_stick_figure()
    figure = bpy.context.object
    figure.name = "Linked Figure"
    group = bpy.data.collections.new("Group")
    group.objects.link(figure)
    path = str(tmp_path / "library.blend")
    bpy.data.libraries.write(path, {group})
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    scene.camera.location, scene.camera.rotation_euler = (0, -7, 1), (math.pi / 2, 0, 0)
    bpy.context.view_layer.update()
    return path


def _linked_group(path):
    with bpy.data.libraries.load(path, link=True) as (source, wanted):
        wanted.collections = source.collections
    return wanted.collections[0]


def test_a_linked_armature(library, ext):
    group = _linked_group(library)
    bpy.context.scene.collection.children.link(group)
    bpy.context.view_layer.objects.active = group.objects[0]
    assert group.objects[0].library is not None
    assert bpy.ops.mti.capture() == {"FINISHED"}
    assert _capture(ext).about.source == "Linked Figure"


def test_a_library_override(library, ext):
    group = _linked_group(library)
    scene = bpy.context.scene
    made = group.override_hierarchy_create(scene, bpy.context.view_layer)
    figure = made.objects[0]
    assert figure.override_library is not None
    bpy.context.view_layer.objects.active = figure
    assert bpy.ops.mti.capture() == {"FINISHED"}


def test_an_instance_of_a_linked_collection_says_why(library, ext):
    instance = bpy.data.objects.new("Instance", None)
    instance.instance_type = "COLLECTION"
    instance.instance_collection = _linked_group(library)
    bpy.context.scene.collection.objects.link(instance)
    bpy.context.view_layer.objects.active = instance
    problem = ext("blender.sketch.sources").source_problem(bpy.context, "ARMATURE")
    assert "Instance is an instance" in problem.message and "override" in problem.hint
    assert not bpy.ops.mti.capture.poll()


@pytest.mark.parametrize("kind", ["MESH", "EMPTY"])
def test_an_objects_animation_is_drawn_as_a_box(level, ext, kind):
    moving = level.objects["Cube"]
    if kind == "EMPTY":
        moving = bpy.data.objects.new("Empty", None)
        moving.empty_display_size = 0.7
        level.collection.objects.link(moving)
        bpy.context.view_layer.objects.active = moving
    moving.scale = (0.5, 0.5, 0.5)
    level.mti.source = "OBJECT"
    for frame, x, turn in ((1, -1, 0), (30, 1, 1.5)):
        moving.location, moving.rotation_euler = (x, 0, 1), (0, turn, turn)
        moving.keyframe_insert("location", frame=frame)
        moving.keyframe_insert("rotation_euler", frame=frame)
    assert ext("blender.sketch.sources").frame_span(bpy.context) == (1, 30)
    poses = ext("blender.sketch.capture").poses_from_scene(
        bpy.context, "OBJECT", 1, 30, 14, (64, 64)
    )
    level.frame_set(30)
    half = 0.5 if kind == "MESH" else 0.35
    corners = [
        moving.matrix_world @ Vector((x, y, z)) * 1
        for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)
    ]  # fmt: skip
    if kind == "EMPTY":
        corners = [
            moving.matrix_world @ Vector((0.7 * x, 0.7 * y, 0.7 * z))
            for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)
        ]  # fmt: skip
    apart = np.linalg.norm(poses.joints[-1][:, None] - np.array(corners)[None], axis=2)
    assert (apart.min(0) < 1e-3).all() and (apart.min(1) < 1e-3).all()
    edges = [poses.joints[0][a] - poses.joints[0][b] for a, b in poses.limbs[:12]]
    assert np.allclose(np.linalg.norm(edges, axis=1), 2 * half, atol=1e-3)
    assert bpy.ops.mti.capture() == {"FINISHED"}
    assert len({picture.tobytes() for picture in _pictures(ext)}) == 14
    capture = _capture(ext)
    motion = ext("motion")
    for path, picture in zip(capture.pictures(), motion.draw(capture.poses()), strict=True):
        assert (motion.decode_png(path.read_bytes()) == picture).all()


def test_an_object_that_does_not_move_or_is_none(level, ext):
    level.mti.source = "OBJECT"
    _fails(level, "Cube has no keys")
    bpy.context.view_layer.objects.active = None
    assert not bpy.ops.mti.capture.poll()


def _move_camera(scene, last=24):
    for frame, x in ((1, -1.0), (last, 2.0)):
        scene.camera.location.x = x
        scene.camera.keyframe_insert("location", frame=frame)


def test_a_camera_in_an_empty_scene_moves_through_a_room(level, ext):
    bpy.data.objects.remove(level.objects["Cube"])
    level.mti.source = "CAMERA"
    _fails(level, "Camera does not move")
    _move_camera(level)
    assert bpy.ops.mti.capture() == {"FINISHED"}
    capture, pictures = _capture(ext), _pictures(ext)
    assert (capture.about.info.frame_start, capture.about.info.frame_end) == (1, 24)
    assert capture.about.source == "Camera"
    assert capture.poses().fps == pytest.approx(13 * 24 / 23)
    assert (ext("motion").draw(capture.poses()) == pictures).all()
    steps = [np.abs(a.astype(int) - b).mean() for a, b in zip(pictures, pictures[1:], strict=False)]
    assert min(steps) > 3 and np.std(pictures[0]) > 15


@pytest.mark.usefixtures("coarse")
def test_a_camera_over_the_scenes_own_geometry(level, ext):
    """The render lies over the room: the cube is where the camera sees it, in its colour."""
    paint = bpy.data.materials.new("Paint")
    paint.diffuse_color = (0.8, 0.0, 0.0, 1)
    cube = level.objects["Cube"]
    cube.data.materials.clear()
    cube.data.materials.append(paint)
    cube.location = (0, 0, 1)
    level.mti.source = "CAMERA"
    _move_camera(level)
    before = {n: getattr(level.render, n) for n in ("engine", "filepath", "film_transparent")}
    assert bpy.ops.mti.capture() == {"FINISHED"}
    assert before == {n: getattr(level.render, n) for n in before}
    assert level.frame_current == 1
    first, last = (p.astype(int) for p in (_pictures(ext)[0], _pictures(ext)[-1]))
    for picture, side in ((first, 1), (last, -1)):
        red = (picture[..., 0] > 90) & (picture[..., 1] < picture[..., 0] // 2)
        assert 400 < red.sum() < 10000
        assert side * (np.nonzero(red)[1].mean() - 64) > 4  # to the right as the camera is left
        assert picture[~red].std() > 15  # and the room is behind it


def _film(path, numbered=False, frames=24, size=(96, 48)):
    """A white disc that goes from left to right, as a movie or as pictures."""
    scene = bpy.data.scenes.new("Film")
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.resolution_percentage, scene.render.fps = 100, 12
    scene.view_settings.view_transform = "Standard"
    strips = scene.sequence_editor_create().strips
    kwargs = {"name": "c", "type": "COLOR", "channel": 1, "frame_start": 1}
    try:
        strip = strips.new_effect(**kwargs, length=frames)
    except TypeError:
        strip = strips.new_effect(**kwargs, frame_end=frames + 1)
    strip.color = (1, 1, 1)
    strip.transform.scale_x = strip.transform.scale_y = 0.2
    for frame in range(1, frames + 1):
        share = (frame - 1) / (frames - 1)
        strip.transform.offset_x = (80 * share - 40) * size[0] / 96
        strip.transform.keyframe_insert("offset_x", frame=frame)
    scene.frame_end = frames
    image = scene.render.image_settings
    if numbered:
        image.file_format = "PNG"
    else:
        if hasattr(image, "media_type"):
            image.media_type = "VIDEO"
        image.file_format = "FFMPEG"
        scene.render.ffmpeg.format, scene.render.ffmpeg.codec = "MPEG4", "H264"
        scene.render.ffmpeg.constant_rate_factor = "HIGH"
        scene.render.use_file_extension = False
    scene.render.filepath = str(path)
    bpy.ops.render.render(animation=True, scene=scene.name)
    bpy.data.scenes.remove(scene)


def beep():
    """A WAV file of a second."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setparams((1, 2, 8000, 8000, "NONE", ""))
        file.writeframes(bytes(16000))
    return stream.getvalue()


def _place(picture):
    """Where the bright thing is, from left to right."""
    light = picture.astype(float).mean(2)
    return float((light.sum(0) * np.arange(light.shape[1])).sum() / max(light.sum(), 1))


def _goes_right(pictures):
    places = [_place(picture) for picture in pictures]
    steps = np.diff(places)
    return bool((steps > 0).all())


@pytest.mark.parametrize("numbered", [False, True], ids=["movie", "pictures"])
def test_a_file(scene, ext, tmp_path, numbered):
    path = tmp_path / ("shot_" if numbered else "film.mp4")
    _film(path, numbered)
    scene.mti.source = "FILE"
    scene.mti.file = str(tmp_path / "shot_0007.png") if numbered else str(path)
    scenes, frame = len(bpy.data.scenes), scene.frame_current
    assert bpy.ops.mti.capture() == {"FINISHED"}
    about, pictures = _capture(ext).about, _pictures(ext)
    assert len(pictures) == 14 and pictures[0].shape == (128, 128, 3)
    assert _goes_right(pictures[2:-2])  # the square crop cuts the film's sides off
    assert (about.info.frame_start, about.info.frame_end) == (1, 24)
    assert about.info.fps == (24 if numbered else 12)
    assert numbered or any("50% of each image is cut off" in note for note in about.notes)
    assert len(bpy.data.scenes) == scenes and scene.frame_current == frame
    assert not len(bpy.data.movieclips)


def test_a_part_of_a_file(scene, ext, tmp_path):
    _film(tmp_path / "film.mp4", size=(64, 64))
    scene.mti.source, scene.mti.file = "FILE", str(tmp_path / "film.mp4")
    scene.mti.frame_range_mode, scene.mti.frame_start, scene.mti.frame_end = "CUSTOM", 12, 40
    assert bpy.ops.mti.capture() == {"FINISHED"}
    about = _capture(ext).about
    assert (about.info.frame_start, about.info.frame_end) == (12, 24)
    assert any("fewer than 14 frames" in note for note in about.notes)
    scene.mti.frame_start = 90
    scene.mti.frame_end = 99
    _fails(scene, "has frames 1 to 24")


@pytest.mark.parametrize("kind", ["movie", "pictures"])
def test_a_strip_and_only_what_is_shown_of_it(scene, ext, tmp_path, kind):
    numbered = kind == "pictures"
    path = tmp_path / ("shot_" if numbered else "film.mp4")
    _film(path, numbered, size=(64, 64))
    # a strip is drawn in a frame in which it has all its pixels: that of a large scene is huge
    scene.render.resolution_x, scene.render.resolution_y = 192, 108
    strips = scene.sequence_editor_create().strips
    place = {"name": "clip", "channel": 1, "frame_start": 101}
    if numbered:
        strip = strips.new_image(filepath=str(tmp_path / "shot_0001.png"), **place)
        for i in range(2, 25):
            strip.elements.append(f"shot_{i:04d}.png")
    else:
        strip = strips.new_movie(filepath=str(path), **place)
    scene.mti.source = "STRIP"
    sources = ext("blender.sketch.sources")
    context = SimpleNamespace(
        scene=scene, view_layer=bpy.context.view_layer, workspace=SimpleNamespace()
    )
    scene.sequence_editor.active_strip = None
    assert "There is no active strip" in sources.source_problem(context, "STRIP").message
    scene.sequence_editor.active_strip = strip
    assert sources.frame_span(context) == (101, 124)
    if hasattr(strip, "left_handle"):
        strip.left_handle = 105
    else:
        strip.frame_final_start = 105
    assert sources.frame_span(context) == (105, 124)
    shot = ext("blender.sketch.reference").take_shot(context, 14, (64, 64))
    assert shot.span == (105, 124) and _goes_right(shot.pictures)
    assert 13 < _place(shot.pictures[0]) < 16  # the fifth of 24 pictures comes first


def test_footage_that_cannot_be_read(scene, ext, tmp_path):
    scene.mti.source = "FILE"
    find = ext("blender.sketch.sources").source_problem
    assert "No file" in find(bpy.context, "FILE").message
    scene.mti.file = str(tmp_path / "none.mp4")
    assert "missing" in find(bpy.context, "FILE").message and not bpy.ops.mti.capture.poll()
    (tmp_path / "text.txt").write_text("no movie")
    scene.mti.file = str(tmp_path / "text.txt")
    assert "neither a movie nor an image" in find(bpy.context, "FILE").message
    (tmp_path / "one.png").write_bytes(b"")
    scene.mti.file = str(tmp_path / "one.png")
    assert "single image" in find(bpy.context, "FILE").message
    (tmp_path / "broken.mp4").write_bytes(b"not a movie at all" * 99)
    scene.mti.file = str(tmp_path / "broken.mp4")
    assert find(bpy.context, "FILE") is None
    _fails(scene, "not a movie that Blender can read")
    assert not len(bpy.data.movieclips)


def test_a_strip_of_another_kind_and_one_without_its_file(scene, ext, tmp_path):
    scene.sequence_editor_create()
    strips = scene.sequence_editor.strips
    _film(tmp_path / "film.mp4", frames=4)
    strip = strips.new_movie(
        name="clip", filepath=str(tmp_path / "film.mp4"), channel=1, frame_start=1
    )
    scene.sequence_editor.active_strip = strip
    (tmp_path / "film.mp4").unlink()
    find = ext("blender.sketch.sources").source_problem
    assert "missing" in find(bpy.context, "STRIP").message
    sound = tmp_path / "beep.wav"
    sound.write_bytes(beep())
    other = strips.new_sound(name="beep", filepath=str(sound), channel=2, frame_start=1)
    scene.sequence_editor.active_strip = other
    assert "beep is a sound strip and has no images" in find(bpy.context, "STRIP").message


def test_a_viewport_needs_a_window(scene, ext):
    scene.mti.source = "VIEWPORT"
    problem = ext("blender.sketch.sources").source_problem(bpy.context, "VIEWPORT")
    assert "background mode" in problem.message and problem.hint
    assert not bpy.ops.mti.capture.poll()


VIEWPORT = """
import sys, os
import bpy, gpu, addon_utils, importlib
gpu.init()
bpy.context.preferences.extensions.repos.new(
    name="MTI Dev", module="mti_dev", custom_directory=sys.argv[1])
addon_utils.enable("bl_ext.mti_dev.mti", default_set=True)
views = importlib.import_module("bl_ext.mti_dev.mti.mti_addon.blender.sketch.views")
bpy.ops.mti.add_stick_figure(motion="JUMPING_JACK")
bpy.data.objects.remove(bpy.data.objects["Cube"])
seen = views.find_viewport(bpy.context)[0].region_3d
for perspective in ("PERSP", "CAMERA"):
    seen.view_perspective = perspective
    pictures = views.viewport_pictures(bpy.context, [1, 13, 25], (64, 48))
    apart = abs(pictures[0].astype(int) - pictures[1]).max()
    again = abs(pictures[0].astype(int) - pictures[2]).max()
    print("seen", pictures.shape, pictures.std() > 3, apart > 30, again < 8, flush=True)
addon_utils.disable("bl_ext.mti_dev.mti", default_set=True)
os._exit(0)
"""


@pytest.mark.skipif(bpy.app.version < (5, 2), reason="draws without a window from 5.2 on")
def test_what_a_viewport_shows(staged, tmp_path):
    """In a process of its own: Blender ends where there is no OpenGL."""
    probe = "import bpy, gpu, os; gpu.init(); os._exit(42)"
    if subprocess.run([sys.executable, "-c", probe], capture_output=True).returncode != 42:
        pytest.skip("no OpenGL here")
    result = subprocess.run(
        [sys.executable, "-c", VIEWPORT, str(staged.parent)],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path / "user")},
        capture_output=True,
        text=True,
        timeout=240,
    )
    lines = [line for line in result.stdout.splitlines() if line.startswith("seen")]
    assert lines == ["seen (3, 48, 64, 3) True True True"] * 2, result.stderr[-2000:]


def test_the_frames_that_are_captured(figure, scene, ext):
    sources = ext("blender.sketch.sources")
    assert sources.frame_span(bpy.context) == (1, 48)
    assert sources.span_warnings(bpy.context) == []
    scene.mti.frame_range_mode = "SCENE"
    assert sources.frame_span(bpy.context) == (1, 250)
    (warning,) = sources.span_warnings(bpy.context)
    assert "Stick Figure only moves until frame 48" in warning.message
    assert "ends at 250" in warning.message and "choose an earlier end" in warning.hint
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 5, 40
    assert sources.frame_span(bpy.context) == (5, 40)
    scene.mti.frame_range_mode, scene.mti.frame_start, scene.mti.frame_end = "CUSTOM", -20, 30
    assert sources.frame_span(bpy.context) == (-20, 30)
    (warning,) = sources.span_warnings(bpy.context)
    assert "only moves from frame 1 on" in warning.message
    assert "choose a later start" in warning.hint
    scene.mti.frame_range_mode = "AUTO"
    figure.animation_data_clear()
    assert sources.frame_span(bpy.context) == (5, 40)
    (warning,) = sources.span_warnings(bpy.context)
    assert "Stick Figure has no keys" in warning.message


def test_a_motion_that_goes_on_has_no_end(level, ext):
    bpy.ops.mti.add_stick_figure(motion="WALK")
    level.mti.frame_range_mode = "SCENE"
    assert ext("blender.sketch.sources").span_warnings(bpy.context) == []
    assert bpy.ops.mti.capture() == {"FINISHED"}
    notes = " ".join(_capture(ext).about.notes)
    assert "faster than 14 frames can show" in notes and "apart" in notes


def test_strips_of_the_nla_have_frames_too(figure, scene, ext):
    action = figure.animation_data.action
    track = figure.animation_data.nla_tracks.new()
    strip = track.strips.new("wave", 20, action)
    figure.animation_data.action = None
    sources = ext("blender.sketch.sources")
    assert sources.frame_span(bpy.context) == (20, int(strip.frame_end))
    assert sources.span_warnings(bpy.context) == []


def test_a_starter_motion_in_view_has_no_warnings(level, ext):
    level.camera.data.lens = 70
    for motion in ("WAVE", "WALK", "SQUAT", "JUMPING_JACK", "KICK", "TURN_AROUND"):
        bpy.ops.mti.add_stick_figure(motion=motion)
        assert bpy.ops.mti.capture() == {"FINISHED"}
        assert _capture(ext).about.notes == (), motion


def test_all_pictures_are_shown_on_the_sheet(ext):
    make = ext("workflow.captures")._sheet
    for count, height, width in ((14, 64, 64), (14, 576, 1024), (25, 576, 1024)):
        pictures = np.full((count, height, width, 3), 200, np.uint8)
        sheet = make(pictures)
        step = max(1, height // 128)
        shown = (sheet == 200).all(2).sum() / (-(-height // step) * -(-width // step))
        assert shown == count
        assert 0.55 < sheet.shape[0] / sheet.shape[1] < 1.8
