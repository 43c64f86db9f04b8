"""Edit and Apply to Figure, for a motion of the library by its id."""

from __future__ import annotations

import json

import bpy
import pytest

from tests.blender.library.shelving import add_figure, level, save


@pytest.fixture
def walk(shelf, ext, scene):
    """A saved motion of the stick figure, and a new file."""
    level(scene)
    add_figure("STICK", "WALK")
    motion = save(ext, shelf, "Walk")
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    return motion


def said(operator, **options):
    """What an operator says when it refuses."""
    with pytest.raises(RuntimeError) as told:
        operator(**options)
    return str(told.value)


def test_edit_adds_the_figure_and_undo_takes_it_away(walk):
    scene = bpy.context.scene
    before = set(scene.objects.keys())
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.mti.edit_motion("EXEC_DEFAULT", True, motion=walk.preset.id) == {"FINISHED"}
    figure = bpy.context.object
    assert (figure.name, figure.type) == ("Walk", "ARMATURE")
    assert bpy.context.selected_objects == [figure]
    assert set(scene.objects.keys()) - before == {"Walk", "Walk Camera"}
    assert scene.mti.source == "ARMATURE"
    bpy.ops.ed.undo()
    assert set(bpy.context.scene.objects.keys()) == before
    assert not bpy.data.actions and not bpy.data.armatures


def test_it_is_captured_and_named_as_before(walk, ext):
    assert bpy.ops.mti.edit_motion(motion=walk.preset.id) == {"FINISHED"}
    assert bpy.ops.mti.capture() == {"FINISHED"}
    scene = bpy.context.scene
    assert scene.mti.name == "Walk"
    capture = ext("workflow.captures").load_capture(
        ext("blender.common.addon").captures_folder(), scene.mti.capture
    )
    assert capture.about.info == walk.preset.capture
    motion = ext("motion")
    decode = motion.decode_png
    for path, name in zip(capture.pictures(), walk.preset.references, strict=True):
        now, then = decode(path.read_bytes()), decode((walk.folder / name).read_bytes())
        assert abs(now.astype(int) - then).mean() < 0.1


def test_apply_keys_the_active_figure(walk):
    figure = add_figure("STICK", "WAVE")
    bpy.ops.object.mode_set(mode="POSE")
    bpy.context.scene.frame_set(5)
    assert bpy.ops.mti.pose_motion(motion=walk.preset.id) == {"FINISHED"}
    assert figure.animation_data.action.name == "Walk" and figure.mode == "POSE"
    assert [ob.name for ob in bpy.context.scene.objects if ob.type == "ARMATURE"] == [figure.name]


def test_apply_adds_a_figure_at_the_cursor_if_none_is_active(walk):
    scene = bpy.context.scene
    scene.cursor.location, scene.camera = (2, 1, 0.5), None
    scene.frame_set(20)
    assert bpy.ops.mti.pose_motion(motion=walk.preset.id) == {"FINISHED"}
    figure = bpy.context.object
    assert figure.type == "ARMATURE" and figure.location[:] == (2, 1, 0.5)
    assert figure.animation_data.action.frame_range[0] == 20
    assert scene.camera is None  # nothing but the figure is added


def test_edit_mode_is_left_first(walk):
    bpy.context.view_layer.objects.active = bpy.data.objects["Cube"]
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        assert "Leave Edit Mode first" in said(bpy.ops.mti.edit_motion, motion=walk.preset.id)
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")


def test_a_motion_that_is_gone(shelf, scene):
    text = said(bpy.ops.mti.edit_motion, motion="0" * 32)
    assert "This motion is no longer in the library." in text


def without_poses(library, motion):
    files = {n: s for n, s in motion.preset.files.items() if n != "poses.json"}
    contents = {name: motion.folder / name for name in files}
    return library.add_motion(motion.folder.parent, motion.preset, contents)


def test_a_motion_without_poses(walk, ext):
    motion = without_poses(ext("wire.library"), walk)
    text = said(bpy.ops.mti.edit_motion, motion=motion.preset.id)
    assert "Walk has no captured poses, so it cannot be brought back into a scene." in text


def with_poses(library, motion, data):
    """The same motion with other poses."""
    contents = {name: motion.folder / name for name in motion.preset.files}
    contents["poses.json"] = data
    return library.add_motion(motion.folder.parent, motion.preset, contents)


def odd(motion, change):
    poses = json.loads((motion.folder / "poses.json").read_text())
    change(poses)
    return json.dumps(poses).encode()


def _not_a_number(poses):
    poses["joints"][3][5][1] = float("nan")


def _single(poses):
    for name in ("joints", "world_to_clip"):
        poses[name] = poses[name][:1]


def _no_parents(poses):
    poses["parents"] = []


def _flat(poses):
    poses["joints"] = [[[0.0, 0.0, 0.0]] * len(joints) for joints in poses["joints"]]


ODD = {
    "not numbers": (_not_a_number, "poses"),
    "a single image": (_single, "captured poses are damaged"),
    "no bones": (_no_parents, "not those of an armature, an object or a camera"),
    "garbage": (lambda poses: poses.clear(), "captured poses are damaged"),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_poses_end_in_one_sentence(walk, ext, case):
    change, expected = ODD[case]
    motion = with_poses(ext("wire.library"), walk, odd(walk, change))
    before = bpy.data.objects.keys()
    assert expected in said(bpy.ops.mti.edit_motion, motion=motion.preset.id)
    assert bpy.data.objects.keys() == before and not bpy.data.actions


def test_bones_without_any_length_are_built(walk, ext):
    motion = with_poses(ext("wire.library"), walk, odd(walk, _flat))
    assert bpy.ops.mti.edit_motion(motion=motion.preset.id) == {"FINISHED"}
    assert len(bpy.context.object.data.bones) == 19


def test_files_that_were_changed(walk):
    (walk.folder / "poses.json").write_text("{}")
    text = said(bpy.ops.mti.edit_motion, motion=walk.preset.id)
    assert "poses.json has changed since it was written." in text
