"""Create a camera that sees a whole motion: level, in front of it, and as close as possible."""

from __future__ import annotations

import math
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..scene.boxes import box_corners
from .cameras import framing_camera
from .capture import playing
from .skeletons import joints_of, plan_of

LENS, HALF_SENSOR = 50.0, 18.0
"""In millimeters, as in Blender's default camera."""
MARGIN = 1.15
NEAREST = 1e-3
"""Minimum distance in meters, for subjects without extent."""
NAME = "Framing Camera"
MOMENTS = 12


def add_camera(context: Any, mover: Any, span: tuple[int, int], size: tuple[int, int]) -> Any:
    """Create a camera that sees all of `mover` from frame span[0] to span[1].

    It is used for capturing only, and reused if it exists; if the scene has no camera, it becomes
    the scene's. It looks from the compass direction of the scene's camera, or else of the viewport,
    or else along +Y. `size`: (width, height) of the captured images.
    """
    scene = context.scene
    view = getattr(context, "region_data", None)
    away = view.view_rotation @ Vector((0, 0, 1)) if view else Vector((0, -1, 0))
    if scene.camera is not None:
        away = scene.camera.matrix_world.translation - mover.matrix_world.translation
    away.z = 0
    away = away.normalized() if away.length > 1e-3 else Vector((0, -1, 0))
    points = _places(scene, mover, span)
    render = scene.render
    aspects = size[1] / size[0], render.resolution_y / render.resolution_x
    camera = framing_camera(scene) or _new_camera(scene)
    data, sensor = camera.data, {"sensor_fit": "AUTO", "sensor_width": 2 * HALF_SENSOR}
    for name, value in {
        "type": "PERSP",
        "lens": LENS,
        "shift_x": 0,
        "shift_y": 0,
        **sensor,
    }.items():
        setattr(data, name, value)
    turn = Matrix.Rotation(math.atan2(away.y, away.x) + math.pi / 2, 4, "Z")
    turn = turn @ Matrix.Rotation(math.pi / 2, 4, "X")
    eye, distance = _eye(points, turn, aspects)
    data.clip_start, data.clip_end = min(0.1, distance / 10), max(1000.0, 10 * distance)
    camera.matrix_world = Matrix.Translation(eye) @ turn
    return camera


def _new_camera(scene: Any) -> Any:
    """Create a camera for capturing only, or for the scene if it has none."""
    camera = bpy.data.objects.new(NAME, bpy.data.cameras.new(NAME))
    scene.collection.objects.link(camera)
    if scene.camera is None:
        scene.camera = camera
    else:
        scene.mti.capture_camera = camera
    return camera


def _eye(points: np.ndarray, turn: Matrix, aspects: tuple[float, float]) -> tuple[Vector, float]:
    """Return position and distance of a camera oriented like this that sees all points (N, 3)."""
    local = points @ np.array(turn.to_3x3())  # x right, y up, z towards the camera
    low, high = local.min(0), local.max(0)
    middle = (low + high) / 2
    wide = HALF_SENSOR / LENS
    across, up = (high - low)[:2] / 2 * MARGIN
    # the lens angle applies to the longer side of an image
    needs = [across / (wide * min(1, 1 / a)) for a in aspects]
    needs += [up / (wide * min(1, a)) for a in aspects]
    distance = max(*needs, NEAREST)
    return turn.to_3x3() @ Vector((middle[0], middle[1], high[2] + distance)), distance


def _places(scene: Any, mover: Any, span: tuple[int, int]) -> np.ndarray:
    """Return its positions (N, 3) at several moments, in meters."""
    plan = plan_of(mover) if mover.type == "ARMATURE" else None
    found: list[Any] = []
    for depsgraph in playing(scene, np.linspace(*span, MOMENTS).tolist()):
        evaluated = mover.evaluated_get(depsgraph)
        if plan is not None:
            found.append(joints_of(evaluated, plan))
        else:
            corners = box_corners(evaluated, depsgraph)
            found.append([evaluated.matrix_world @ Vector(corner) for corner in corners])
    return np.concatenate(found).astype(np.float64)
