"""Key a motion of the library onto a figure of the scene that has the same bones."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from ....motion import Plan, PoseSequence
from ....motion.keying.channels import Channel, Turns, channels_of, xyz_turns
from ....motion.keying.figures import figure_of
from ....motion.keying.solving import Rest
from ....motion.keying.transfer import Target, fits_plan, transferred
from ....wire import CaptureInfo
from ....wire.problem import Problem
from ....workflow.motion_poses import Span, span_of
from ...common.problems import CaptureError
from ...sketch.skeletons import plan_of, upright
from . import actions
from .figure import key, rate

Array = NDArray[np.float64]
OTHER_BONES = "{name} does not have the bones of this motion, so it cannot move like it."
TO_OTHER = "Select a figure like the one that was captured, or use Edit in Scene to add one."
TWEAKED = "{name} is in the NLA's tweak mode, where its action cannot be replaced."
BY_CONSTRAINT = "The bone {bone} of {name} follows a constraint, so keys would not move it."
SHORTEST = 1e-6
AT_REST = {
    "location": (0.0,) * 3,
    "rotation_euler": (0.0,) * 3,
    "rotation_quaternion": (1.0, 0.0, 0.0, 0.0),
    "rotation_axis_angle": (0.0, 0.0, 1.0, 0.0),
    "scale": (1.0,) * 3,
}


def pose_on(
    context: Any, armature: Any, name: str, poses: PoseSequence, capture: CaptureInfo
) -> Span:
    """Key a figure's motion onto an armature as a new action; return its frames.

    It begins at the current frame, and the figure stays where it stands. The action that it had is
    kept with a fake user, unless it is one that was made here and not changed since.

    Raises CaptureError if the armature cannot move like that.
    """
    scene = context.scene
    plan = plan_of(armature)
    if problem := _problem(armature, plan, poses):
        raise CaptureError(problem)
    now = scene.frame_current
    span = span_of(capture, rate(scene), (now, now)).moved(now)
    figure = figure_of(poses)
    assert figure is not None  # its plan would not fit
    target = _target_of(armature, plan)
    channels = list(
        channels_of(target.rest, transferred(figure, target), target.height, _turns_for(armature))
    )
    _keep_action(armature)
    _to_rest(armature, channels)
    key(armature, name, channels, span.frames(poses.frames))
    scene.frame_set(now)
    return span


def _problem(armature: Any, plan: Plan, poses: PoseSequence) -> Problem | None:
    values = {"name": armature.name}
    if not fits_plan(poses, plan):
        return Problem("other_bones", OTHER_BONES, TO_OTHER, values)
    if not armature.is_editable:
        what = "{name} is linked from another file, so it cannot be changed."
        hint = "Make a library override (Object > Library Override > Make)."
        return Problem("armature_linked", what, hint, values)
    data = armature.animation_data
    if data is not None and data.use_tweak_mode:
        return Problem("armature_in_tweak_mode", TWEAKED, "Leave tweak mode (Tab).", values)
    for place in plan.bones:
        bone = armature.pose.bones[armature.data.bones[place].name]
        if any(not each.mute and each.influence > 0 for each in bone.constraints):
            hint = (
                "Mute the constraints of the rig, or use Edit in Scene to add a figure of its own."
            )
            values["bone"] = bone.name
            return Problem("bone_constrained", BY_CONSTRAINT, hint, values)
    return None


def _target_of(armature: Any, plan: Plan) -> Target:
    """Return the drawn bones of an armature: each from its head to where it ends."""
    bones = [armature.data.bones[place] for place in plan.bones]
    names = [bone.name for bone in bones]
    matrices, turns, lengths, connected, parents = [], [], [], [], []
    for i, bone in enumerate(bones):
        end = bone.tail_local
        if plan.onto and plan.onto[i] >= 0:
            end = bones[plan.onto[i]].head_local
        elif plan.tips and plan.tips[i] is not None:
            end = Vector(plan.tips[i])
        way = end - bone.head_local
        turn = bone.matrix_local.to_3x3().col[1].rotation_difference(way).to_matrix()
        axes = turn @ bone.matrix_local.to_3x3()
        drawn = Matrix.Translation(bone.head_local) @ axes.to_4x4()
        matrices.append(np.array(drawn))
        turns.append(np.array(bone.matrix_local.to_3x3().transposed() @ axes))
        lengths.append(max(way.length, SHORTEST))
        above = plan.parents[3 * i]
        parents.append(above // 3 if above >= 0 else -1)
        own = above >= 0 and bone.parent is not None and bone.parent.name == names[above // 3]
        connected.append(own and bone.use_connect)
    rest = Rest(tuple(names), tuple(parents), np.stack(matrices), np.array(lengths),
                tuple(connected))  # fmt: skip
    up = np.array(upright(armature)).T
    return Target(rest, np.stack(turns), up, _height(rest, up))


def _height(rest: Rest, up: Array) -> float:
    ends = np.concatenate([rest.matrices[:, :3, 3], rest.tails]) @ up
    return float(max(np.ptp(ends, axis=0).max(), SHORTEST))


def _turns_for(armature: Any) -> Any:
    """Return a function that gives a bone's rotations in its own rotation mode."""

    def turns_of(name: str, rotations: Array) -> Turns:
        mode = armature.pose.bones[name].rotation_mode
        if mode == "XYZ":
            return xyz_turns(name, rotations)
        matrices = [Matrix(each.tolist()) for each in rotations]
        if mode in ("QUATERNION", "AXIS_ANGLE"):
            turns = [each.to_quaternion() for each in matrices]
            for before, each in zip(turns, turns[1:], strict=False):
                each.make_compatible(before)
            if mode == "QUATERNION":
                path = "rotation_quaternion"
                return Turns(path, np.array([tuple(t) for t in turns]), AT_REST[path], 0.5)
            path = "rotation_axis_angle"
            return Turns(path, np.array([_axis_angle(each) for each in turns]), AT_REST[path])
        found = [matrices[0].to_euler(mode)]
        for each in matrices[1:]:
            found.append(each.to_euler(mode, found[-1]))
        path = "rotation_euler"
        return Turns(path, np.array([tuple(each) for each in found]), AT_REST[path])

    return turns_of


def _axis_angle(turn: Any) -> tuple[float, float, float, float]:
    axis, angle = turn.to_axis_angle()
    return angle, *axis


def _keep_action(armature: Any) -> None:
    """Take an armature's action away; what is not just another applied motion is kept."""
    data = armature.animation_data
    action = data.action if data is not None else None
    if action is None:
        return
    if actions.is_as_made(action):
        bpy.data.actions.remove(action)
        return
    action.use_fake_user = True
    data.action = None


def _to_rest(armature: Any, channels: list[Channel]) -> None:
    """Undo what keys and the animator have done to the bones, which have no key if they stay."""
    for channel in channels:
        setattr(armature.pose.bones[channel.bone], channel.path, AT_REST[channel.path])
