"""The demo's two scenes: a waving stick figure, and a character to wave like it. Needs bpy.

Everything is built from numbers, so that every Blender version renders the same images. The
extension must be enabled: the figure is added by its own operator, as an animator would.
"""

from __future__ import annotations

import math
from typing import Any

import bpy

FPS = 24
FRAMES = 48
FIGURE_HEIGHT = 1.78
SHARE_OF_PICTURE = 0.80
"""Fraction of the square target's height that the character fills."""

Point = tuple[float, float, float]

# part of the character -> color (sRGB, 0..1); left and right differ, as in the stick figure
COLORS: dict[str, Point] = {
    "torso": (0.20, 0.30, 0.62),
    "head": (0.93, 0.72, 0.52),
    "arm.L": (0.16, 0.62, 0.78),
    "arm.R": (0.88, 0.28, 0.24),
    "leg.L": (0.22, 0.52, 0.30),
    "leg.R": (0.90, 0.64, 0.16),
    "backdrop": (0.80, 0.84, 0.86),
}

# color, bone at whose head it starts, bone at whose tail it ends, radius at each end (meters)
PARTS: tuple[tuple[str, str, str, float, float], ...] = (
    ("torso", "hips", "chest", 0.135, 0.165),
    ("arm.L", "upper_arm.L", "upper_arm.L", 0.075, 0.066),
    ("arm.L", "forearm.L", "hand.L", 0.066, 0.056),
    ("arm.R", "upper_arm.R", "upper_arm.R", 0.075, 0.066),
    ("arm.R", "forearm.R", "hand.R", 0.066, 0.056),
    ("leg.L", "thigh.L", "thigh.L", 0.100, 0.085),
    ("leg.L", "shin.L", "shin.L", 0.085, 0.070),
    ("leg.R", "thigh.R", "thigh.R", 0.100, 0.085),
    ("leg.R", "shin.R", "shin.R", 0.085, 0.070),
)
HEAD_RADIUS = 0.15


def build_motion_scene() -> Any:
    """Build scene A, the current one, emptied: a stick figure with its keyed wave, and a camera."""
    scene = bpy.context.scene
    scene.name = "Motion"
    for ob in list(scene.objects):
        bpy.data.objects.remove(ob)
    scene.render.fps, scene.render.fps_base = FPS, 1.0
    _square(scene)
    scene.frame_start, scene.frame_end = 1, FRAMES
    scene.cursor.location = (0, 0, 0)
    camera = _camera(scene, FIGURE_HEIGHT / 0.74, height=1.0)
    camera.data.type = "PERSP"
    camera.data.lens = 85
    bpy.ops.mti.add_stick_figure(figure="STICK", motion="WAVE")
    scene.frame_set(1)
    return scene


def build_target_scene() -> Any:
    """Build scene B, "Target": a solid character, arms down, before a soft gradient backdrop."""
    scene = bpy.data.scenes.new("Target")
    scene.render.fps = FPS
    _square(scene)
    joints = _rest_joints()
    for i, (color, first, last, thick, thin) in enumerate(PARTS):
        start, end = joints[first][0], joints[last][1]
        mesh = capsule(f"{color} {i}", start, end, thick, thin)
        _add(scene, mesh, COLORS[color])
    top = FIGURE_HEIGHT - HEAD_RADIUS
    head = capsule("head", (0, 0, top - 0.005), (0, 0, top), HEAD_RADIUS, HEAD_RADIUS)
    _add(scene, head, COLORS["head"])
    _add(scene, backdrop(), COLORS["backdrop"])
    _camera(scene, FIGURE_HEIGHT / SHARE_OF_PICTURE, height=FIGURE_HEIGHT / 2)
    _light(scene)
    return scene


def _square(scene: Any) -> None:
    """Set a square image, like the draft model's."""
    scene.render.resolution_x = scene.render.resolution_y = 512
    scene.render.resolution_percentage = 100


def _rest_joints() -> dict[str, tuple[Point, Point]]:
    """Return head and tail of every bone at rest, which is the wave's first pose."""
    from mti_addon.motion.starters.figure import stick_figure

    return {name: (head, tail) for name, _, head, tail in stick_figure()}


