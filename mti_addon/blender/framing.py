"""A camera that sees a whole motion: level, before it, and no farther away than it must be."""

from __future__ import annotations

import math
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from .boxes import box_corners
from .capture import playing
from .skeletons import joints_of, plan_of

LENS, HALF_SENSOR = 50.0, 18.0
"""Millimetres: Blender's own camera's."""
MARGIN = 1.15
MOMENTS = 12


def add_camera(context: Any, mover: Any, span: tuple[int, int], size: tuple[int, int]) -> Any:
    """Add the scene's camera, which sees all that `mover` does from span[0] to span[1].

    It looks from where the scene's camera stands, else from where the viewport does, as far as the
    compass goes, else along +Y; `size` is the captured pictures' (width, height).
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
    data = bpy.data.cameras.new("Camera")
    data.lens = LENS
    camera = bpy.data.objects.new("Camera", data)
    scene.collection.objects.link(camera)
    turn = Matrix.Rotation(math.atan2(away.y, away.x) + math.pi / 2, 4, "Z")
    turn = turn @ Matrix.Rotation(math.pi / 2, 4, "X")
    camera.matrix_world = Matrix.Translation(_eye(points, turn, aspects)) @ turn
    scene.camera = camera
    return camera


def _eye(points: np.ndarray, turn: Matrix, aspects: tuple[float, float]) -> Vector:
    """Where a camera with this orientation stands to see all points (N, 3)."""
    local = points @ np.array(turn.to_3x3())  # x to the right, y up, z towards the camera
    low, high = local.min(0), local.max(0)
    middle = (low + high) / 2
    wide = HALF_SENSOR / LENS
    across, up = (high - low)[:2] / 2 * MARGIN
    # the longer side of a picture is as wide as the lens sees
    needs = [across / (wide * min(1, 1 / a)) for a in aspects]
    needs += [up / (wide * min(1, a)) for a in aspects]
    near = high[2] + max(*needs, 0.1)
    return turn.to_3x3() @ Vector((middle[0], middle[1], near))


def _places(scene: Any, mover: Any, span: tuple[int, int]) -> np.ndarray:
    """Where it is (N, 3), metres, in a few moments."""
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
