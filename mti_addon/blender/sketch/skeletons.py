"""Plan an armature's bones as a stick figure, and compute its joints at a frame."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from ...motion import Bone, Plan, plan_limbs
from ...wire.problem import Problem
from ..common.problems import CaptureError
from ..scene.animation import all_channels

HEIGHT = "mti_height"
"""Custom property of an armature that was built from captured joints: the height of the original,
whose rest pose is unknown. It decides how thick its limbs are drawn."""
QUARTERS = (0.25, 0.5, 0.75)
"""Positions along a bendy bone at which its curve is sampled."""


def plan_of(armature: Any) -> Plan:
    """Plan which bones are drawn, and how. Raises CaptureError if there are none."""
    bones = armature.data.bones
    place = {bone.name: i for i, bone in enumerate(bones)}
    turn = upright(armature)
    described = [
        Bone(
            bone.name,
            place[bone.parent.name] if bone.parent else -1,
            tuple(turn @ bone.head_local),
            tuple(turn @ bone.tail_local),
            bone.use_deform,
            bone.bbone_segments > 1,
        )
        for bone in bones
    ]
    try:
        plan = plan_limbs(described, _known_height(armature.data))
    except ValueError:
        what, hint = "{name} has no bones.", "Add bones, or add a stick figure."
        raise CaptureError(Problem("no_bones", what, hint, {"name": armature.name})) from None
    back = turn.transposed()
    tips = tuple(tuple(back @ Vector(tip)) if tip is not None else None for tip in plan.tips)
    return replace(plan, tips=tips)


def _known_height(data: Any) -> float | None:
    height = data.get(HEIGHT)
    return float(height) if isinstance(height, float | int) and height > 0 else None


def upright(armature: Any) -> Matrix:
    """Return the rotation that makes an armature's own up axis Z.

    Importers of FBX and glTF keep Y up, and rotate the object instead.
    """
    up = armature.matrix_world.to_3x3().inverted_safe() @ Vector((0, 0, 1))
    turning = any(curve.data_path.startswith("rotation") for curve in all_channels(armature))
    if turning or not up.length or abs(up.normalized().y) < 0.9:
        return Matrix.Identity(3)
    return Matrix.Rotation(math.copysign(math.pi / 2, up.y), 3, "X")


def joints_of(evaluated: Any, plan: Plan) -> NDArray[np.float32]:
    """Return the joints (J, 3) of an evaluated armature at this frame, in meters, world space."""
    rest, posed = evaluated.data.bones, evaluated.pose.bones
    to_world = evaluated.matrix_world
    names = [rest[i].name for i in plan.bones]
    heads = [to_world @ posed[name].head for name in names]
    tails = [to_world @ posed[name].tail for name in names]
    for i, tip in enumerate(plan.tips):
        if tip is not None:
            name = names[i]
            carried = posed[name].matrix @ rest[name].matrix_local.inverted_safe()
            tails[i] = to_world @ (carried @ Vector(tip))
    curves = [_curve(posed[names[i]], to_world) for i in plan.bendy]
    inner = np.array(curves, np.float64).reshape(1, -1, 3, 3)
    return plan.joints(np.array([heads], np.float64), np.array([tails], np.float64), inner)[0]


def pose_of(evaluated: Any) -> NDArray[np.float32]:
    """Return the transforms of all bones (B, 16), drawn or not, in the armature's space."""
    return np.array([bone.matrix for bone in evaluated.pose.bones], np.float32).reshape(-1, 16)


def _curve(bone: Any, to_world: Matrix) -> NDArray[np.float64]:
    """Return three points (3, 3) along a bendy bone, in meters, world space."""
    count = bone.bone.bbone_segments
    points = [
        to_world @ (bone.matrix @ bone.bbone_segment_matrix(i).translation)
        for i in range(count + 1)
    ]
    along = np.array([tuple(point) for point in points])
    at = np.array(QUARTERS) * count
    return np.stack([np.interp(at, np.arange(count + 1), column) for column in along.T], axis=1)
