"""The characters of the scenes rendered in Blender for the evaluation: rods between joints.

Needs bpy. Designs use the draft's axes (mti_backend/draft/procedural/body.py), in frame widths.
"""

from __future__ import annotations

import math
from typing import Any

import bpy
from mathutils import Matrix, Quaternion, Vector

from demo import scene as demo

from .target_materials import make_material

Scene = dict[str, Any]
HEAD, NECK = 1, 10
# direction of each part when the character stands at ease; as body.PARTS + body.EXTRAS
_UP, _DOWN, _RIGHT, _AHEAD = ((0, 0, 1), (0, 0, -1), (1, 0, 0), (0, -1, 0))
REST = (_UP, _UP, *[_DOWN] * 8, _UP, _RIGHT, _RIGHT, _DOWN, _DOWN, _AHEAD, _AHEAD, _DOWN, _DOWN)


def to_blender(point: list[float]) -> Vector:
    """Convert x right, y up, z towards the viewer to Blender's axes, as seen from the front."""
    return Vector((point[0], -point[2], point[1]))


class Character:
    """The rods of a design and what is attached to its head; `pose` positions them for a frame."""

    def __init__(self, scene: Any, design: Scene) -> None:
        self.design, self.rods, self.fixed = design, [], []
        materials = {name: make_material(look) for name, look in design["materials"].items()}
        for part, (radii, shape) in enumerate(zip(design["radii"], design["shapes"], strict=True)):
            if max(radii) > 0:
                mesh = rod(shape, self._length(part, 0), *radii)
                material = materials[design["part_materials"][part]]
                self.rods.append((part, add(scene, mesh, material, part)))
        for mesh, material, offset in self._head_things():
            self.fixed.append((add(scene, mesh, materials[material], HEAD), offset))

    def _length(self, part: int, frame: int) -> float:
        start, end = map(to_blender, self.design["ends"][frame][part])
        return max((end - start).length, 1e-4)

    def _head_things(self) -> list[tuple[Any, str, Vector]]:
        radius, things = self.design["radii"][HEAD][0], []
        if self.design["eyes"]:
            for side in (-1, 1):
                eye = rod("capsule", 1e-4, 0.14 * radius, 0.14 * radius)
                things.append((eye, "dark", radius * Vector((0.36 * side, -0.9, 0.18))))
        if self.design["hat"]:
            hat = rod("cone", 0.9 * radius, 1.15 * radius, 0.5 * radius)
            things.append((hat, "bottom", Vector((0, 0, 0.45 * radius))))
        return things

    def pose(self, frame: int) -> None:
        """Move every rod to the positions of its ends in this frame."""
        ends, yaw = self.design["ends"][frame], self.design["yaw"][frame]
        # yaw turns to the viewer's right: from -y to +x
        body = Quaternion((0, 0, 1), yaw)
        for part, thing in self.rods:
            start, end = map(to_blender, ends[part])
            axis = end - start
            if axis.length < 1e-4 or part == HEAD:
                axis = to_blender(ends[NECK][1]) - to_blender(ends[NECK][0])
            rest = Vector(REST[part])
            turn = body @ rest.rotation_difference(body.inverted() @ axis)
            stretch = self._length(part, frame) / self._length(part, 0)
            lie = turn @ _from_z(rest)
            # a rod's mesh extends along its own z
            thing.matrix_world = Matrix.LocRotScale(start, lie, Vector((1, 1, stretch)))
            if part == HEAD:
                for other, offset in self.fixed:
                    other.matrix_world = Matrix.LocRotScale(start + turn @ offset, turn, None)

    def hide(self, hidden: bool) -> None:
        """Hide the character in the images, or show it."""
        for thing in [thing for _, thing in self.rods] + [thing for thing, _ in self.fixed]:
            thing.hide_render = hidden


def _from_z(axis: Vector) -> Quaternion:
    """Return a rotation of z to `axis`, about x if possible, so that boxes keep their sides."""
    if axis.z < -0.999:
        return Quaternion((1, 0, 0), math.pi)
    return Vector((0, 0, 1)).rotation_difference(axis)


def rod(shape: str, length: float, thick: float, thin: float) -> Any:
    """Create a capsule, box or cone along z from 0 to `length`, with these half widths at the ends.

    A box without length is a cube around 0.
    """
    origin, top = (0.0, 0.0, 0.0), (0.0, 0.0, length)
    if shape in ("capsule", "ball"):
        return demo.capsule(shape, origin, top, thick, thin)
    low, high = (-thick, thick) if length < 1e-3 else (0.0, length)
    around = 4 if shape == "box" else 24
    wide = math.sqrt(2) if shape == "box" else 1.0  # corners of a square
    points = []
    for radius, along in ((0.0, low), (thick, low), (thin, high), (0.0, high)):
        for step in range(around):
            angle = 2 * math.pi * (step + 0.5) / around
            points.append((wide * radius * math.cos(angle), wide * radius * math.sin(angle), along))
    mesh = demo.grid_mesh(shape, points, 4, around, closed=True)
    mesh.shade_flat()
    return mesh


def add(scene: Any, mesh: Any, material: Any, part: int | None = None) -> Any:
    """Add a mesh as an object to the scene; `part` identifies it in ray casts."""
    mesh.materials.append(material)
    thing = bpy.data.objects.new(mesh.name, mesh)
    if part is not None:
        thing["part"] = part
    scene.collection.objects.link(thing)
    return thing
