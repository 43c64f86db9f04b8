"""A scene's animation to a Take: the one place that walks through frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from ..motion import Bone, Plan, Take, check_range, plan_limbs, sampled_frames
from ..motion.solid import box_take
from .problems import CaptureError
from .sources import SOLID, find_armature, find_mover, source_problem
from .steps import steps
from .translations import translated

__all__ = ["CaptureError", "box_corners", "playing", "take_from_scene", "world_to_clip"]

CUBE = [(x, y, z) for x in (-1, 1) for y, z in ((-1, -1), (-1, 1), (1, 1), (1, -1))]
"""Corners in the order of Blender's bounding boxes."""
NO_EXTENT = 0.5
"""Half a side (metres) of what is drawn for a light or another thing without a shape."""


def take_from_scene(
    context: Any, source: str, start: int, end: int, count: int, size: tuple[int, int]
) -> Take:
    """Sample `count` moments of the scene frames start..end, both included, through its camera.

    `source` is ARMATURE or OBJECT; `size` is the pictures' (width, height), whose aspect the camera
    takes. The scene's current frame is put back. Raises CaptureError.
    """
    problem = check_range(start, end) or source_problem(context, source)
    if problem:
        raise CaptureError(problem)
    scene = context.scene
    frames = sampled_frames(start, end, count)
    seconds = (end - start) / (scene.render.fps / scene.render.fps_base)
    fps = (count - 1) / seconds
    if source == "OBJECT":
        return _object_take(scene, find_mover(context, source), frames, fps, size)
    return _armature_take(scene, find_armature(context), frames, fps, size)


def _armature_take(
    scene: Any, armature: Any, frames: list[float], fps: float, size: tuple[int, int]
) -> Take:
    plan = _plan(armature)
    names = [armature.data.bones[i].name for i in plan.bones]
    ends = np.empty((2, len(frames), len(names), 3), np.float64)
    clips = np.empty((len(frames), 4, 4), np.float32)
    for k, depsgraph in enumerate(playing(scene, frames)):
        evaluated = armature.evaluated_get(depsgraph)
        _must_be_played(evaluated)
        to_world = evaluated.matrix_world
        bones = evaluated.pose.bones
        ends[0, k] = [to_world @ bones[name].head for name in names]
        ends[1, k] = [to_world @ bones[name].tail for name in names]
        clips[k] = world_to_clip(scene, depsgraph, size)
    scale = float(np.mean(np.abs(armature.matrix_world.to_scale())))
    radii = tuple(max(radius * scale, 1e-6) for radius in plan.radii)
    joints = plan.joints(ends[0], ends[1])
    return Take(joints, plan.limbs, plan.parts, radii, clips, fps, size, plan.parents)


def _must_be_played(evaluated: Any) -> None:
    """A disabled object keeps the pose of some other frame, without any error."""
    if not evaluated.is_evaluated:
        raise CaptureError.of(
            translated("{} is disabled in the viewport, so Blender does not animate it.").format(
                evaluated.name
            ),
            "Enable it (the screen icon in the Outliner); hiding it (H) does no harm.",
        )


def _object_take(
    scene: Any, moving: Any, frames: list[float], fps: float, size: tuple[int, int]
) -> Take:
    corners = np.empty((len(frames), 8, 3), np.float64)
    clips = np.empty((len(frames), 4, 4), np.float32)
    for k, depsgraph in enumerate(playing(scene, frames)):
        evaluated = moving.evaluated_get(depsgraph)
        _must_be_played(evaluated)
        corners[k] = [evaluated.matrix_world @ Vector(corner) for corner in box_corners(evaluated)]
        clips[k] = world_to_clip(scene, depsgraph, size)
    return box_take(corners, clips, fps, size)


def box_corners(moving: Any) -> list[tuple[float, ...]]:
    """The corners of an object's bounding box in its own space; a cube where it has no extent."""
    corners = [tuple(corner) for corner in moving.bound_box]
    if np.ptp(np.array(corners), axis=0).max() > 1e-6 and moving.type in SOLID:
        return corners
    half = moving.empty_display_size if moving.type == "EMPTY" else NO_EXTENT
    return [(half * x, half * y, half * z) for x, y, z in CUBE]


def _plan(armature: Any) -> Plan:
    bones = armature.data.bones
    place = {bone.name: i for i, bone in enumerate(bones)}
    described = [
        Bone(
            bone.name,
            place[bone.parent.name] if bone.parent else -1,
            tuple(bone.head_local),
            tuple(bone.tail_local),
            bone.use_deform,
        )
        for bone in bones
    ]
    try:
        return plan_limbs(described)
    except ValueError:
        what = translated("{} has no bones.").format(armature.name)
        raise CaptureError.of(what, "Add bones, or add a stick figure.") from None


@contextmanager
def _frame_kept(scene: Any) -> Iterator[None]:
    frame, subframe = scene.frame_current, scene.frame_subframe
    try:
        yield
    finally:
        scene.frame_set(frame, subframe=subframe)


def playing(scene: Any, frames: Iterable[float]) -> Iterator[Any]:
    """Go to each frame, fractions included, and give the evaluated scene; then back."""
    with _frame_kept(scene):
        for frame in steps(list(frames)):
            whole = int(frame // 1)
            scene.frame_set(whole, subframe=frame - whole)
            yield bpy.context.evaluated_depsgraph_get()


def world_to_clip(scene: Any, depsgraph: Any, size: tuple[int, int]) -> Any:
    """World to clip space of the scene's camera for square pixels in a picture of `size`.

    The scale of a camera object does not scale its picture, hence normalized().
    """
    camera = scene.camera.evaluated_get(depsgraph)
    projection = camera.calc_matrix_camera(
        depsgraph, x=size[0], y=size[1], scale_x=1.0, scale_y=1.0
    )
    return projection @ camera.matrix_world.normalized().inverted()
