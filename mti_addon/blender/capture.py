"""A scene's animation to a Take: the one place that walks through frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np

from ..motion import Bone, Plan, Problem, Take, check_range, plan_limbs, sampled_frames
from ..motion.scaffold import build_scaffold

FAR = 8.0
"""How far ahead (metres) a camera with no focus and no floor before it is taken to look."""


class CaptureError(Exception):
    """The scene cannot be captured; `problem` has one sentence and one piece of advice."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def find_armature(context: Any) -> Any:
    """The active armature, else the one deforming the active object, else the scene's only one."""
    active = context.view_layer.objects.active
    if active is not None:
        if active.type == "ARMATURE":
            return active
        if found := active.find_armature():
            return found
    armatures = [ob for ob in context.scene.objects if ob.type == "ARMATURE"]
    return armatures[0] if len(armatures) == 1 else None


def source_problem(context: Any, source: str) -> Problem | None:
    """What keeps this scene from being captured, as far as it can be told without playing it."""
    armature = find_armature(context) if source == "ARMATURE" else None
    camera = context.scene.camera
    if source == "ARMATURE" and armature is None and camera is None:
        return Problem(
            "There is no armature and no camera to capture.",
            "Add a stick figure, or select an armature, and add a camera that looks at it.",
        )
    if camera is None:
        return Problem("The scene has no camera.", "Add a camera that looks at the motion.")
    if source == "ARMATURE" and armature is None:
        several = any(ob.type == "ARMATURE" for ob in context.scene.objects)
        what = "No armature is selected." if several else "The scene has no armature."
        return Problem(what, "Select the armature to capture, or add a stick figure.")
    return _armature_problem(armature) if armature else None


def _armature_problem(armature: Any) -> Problem | None:
    if armature.mode == "EDIT":
        return Problem(
            f"{armature.name} is in Edit Mode, where its motion is not played.",
            "Leave Edit Mode.",
        )
    if armature.data.pose_position == "REST":
        return Problem(
            f"{armature.name} shows its rest position, so it does not move.",
            "Switch the armature to Pose Position.",
        )
    return None


def take_from_scene(
    context: Any, source: str, start: int, end: int, count: int, size: tuple[int, int]
) -> Take:
    """Sample `count` moments of the scene frames start..end, both included, through its camera.

    `source` is ARMATURE or CAMERA; `size` is the pictures' (width, height), whose aspect the camera
    takes. The scene's current frame is put back. Raises CaptureError.
    """
    problem = check_range(start, end) or source_problem(context, source)
    if problem:
        raise CaptureError(problem)
    scene = context.scene
    frames = sampled_frames(start, end, count)
    seconds = (end - start) / (scene.render.fps / scene.render.fps_base)
    fps = (count - 1) / seconds
    if source == "CAMERA":
        return _camera_take(scene, frames, fps, size)
    return _armature_take(scene, find_armature(context), frames, fps, size)


def _armature_take(
    scene: Any, armature: Any, frames: list[float], fps: float, size: tuple[int, int]
) -> Take:
    plan = _plan(armature)
    names = [armature.data.bones[i].name for i in plan.bones]
    ends = np.empty((2, len(frames), len(names), 3), np.float64)
    clips = np.empty((len(frames), 4, 4), np.float32)
    for k, depsgraph in enumerate(_playing(scene, frames)):
        evaluated = armature.evaluated_get(depsgraph)
        if not evaluated.is_evaluated:
            # a hidden armature keeps the pose of some other frame, without any error
            raise CaptureError(
                Problem(
                    f"{armature.name} is disabled in the viewport, so Blender does not animate it.",
                    "Enable it (the screen icon in the Outliner); hiding it (H) does no harm.",
                )
            )
        to_world = evaluated.matrix_world
        bones = evaluated.pose.bones
        ends[0, k] = [to_world @ bones[name].head for name in names]
        ends[1, k] = [to_world @ bones[name].tail for name in names]
        clips[k] = world_to_clip(scene, depsgraph, size)
    scale = float(np.mean(np.abs(armature.matrix_world.to_scale())))
    radii = tuple(max(radius * scale, 1e-6) for radius in plan.radii)
    joints = plan.joints(ends[0], ends[1])
    return Take(joints, plan.limbs, plan.parts, radii, clips, fps, size, plan.parents)


def _camera_take(scene: Any, frames: list[float], fps: float, size: tuple[int, int]) -> Take:
    clips = np.empty((len(frames), 4, 4), np.float32)
    focus: tuple[tuple[float, float, float], float] | None = None
    for k, depsgraph in enumerate(_playing(scene, frames)):
        clips[k] = world_to_clip(scene, depsgraph, size)
        focus = focus or _focus(scene.camera.evaluated_get(depsgraph))
    assert focus is not None
    scaffold = build_scaffold(*focus)
    joints = np.repeat(scaffold.joints[None], len(frames), axis=0)
    return Take(joints, scaffold.limbs, scaffold.parts, scaffold.radii, clips, fps, size)


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
        problem = Problem(f"{armature.name} has no bones.", "Add bones, or add a stick figure.")
        raise CaptureError(problem) from None


@contextmanager
def _frame_kept(scene: Any) -> Iterator[None]:
    frame, subframe = scene.frame_current, scene.frame_subframe
    try:
        yield
    finally:
        scene.frame_set(frame, subframe=subframe)


def _playing(scene: Any, frames: list[float]) -> Iterator[Any]:
    """Go to each frame, fractions included, and give the evaluated scene; then back."""
    with _frame_kept(scene):
        for frame in frames:
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


def _focus(camera: Any) -> tuple[tuple[float, float, float], float]:
    """The point that a camera looks at, and how far it is: its focus object, the floor, or FAR."""
    eye = camera.matrix_world.translation
    forward = -camera.matrix_world.normalized().to_3x3().col[2]
    target = camera.data.dof.focus_object
    if target is not None:
        point = target.matrix_world.translation
        distance = (point - eye).length
    else:
        down = -forward.z
        to_floor = eye.z / down if down > 1e-3 and eye.z > 0 else FAR
        distance = to_floor if 0.5 <= to_floor <= 50 else FAR
        point = eye + forward * distance
    return tuple(point), max(distance, 1e-3)