def _camera(scene: Any, view_height: float, height: float) -> Any:
    """Add a level camera in front that sees `view_height` meters in a square image."""
    data = bpy.data.cameras.new("Camera")
    data.type, data.ortho_scale = "ORTHO", view_height
    camera = bpy.data.objects.new("Camera", data)
    # distance at which an 85 mm lens has the same view
    distance = view_height * 85 / data.sensor_width
    camera.location = (0, -distance, height)
    camera.rotation_euler = (math.pi / 2, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def _light(scene: Any) -> None:
    """Add soft light from the upper left, and ambient light; Workbench has its own."""
    data = bpy.data.lights.new("Sun", "SUN")
    data.energy, data.angle = 2.2, math.radians(30)
    sun = bpy.data.objects.new("Sun", data)
    sun.rotation_euler = (math.radians(48), 0, math.radians(-34))
    scene.collection.objects.link(sun)
    world = bpy.data.worlds.new("Target")
    if world.node_tree is None:
        world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (1, 1, 1, 1)
    background.inputs["Strength"].default_value = 0.45
    scene.world = world


def _add(scene: Any, mesh: Any, color: Point) -> None:
    material = bpy.data.materials.get(f"mti {color}") or _material(color)
    mesh.materials.append(material)
    scene.collection.objects.link(bpy.data.objects.new(mesh.name, mesh))


def _material(color: Point) -> Any:
    """Create the same matte color for Workbench (diffuse_color) and Cycles (the node)."""
    linear = (*(to_linear(value) for value in color), 1.0)
    material = bpy.data.materials.new(f"mti {color}")
    material.diffuse_color, material.roughness, material.specular_intensity = linear, 1.0, 0.0
    if material.node_tree is None:
        material.use_nodes = True  # always the case from 5.0 on, where setting it is deprecated
    node = material.node_tree.nodes["Principled BSDF"]
    node.inputs["Base Color"].default_value = linear
    node.inputs["Roughness"].default_value = 1.0
    node.inputs["Specular IOR Level"].default_value = 0.0
    return material


def to_linear(value: float) -> float:
    """Convert sRGB to linear (IEC 61966-2-1)."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def capsule(name: str, start: Point, end: Point, thick: float, thin: float) -> Any:
    """Create a rounded, tapered rod from `start` to `end`, in meters, as a smooth mesh."""
    from mathutils import Vector

    axis = Vector(end) - Vector(start)
    length = axis.length
    turn = axis.to_track_quat("Z", "Y")
    quarter = [math.pi / 2 * i / 8 for i in range(9)]
    profile = [(thick * math.sin(a), -thick * math.cos(a)) for a in quarter]
    profile += [(thin * math.cos(a), length + thin * math.sin(a)) for a in quarter]
    around = 32
    points = []
    for radius, along in profile:
        for step in range(around):
            angle = 2 * math.pi * step / around
            local = Vector((radius * math.cos(angle), radius * math.sin(angle), along))
            points.append(Vector(start) + turn @ local)
    return grid_mesh(name, points, len(profile), around, closed=True)


def backdrop() -> Any:
    """Create a wide, bowl-shaped sheet far behind the character, shaded as a soft gradient."""
    from mathutils import Vector

    rows, columns, radius = 48, 2, 9.0
    points = []
    for row in range(rows):
        angle = math.radians(-32 + 64 * row / (rows - 1))
        for side in (-8.0, 8.0):
            y = 2.0 + radius * math.cos(angle)
            points.append(Vector((side, y, 1.0 + radius * math.sin(angle))))
    return grid_mesh("backdrop", points, rows, columns, closed=False)


def grid_mesh(name: str, points: list[Any], rows: int, columns: int, closed: bool) -> Any:
    """Create a smooth mesh of `rows` times `columns` points; closed: wrap columns around."""
    faces = []
    for row in range(rows - 1):
        for column in range(columns if closed else columns - 1):
            right = (column + 1) % columns
            below, above = row * columns, (row + 1) * columns
            faces.append((below + column, below + right, above + right, above + column))
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points, [], faces)
    mesh.shade_smooth()
    mesh.update()
    return mesh
