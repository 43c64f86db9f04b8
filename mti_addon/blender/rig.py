"""The starter stick figure: an armature facing the camera, with a wave as an editable action."""

from __future__ import annotations

import math
from typing import Any

import bpy
from mathutils import Matrix, Vector

from ..motion.figure import WAVE, WAVE_SECONDS, stick_figure

TOWARDS_VIEWER = Vector((0, -1, 0))


def add_stick_figure(context: Any) -> Any:
    """Add the figure at the 3D cursor, make it active, and return its armature object.

    It stands upright, turned towards the scene's camera if there is one. Its bones have the usual
    names (hips, spine, upper_arm.L ...).
    """
    data = bpy.data.armatures.new("Stick Figure")
    figure = bpy.data.objects.new("Stick Figure", data)
    context.scene.collection.objects.link(figure)
    _make_active(context, figure)
    _build_bones(data)
    data.display_type = "STICK"
    figure.show_in_front = True
    cursor = context.scene.cursor.location
    figure.matrix_world = Matrix.Translation(cursor) @ Matrix.Rotation(
        _yaw_towards(cursor, context.scene.camera), 4, "Z"
    )
    for bone in figure.pose.bones:
        bone.rotation_mode = "XYZ"  # three readable curves a bone instead of a quaternion's four
    return figure


def key_wave(scene: Any, figure: Any) -> tuple[int, int]:
    """Key a wave of two seconds from the scene's first frame on; gives its first and last frame.

    It is an action with a few keys a bone, to be edited like any other.
    """
    start = scene.frame_start
    length = round(WAVE_SECONDS * scene.render.fps / scene.render.fps_base)
    for name, keys in WAVE.items():
        bone = figure.pose.bones[name]
        for time, degrees in keys:
            bone.rotation_euler.z = math.radians(degrees) * _outwards(name)
            frame = start + time * (length - 1)
            bone.keyframe_insert("rotation_euler", frame=round(frame), group=name)
    figure.animation_data.action.name = "Wave"
    scene.frame_set(scene.frame_current)  # show the pose of the current frame, not the last keyed
    return start, start + length - 1


def _outwards(bone: str) -> float:
    """The sign of a turn about a bone's local Z (towards the viewer) that lifts a limb sideways."""
    return -1.0 if bone.endswith(".R") else 1.0


def _make_active(context: Any, figure: Any) -> None:
    objects = context.view_layer.objects
    if objects.active is not None and objects.active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    for other in context.view_layer.objects.selected:
        other.select_set(False)
    objects.active = figure
    figure.select_set(True)


def _build_bones(data: Any) -> None:
    """Bones can only be made in Edit Mode, which needs the object to be active."""
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        for name, parent, head, tail in stick_figure():
            bone = data.edit_bones.new(name)
            bone.head, bone.tail = head, tail
            bone.align_roll(TOWARDS_VIEWER)
            if parent:
                bone.parent = data.edit_bones[parent]
                bone.use_connect = (bone.head - bone.parent.tail).length < 1e-5
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")


def _yaw_towards(place: Vector, camera: Any) -> float:
    """The turn about Z that makes a figure facing -Y face the camera, radians."""
    if camera is None:
        return 0.0
    away = camera.matrix_world.translation - place
    if away.xy.length < 1e-4:
        return 0.0
    return math.atan2(away.y, away.x) + math.pi / 2
