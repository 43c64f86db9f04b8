"""Sample a scene's animation as a PoseSequence: the only place that steps through frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from ...motion import PoseSequence, check_range, sampled_frames
from ...motion.checks import moving_part
from ...motion.drawing.solid import box_poses
from ...workflow.progress import steps
from ..common.problems import CaptureError
from ..scene.boxes import CUBE, box_corners, has_shape
from ..scene.visible import why_not_played
from .cameras import capture_camera
from .skeletons import joints_of, plan_of
from .sources import find_armature, find_mover, source_problem

__all__ = ["CaptureError", "camera_poses", "playing", "poses_from_scene", "world_to_clip"]


AHEAD = 6.0
"""Distance in front of the camera, in meters, of the box that its motion is measured by."""


def poses_from_scene(
    context: Any, source: str, start: int, end: int, count: int, size: tuple[int, int]
) -> PoseSequence:
    """Sample `count` moments of the scene frames start..end, both included, through its camera.

    `source`: ARMATURE or OBJECT. `size`: (width, height) of the images, which sets the camera's
    aspect ratio. The scene's current frame is restored. Raises CaptureError.
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
    """Sample the camera's motion as that of a box in front of it."""
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
    """Check that the object is evaluated: a disabled one silently keeps an outdated pose."""
    if not evaluated.is_evaluated:
        raise CaptureError(why_not_played(evaluated.original, bpy.context.view_layer))


def _object_poses(
    scene: Any, moving: Any, frames: list[float], fps: float, size: tuple[int, int]
) -> PoseSequence:
    """Sample an object as a box, which keeps its initial shape unless the object's shape changes.

    A static object that contains something moving gets a new box in each frame.
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
        if scene.camera != camera:  # a marker binds a different camera than the one selected
            scene.camera = camera


def playing(scene: Any, frames: Iterable[float]) -> Iterator[Any]:
    """Step through (fractional) frames, yielding the evaluated scene, then restore the frame."""
    with _frame_kept(scene):
        for frame in steps(list(frames)):
            whole = int(frame // 1)
            scene.frame_set(whole, subframe=frame - whole)
            yield bpy.context.evaluated_depsgraph_get()


def world_to_clip(camera: Any, depsgraph: Any, size: tuple[int, int]) -> Any:
    """Return a camera's world-to-clip matrix for an image of `size` with square pixels.

    A camera object's scale does not affect its image, hence normalized().
    """
    camera = camera.evaluated_get(depsgraph)
    projection = camera.calc_matrix_camera(
        depsgraph, x=size[0], y=size[1], scale_x=1.0, scale_y=1.0
    )
    return projection @ camera.matrix_world.normalized().inverted()
