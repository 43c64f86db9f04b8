"""Starter figures: armatures facing the viewer, with a motion as an editable action."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import bpy
from mathutils import Matrix, Vector

from ...motion.starters.catalog import Kind
from ...motion.starters.keys import TURN, Motion, Starter, Track
from ...motion.starters.posing import Row, roll_towards
from ..scene.animation import channels


def add_figure(context: Any, kind: Kind, turned: float) -> Any:
    """Add a figure at the 3D cursor, make it active, and return its armature object.

    It stands upright, `turned` degrees to its left from facing the scene's camera, or the viewport
    if there is none. Its bones have conventional names (hips, spine, upper_arm.L ...).
    """
    cursor = context.scene.cursor.location
    yaw = yaw_towards_viewer(context, cursor) + math.radians(turned)
    matrix = Matrix.Translation(cursor) @ Matrix.Rotation(yaw, 4, "Z")
    return add_armature(context, kind.label, kind.rows, matrix, context.scene.collection)


def add_armature(
    context: Any, name: str, rows: Sequence[Row], matrix: Matrix, collection: Any
) -> Any:
    """Add an armature of these bones at rest, and make it the active and only selected object."""
    data = bpy.data.armatures.new(name)
    figure = bpy.data.objects.new(name, data)
    collection.objects.link(figure)
    _make_active(context, figure)
    _build_bones(data, rows)
    data.display_type = "STICK"
    figure.show_in_front = True
    figure.matrix_world = matrix
    for bone in figure.pose.bones:
        bone.rotation_mode = "XYZ"  # three readable curves per bone instead of a quaternion's four
    return figure


def key_motion(scene: Any, figure: Any, starter: Starter) -> tuple[int, int]:
    """Key a starter motion from the scene's first frame on; return its first and last frame.

    It is an action with a few keys per bone, editable like any other. A cycle is keyed once, and
    its curves repeat forever.
    """
    motion = starter.make(scene.render.fps / scene.render.fps_base)
    start = scene.frame_start
    for track in motion.tracks:
        _key(figure, track, start)
    action = figure.animation_data.action
    action.name = starter.label
    for curve in channels(action, figure.animation_data.action_slot):
        _extrapolate(curve, motion)
    # a two-second wave lasts until the frame before it would start again
    last = start + motion.frames - (1 if motion.cycle else 0)
    # otherwise the keys define the range, including those added later
    action.use_frame_range = bool(motion.cycle)
    action.frame_start, action.frame_end = start, last
    # show the pose of the current frame, not the last one keyed
    scene.frame_set(scene.frame_current)
    return start, last


def yaw_towards_viewer(context: Any, place: Vector) -> float:
    """Return the Z rotation that turns a figure from -Y to the camera or viewport, in radians."""
    camera, view = context.scene.camera, getattr(context, "region_data", None)
    if camera is not None:
        away = camera.matrix_world.translation - place
    elif view is not None:
        away = view.view_rotation @ Vector((0, 0, 1))  # direction from which the view is seen
    else:
        return 0.0
    return math.atan2(away.y, away.x) + math.pi / 2 if away.xy.length > 1e-4 else 0.0


def _key(figure: Any, track: Track, start: int) -> None:
    bone = figure.pose.bones[track.bone]
    for frame, value in track.keys:
        values = getattr(bone, track.path)
        values[track.index] = math.radians(value) if track.path == TURN else value
        bone.keyframe_insert(track.path, index=track.index, frame=start + frame, group=track.bone)


def _extrapolate(curve: Any, motion: Motion) -> None:
    steady = {t.bone: t for t in motion.tracks if t.goes_on}
    bone = curve.data_path.split('"')[1]
    track = steady.get(bone)
    if track and curve.data_path.endswith(track.path) and curve.array_index == track.index:
        curve.extrapolation = "LINEAR"
        for point in curve.keyframe_points:
            point.interpolation = "LINEAR"
    elif motion.cycle and len(curve.keyframe_points) > 1:
        curve.modifiers.new("CYCLES")
    curve.update()


def _make_active(context: Any, figure: Any) -> None:
    objects = context.view_layer.objects
    if objects.active is not None and objects.active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    for other in context.view_layer.objects.selected:
        other.select_set(False)
    objects.active = figure
    figure.select_set(True)


def _build_bones(data: Any, rows: Sequence[Row]) -> None:
    """Create the bones in Edit Mode, which requires the object to be active."""
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        for name, parent, head, tail in rows:
            bone = data.edit_bones.new(name)
            bone.head, bone.tail = head, tail
            bone.align_roll(Vector(roll_towards(head, tail)))
            if parent:
                bone.parent = data.edit_bones[parent]
                bone.use_connect = (bone.head - bone.parent.tail).length < 1e-5
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
