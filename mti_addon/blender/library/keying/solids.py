"""A box and a camera as objects, at their first sampled place."""

from __future__ import annotations

from typing import Any

import bpy
from mathutils import Matrix

from ....motion.keying.boxes import Box
from ....motion.keying.cameras import SENSOR, Camera

FACES = ((0, 1, 2, 3), (7, 6, 5, 4), (0, 4, 5, 1), (3, 2, 6, 7), (1, 5, 6, 2), (0, 3, 7, 4))
"""Corners of a box, in Blender's order, seen from outside counterclockwise."""


def add_box(collection: Any, name: str, box: Box) -> Any:
    """Add a mesh of the box's size."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(box.corners.tolist(), [], FACES)
    thing = bpy.data.objects.new(name, mesh)
    collection.objects.link(thing)
    _place(thing, box.locations[0], box.rotations[0])
    thing.scale = box.scales[0]
    return thing


def add_camera(collection: Any, name: str, camera: Camera) -> Any:
    """Add a camera with the lens of the first frame."""
    data = bpy.data.cameras.new(name)
    data.type = "PERSP" if camera.perspective else "ORTHO"
    data.sensor_fit, data.sensor_width = "AUTO", SENSOR
    setattr(data, "lens" if camera.perspective else "ortho_scale", camera.zooms[0])
    data.shift_x, data.shift_y = camera.shifts[0]
    data.clip_start, data.clip_end = camera.clip
    thing = bpy.data.objects.new(name, data)
    collection.objects.link(thing)
    _place(thing, camera.locations[0], camera.rotations[0])
    if camera.mirrored:
        thing.scale.x = -1
    return thing


def _place(thing: Any, location: Any, rotation: Any) -> None:
    thing.rotation_mode = "XYZ"
    thing.location = location
    thing.rotation_euler = Matrix(rotation.tolist()).to_euler()
