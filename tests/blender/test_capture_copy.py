"""A scene that tests share is the one that capturing makes, whatever the tests before did to it."""

from __future__ import annotations

import bpy
import pytest

from tests.blender.capture_copy import CaptureCopy

OWN = {"capture"}  # each has an ID of its own


def _value(value):
    """A property's value as it can be compared, and references by name."""
    if isinstance(value, bpy.types.bpy_prop_collection):
        return [_value(each) for each in value]
    if isinstance(value, bpy.types.ID):
        return type(value).__name__, value.name
    if isinstance(value, bpy.types.bpy_struct):
        return type(value).__name__
    if hasattr(value, "__len__") and not isinstance(value, str | bytes):
        return [_value(each) for each in value]
    return value


def _properties(thing):
    names = [prop.identifier for prop in thing.bl_rna.properties if prop.identifier != "rna_type"]
    return {name: _value(getattr(thing, name)) for name in names if name not in OWN}


def _objects():
    """Each object's own properties, and the keys of what is animated."""
    found = {}
    for each in bpy.data.objects:
        found[each.name] = {
            "matrix": [list(row) for row in each.matrix_world],
            "data": each.data and each.data.name,
            "selected": each.select_get(),
            "action": each.animation_data and each.animation_data.action.name,
            "bones": each.pose and [list(map(list, bone.matrix)) for bone in each.pose.bones],
        }
    return found


def _blocks():
    """Names of all data-blocks, but for those that a file does not keep, since nothing uses them:
    of the factory file, the material Dots Stroke."""
    kinds = [p.identifier for p in bpy.data.bl_rna.properties if p.type == "COLLECTION"]
    return {
        kind: sorted(each.name for each in getattr(bpy.data, kind) if each.users) for kind in kinds
    }


def _state(ext):
    scene = bpy.context.scene
    capture = ext("blender.sketch.current").current_capture(scene)
    return {
        "blocks": _blocks(),
        "objects": _objects(),
        "settings": _properties(scene.mti),
        "manager": _properties(bpy.context.window_manager.mti),
        "render": _properties(scene.render),
        "frame": scene.frame_current_final,
        "active": bpy.context.object.name,
        "mode": bpy.context.mode,
        "file": bpy.data.filepath,
        "capture": {path.name: path.read_bytes() for path in capture.path.iterdir()},
        "changed": ext("blender.sketch.changes").changed_since_capture(bpy.context),
    }


def _changed(scene):
    """What a test may leave behind."""
    scene.mti.name, scene.mti.iterations, scene.mti.takes = "other", 7, 3
    scene.render.fps, scene.frame_current = 60, 30
    bpy.ops.mesh.primitive_cube_add(location=(1, 2, 3))
    bpy.data.scenes.new("Another")
    bpy.data.texts.new("note")
    bpy.context.window_manager.mti.library_search = "walk"


@pytest.fixture
def copy(enabled, figure, polling, tmp_path):
    """One made of the scene that the test has captured itself."""
    assert bpy.ops.mti.capture() == {"FINISHED"}
    bpy.context.scene.mti.name = "wave"
    return CaptureCopy(tmp_path / "kept", enabled)


def test_what_is_read_is_what_was_captured_and_nothing_of_the_test_before(copy, ext, tmp_path):
    (tmp_path / "kept").mkdir()
    made = _state(ext)
    assert made["capture"] and made["objects"]["Stick Figure"]["action"]
    first = bpy.context.scene.mti.capture
    copy.keep()
    for _ in range(2):
        _changed(bpy.context.scene)
        assert _state(ext) != made
        copy.restore()
        again = _state(ext)
        assert {key: again[key] == made[key] for key in made} == dict.fromkeys(made, True)
        assert bpy.context.scene.mti.capture != first and not bpy.data.is_saved
