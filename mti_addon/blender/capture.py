"""A scene's animation to a PoseSequence: the one place that walks through frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from ..motion import PoseSequence, check_range, sampled_frames
from ..motion.checks import moving_part
from ..motion.solid import box_poses
from .boxes import CUBE, box_corners, has_shape
from .cameras import capture_camera
from .problems import CaptureError
from .skeletons import joints_of, plan_of
from .sources import find_armature, find_mover, source_problem
from .steps import steps
from .visible import why_not_played

__all__ = ["CaptureError", "camera_poses", "playing", "poses_from_scene", "world_to_clip"]


AHEAD = 6.0
"""How far before a camera (metres) stands what its move is judged by."""


def poses_from_scene(
    context: Any, source: str, start: int, end: int, count: int, size: tuple[int, int]
) -> PoseSequence:
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
        return _object_poses(scene, find_mover(context, source), frames, fps, size)
    return _armature_poses(scene, find_armature(context), frames, fps, size)


def _armature_poses(
    scene: Any, armature: Any, frames: list[float], fps: float, size: tuple[int, int]
) -> PoseSequence:
    plan = plan_of(armature)
    joints = np.empty((len(frames), len(plan.parents), 3), np.float32)
    clips = np.empty((len(frames), 4, 4), np.float32)
    for k, depsgraph in enumerate(playing(scene, frames)):
        evaluated = armature.evaluated_get(depsgraph)
        _must_be_played(evaluated)
        joints[k] = joints_of(evaluated, plan)
        clips[k] = world_to_clip(capture_camera(scene, "ARMATURE"), depsgraph, size)
    scale = float(np.mean(np.abs(armature.matrix_world.to_scale())))
    radii = tuple(max(radius * scale, 1e-6) for radius in plan.radii)
    return PoseSequence(joints, plan.limbs, plan.parts, radii, clips, fps, size, plan.parents)


def camera_poses(
    context: Any, start: int, end: int, count: int, size: tuple[int, int]
) -> PoseSequence:
    """What the camera's own move does to a box that stands before it, sampled as any motion is."""
    scene = context.scene
    clips = np.empty((count, 4, 4), np.float32)
    box: list[Vector] = []
    for k, depsgraph in enumerate(playing(scene, sampled_frames(start, end, count))):
        camera = scene.camera.evaluated_get(depsgraph)
        ahead = camera.matrix_world.normalized()
        box = box or [ahead @ Vector((x, y, z - AHEAD)) for x, y, z in CUBE]
        clips[k] = world_to_clip(scene.camera, depsgraph, size)
    return box_poses(np.tile(np.array(box), (count, 1, 1)), clips, 1.0, size)


def _must_be_played(evaluated: Any) -> None:
    """A disabled object keeps the pose of some other frame, without any error."""
    if not evaluated.is_evaluated:
        raise CaptureError(why_not_played(evaluated.original, bpy.context.view_layer))


def _object_poses(
    scene: Any, moving: Any, frames: list[float], fps: float, size: tuple[int, int]
) -> PoseSequence:
    """A box that keeps the shape it has at first, if its thing has none of its own that changes.

    What stands still itself, but shows something that moves, has another box in each frame.
    """
    steady = not has_shape(moving)
    poses = _boxes_poses(scene, moving, frames, fps, size, steady)
    if steady and moving_part(poses) is None:
        return _boxes_poses(scene, moving, frames, fps, size, steady=False)
    return poses


def _boxes_poses(
    scene: Any,
    moving: Any,
    frames: list[float],
    fps: float,
    size: tuple[int, int],
    steady: bool,
) -> PoseSequence:
    corners = np.empty((len(frames), 8, 3), np.float64)
    clips = np.empty((len(frames), 4, 4), np.float32)
    box: Any = None
    for k, depsgraph in enumerate(playing(scene, frames)):
        evaluated = moving.evaluated_get(depsgraph)
        _must_be_played(evaluated)
        if box is None or not steady:
            box = box_corners(evaluated, depsgraph)
        corners[k] = [evaluated.matrix_world @ Vector(corner) for corner in box]
        clips[k] = world_to_clip(capture_camera(scene, "OBJECT"), depsgraph, size)
    return box_poses(corners, clips, fps, size)


@contextmanager
def _frame_kept(scene: Any) -> Iterator[None]:
    frame, subframe, camera = scene.frame_current, scene.frame_subframe, scene.camera
    try:
        yield
    finally:
        scene.frame_set(frame, subframe=subframe)
        if scene.camera != camera:  # a marker binds another one than the animator has chosen
            scene.camera = camera


def playing(scene: Any, frames: Iterable[float]) -> Iterator[Any]:
    """Go to each frame, fractions included, and give the evaluated scene; then back."""
    with _frame_kept(scene):
        for frame in steps(list(frames)):
            whole = int(frame // 1)
            scene.frame_set(whole, subframe=frame - whole)
            yield bpy.context.evaluated_depsgraph_get()


def world_to_clip(camera: Any, depsgraph: Any, size: tuple[int, int]) -> Any:
    """World to clip space of a camera for square pixels in a picture of `size`.

    The scale of a camera object does not scale its picture, hence normalized().
    """
    camera = camera.evaluated_get(depsgraph)
    projection = camera.calc_matrix_camera(
        depsgraph, x=size[0], y=size[1], scale_x=1.0, scale_y=1.0
    )
    return projection @ camera.matrix_world.normalized().inverted()
