"""The box that is drawn for a thing: around its shape, or around what it carries."""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest

from tests.blender.sketch import inputs


@pytest.fixture
def level(scene):
    """The factory scene with a level camera before the origin."""
    scene.camera.location, scene.camera.rotation_euler = (0, -12, 1), (math.pi / 2, 0, 0)
    return scene


def _sizes(ext, scene, thing):
    """The box's extents (F, 3) along its own edges, metres."""
    inputs.active(thing)
    bpy.context.view_layer.update()
    poses = ext("blender.sketch.capture").poses_from_scene(
        bpy.context, "OBJECT", 1, 20, 5, (64, 64)
    )
    corners = poses.joints
    return np.stack(
        [np.linalg.norm(corners[:, at] - corners[:, 0], axis=-1) for at in (4, 3, 1)], axis=-1
    )


def _part(parent, size, place):
    mesh = bpy.data.meshes.new("Part")
    half = np.array(size) / 2
    mesh.from_pydata([tuple(half * corner) for corner in CORNERS], [], [])
    part = inputs.link("Part", mesh)
    part.parent, part.location = parent, place
    return part


CORNERS = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]


def _drive(thing):
    inputs.key(thing, "location", (1, (-2, 0, 0)), (20, (2, 0, 0)))
    inputs.key(thing, "rotation_euler", (1, (0, 0, 0.2)), (20, (0, 0, -0.9)))


def test_an_empty_above_a_car(level, ext):
    """A body and wheels that turn: the box goes with the car, and keeps its shape."""
    root = inputs.link("Car")
    body = _part(root, (2, 1, 0.6), (0, 0, 0.6))
    for x in (-0.7, 0.7):
        wheel = _part(body, (0.5, 0.1, 0.5), (x, -0.5, -0.3))
        inputs.key(wheel, "rotation_euler", (1, (0, 0, 0)), (20, (0, 9, 0)))
    _drive(root)
    sizes = _sizes(ext, level, root)
    assert np.ptp(sizes, axis=0).max() < 1e-3
    assert np.allclose(sizes[0], (2, 1.05, 0.85), atol=0.06)


@pytest.mark.parametrize("scale", [1, 0.2])
def test_an_instance_of_a_collection(level, ext, scale):
    group = bpy.data.collections.new("Group")
    part = _part(None, (1, 2, 3), (5, 0, 0))
    level.collection.objects.unlink(part)
    group.objects.link(part)
    group.instance_offset = (5, 0, 0)
    shown = inputs.link("Shown")
    shown.instance_type, shown.instance_collection = "COLLECTION", group
    shown.scale = (scale,) * 3
    shown.empty_display_size = 40
    _drive(shown)
    assert np.allclose(_sizes(ext, level, shown), np.multiply((1, 2, 3), scale), atol=1e-3)


def test_instances_of_geometry_nodes(level, ext):
    thing = inputs.link("Nodes", bpy.data.meshes.new("Empty"))
    tree = inputs.nodes(thing)
    made = tree.nodes.new("GeometryNodeMeshCube")
    made.inputs["Size"].default_value = (1, 1, 2)
    instance = tree.nodes.new("GeometryNodeGeometryToInstance")
    tree.links.new(made.outputs[0], instance.inputs[0])
    tree.links.new(instance.outputs[0], tree.nodes["Group Output"].inputs[0])
    _drive(thing)
    assert np.allclose(_sizes(ext, level, thing), (1, 1, 2), atol=1e-3)


def test_an_armature_as_an_object_is_as_large_as_its_bones(level, ext):
    rig = inputs.person()
    _drive(rig)
    sizes = _sizes(ext, level, rig)
    assert 1.6 < sizes[0, 2] < 2 and sizes[0, 1] < 0.5


def test_what_has_nothing_is_a_cube(level, ext):
    empty = inputs.link("Empty")
    empty.empty_display_size = 0.3
    _drive(empty)
    assert np.allclose(_sizes(ext, level, empty), 0.6, atol=1e-3)
    lamp = level.objects["Light"]
    _drive(lamp)
    assert np.allclose(_sizes(ext, level, lamp), 1, atol=1e-3)


def test_a_flat_scale_does_no_harm(level, ext):
    root = inputs.link("Car")
    _part(root, (2, 1, 1), (0, 0, 0))
    root.scale = (1, 1, 0)
    _drive(root)
    assert np.isfinite(_sizes(ext, level, root)).all()
    group = inputs.link("Group")
    flat = _part(group, (2, 1, 0), (0, 0, 0))
    assert flat.parent is group
    _drive(group)
    assert np.allclose(_sizes(ext, level, group), (2, 1, 0), atol=1e-3)


def test_a_camera_before_an_empty_sees_what_it_carries(level, ext):
    root = inputs.link("Car")
    _part(root, (8, 1, 1), (0, 0, 0))
    _drive(root)
    inputs.active(root)
    level.mti.source = "OBJECT"
    bpy.context.view_layer.update()
    assert bpy.ops.mti.add_camera() == {"FINISHED"}
    bpy.context.view_layer.update()
    poses = ext("blender.sketch.capture").poses_from_scene(
        bpy.context, "OBJECT", 1, 20, 5, (64, 64)
    )
    assert ext("motion.checks").visible_shares(poses).min() == 1
