"""The scenes whose motions are captured. Needs bpy, and the extension enabled.

Figures and their motions are added by the extension's own operators, as an animator would.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import bpy

from .catalog import CAMERA, OBJECT, STARTER, Wanted

FPS, FRAMES = 24, 48
SIDE = 512
"""Of the scene's square image, in pixels."""
MOTION_OF = {"STICK": "motion", "QUADRUPED": "quadruped_motion", "FACE": "face_motion"}
"""Figure -> the property of the operator that names its motion."""
EYE, FOCUS_HEIGHT = (0.0, -6.0, 1.6), 1.0

Keys = Mapping[int, tuple[float, ...]]
"""Frame -> value."""


def build(wanted: Wanted) -> None:
    """Build the scene of a motion, in a new file, ready to be captured."""
    scene = _empty_scene()
    if wanted.source == STARTER:
        bpy.ops.mti.add_stick_figure(
            figure=wanted.figure, **{MOTION_OF[wanted.figure]: wanted.motion}
        )
        bpy.ops.mti.add_camera()
        return
    scene.mti.source = wanted.source
    if wanted.source == OBJECT:
        _OBJECTS[wanted.name](_crate())
        bpy.ops.mti.add_camera()
    elif wanted.source == CAMERA:
        _CAMERAS[wanted.name](_camera(scene))


def _empty_scene() -> Any:
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = FPS, 1.0
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    scene.render.resolution_percentage = 100
    scene.frame_start, scene.frame_end = 1, FRAMES
    scene.cursor.location = (0, 0, 0)
    scene.frame_set(1)
    return scene


def _crate() -> Any:
    """Add a box of 1 x 1 x 1.2 meters that stands on the ground, with its origin there."""
    bpy.ops.mesh.primitive_cube_add(size=1)
    crate = bpy.context.object
    crate.name = "Crate"
    for vertex in crate.data.vertices:
        vertex.co.z = 1.2 * (vertex.co.z + 0.5)
    return crate


def _key(thing: Any, path: str, keys: Keys) -> None:
    for frame, value in keys.items():
        setattr(thing, path, value if len(value) > 1 else value[0])
        thing.keyframe_insert(path, frame=frame)


def _bounce(crate: Any) -> None:
    """Two jumps of two thirds of its height; it stretches on the way and squashes when it lands."""
    step = FRAMES // 4
    ground, top = (0.0, 0.0, 0.0), (0.0, 0.0, 0.8)
    _key(crate, "location", {1 + i * step: top if i % 2 else ground for i in range(5)})
    flat, long, plain = (1.12, 1.12, 0.78), (0.94, 0.94, 1.12), (1.0, 1.0, 1.0)
    shapes = {1 + 2 * i * step: flat for i in range(3)}
    for i in range(2):
        up = 1 + 2 * i * step
        shapes |= {up + step // 3: long, up + step: plain, up + 2 * step - step // 3: long}
    _key(crate, "scale", shapes)


def _sway(crate: Any) -> None:
    """Leans 22 degrees to either side about the middle of its bottom."""
    step, lean = FRAMES // 4, math.radians(22)
    sides = (0, 1, 0, -1, 0)
    turns = {1 + i * step: (0.0, lean * side, 0.0) for i, side in enumerate(sides)}
    _key(crate, "rotation_euler", turns)


def _spin(crate: Any) -> None:
    """Once around like a propeller, at a constant speed; a bar shows how far it has turned."""
    for vertex in crate.data.vertices:
        vertex.co = (0.45 * vertex.co.x, 0.45 * vertex.co.y, 1.1 * (vertex.co.z - 0.6))
    _key(crate, "rotation_euler", {1: (0.0, 0.0, 0.0), FRAMES + 1: (0.0, math.tau, 0.0)})
    _constant_speed(crate)


def _fall(crate: Any) -> None:
    """Drops 1.4 meters as things do, and bounces twice."""
    height, gone = 1.4, {}
    # heights of a ball that keeps 0.2 of its energy, one key every second frame
    fall = 0.55 * FRAMES
    hop = fall * math.sqrt(0.2)
    for frame in range(0, FRAMES + 1, 2):
        t = frame / fall
        if t <= 1:
            z = height * (1 - t * t)
        else:
            share = min((frame - fall) / (2 * hop), 1.0)
            z = 0.2 * height * 4 * share * (1 - share)
        gone[max(frame, 1)] = (0.0, 0.0, z)
    _key(crate, "location", gone)


def _camera(scene: Any) -> Any:
    data = bpy.data.cameras.new("Camera")
    camera = bpy.data.objects.new("Camera", data)
    scene.collection.objects.link(camera)
    scene.camera = camera
    camera.location = EYE
    camera.rotation_euler = (_tilt(EYE[1], EYE[2]), 0, 0)
    return camera


def _tilt(away: float, height: float) -> float:
    """Return the rotation about X with which a camera looks at the focus."""
    return math.pi / 2 - math.atan2(height - FOCUS_HEIGHT, abs(away))


def _pan(camera: Any) -> None:
    """Turns 16 degrees to the right."""
    x = camera.rotation_euler.x
    turn = math.radians(8)
    _key(camera, "rotation_euler", {1: (x, 0.0, turn), FRAMES: (x, 0.0, -turn)})


def _zoom(camera: Any) -> None:
    """Makes everything a third larger."""
    _key(camera.data, "lens", {1: (50.0,), FRAMES: (67.0,)})


def _orbit(camera: Any) -> None:
    """Goes 36 degrees around the focus, and keeps looking at it."""
    places, turns = {}, {}
    away, x = abs(EYE[1]), camera.rotation_euler.x
    for frame in range(1, FRAMES + 1):
        angle = math.radians(36) * ((frame - 1) / (FRAMES - 1) - 0.5)
        places[frame] = (away * math.sin(angle), -away * math.cos(angle), EYE[2])
        turns[frame] = (x, 0.0, angle)
    _key(camera, "location", places)
    _key(camera, "rotation_euler", turns)


def _crane(camera: Any) -> None:
    """Rises by 1.4 meters without turning."""
    camera.rotation_euler.x = math.pi / 2
    _key(camera, "location", {1: (0.0, EYE[1], 0.7), FRAMES: (0.0, EYE[1], 2.1)})


def _constant_speed(thing: Any) -> None:
    action, slot = thing.animation_data.action, thing.animation_data.action_slot
    for bag in (layer.strips[0].channelbag(slot) for layer in action.layers):
        for curve in bag.fcurves:
            for point in curve.keyframe_points:
                point.interpolation = "LINEAR"


_OBJECTS: dict[str, Callable[[Any], None]] = {
    "Bounce": _bounce, "Sway": _sway, "Spin": _spin, "Fall": _fall,
}  # fmt: skip
_CAMERAS: dict[str, Callable[[Any], None]] = {
    "Pan": _pan, "Zoom": _zoom, "Orbit": _orbit, "Crane": _crane,
}  # fmt: skip
