"""Bring a motion of the library back into a scene: a keyed figure, box, or camera."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy
from mathutils import Matrix

from ....motion import PoseSequence
from ....motion.keying.boxes import Box
from ....motion.keying.cameras import Camera
from ....motion.keying.channels import Channel, channels_of
from ....motion.keying.figures import Figure
from ....motion.keying.subjects import Subject, camera_behind, subject_of
from ....wire import CaptureInfo
from ....workflow.motion_poses import Span, is_found_by_itself, span_of
from ....workflow.progress import steps
from ...sketch.skeletons import HEIGHT
from ...sketch.starter_rigs import add_armature
from ...translations import translated
from . import actions, solids

CAMERA = "{} Camera"


def bring_back(
    context: Any, name: str, poses: PoseSequence, capture: CaptureInfo
) -> tuple[Any, Span]:
    """Add what moves in the poses, keyed, and the camera that saw it; return it and its frames.

    A capture of the scene then gives the same poses. The new object is active, and the only
    selected one. A camera that has moved becomes the scene's; one that has looked on does so only
    if there is none, and is used for capturing alone otherwise.
    """
    scene = context.scene
    span = span_of(capture, rate(scene), (scene.frame_start, scene.frame_end))
    frames, subject = span.frames(poses.frames), subject_of(poses)
    thing = _add(context, name, subject, frames)
    if not isinstance(subject, Camera) and (camera := camera_behind(poses)) is not None:
        looker = _add_camera(_home(context), translated(CAMERA, name), camera, frames)
        if scene.camera is None:
            scene.camera = looker
        else:
            scene.mti.capture_camera = looker
    _choose_frames(scene, subject, poses, span)
    scene.frame_set(scene.frame_current)
    return thing, span


def add_alone(
    context: Any, name: str, poses: PoseSequence, capture: CaptureInfo
) -> tuple[Any, Span]:
    """Add what moves in the poses, keyed from the current frame on; return it and its frames.

    A figure stands at the 3D cursor, as whatever is added in Blender.
    """
    scene = context.scene
    now = scene.frame_current
    span = span_of(capture, rate(scene), (now, now)).moved(now)
    thing = _add(context, name, subject_of(poses), span.frames(poses.frames))
    if thing.type == "ARMATURE":
        thing.location = scene.cursor.location
    scene.frame_set(now)
    return thing, span


def rate(scene: Any) -> float:
    """Return a scene's frames per second."""
    return float(scene.render.fps / scene.render.fps_base)


def _add(context: Any, name: str, subject: Subject | None, frames: list[float]) -> Any:
    home = _home(context)
    if isinstance(subject, Figure):
        return _add_figure(context, home, name, subject, frames)
    if isinstance(subject, Box):
        thing = solids.add_box(home, name, subject)
        key(thing, name, _placed(subject.channels()), frames)
    else:
        assert subject is not None  # read_poses() has checked it
        thing = _add_camera(home, name, subject, frames)
        context.scene.camera = thing
    select_only(context, thing)
    return thing


def _add_figure(context: Any, home: Any, name: str, figure: Figure, frames: list[float]) -> Any:
    matrix = Matrix(figure.matrix.tolist())
    thing = add_armature(context, name, figure.rows, matrix, home)
    if figure.drawn_height is not None:
        thing.data[HEIGHT] = figure.drawn_height
    rest = figure.rest
    key(thing, name, channels_of(rest, figure.posed(rest), figure.height), frames)
    return thing


def _placed(channels: Iterable[Channel]) -> list[Channel]:
    return [channel.placed() for channel in channels]


def key(owner: Any, name: str, channels: Iterable[Channel], frames: list[float]) -> None:
    """Give an ID a new action with these channels, named after the motion; none without keys."""
    action, slot, bag = actions.new_action(name, owner.id_type, owner.name)
    actions.key_channels(bag, steps(list(channels)), frames)
    if not len(bag.fcurves):
        bpy.data.actions.remove(action)
        return
    actions.assign(owner, action, slot)
    actions.note_made(action)


def select_only(context: Any, thing: Any) -> None:
    """Make an object the active and only selected one, as Blender's Add operators do."""
    objects = context.view_layer.objects
    if objects.active is not None and objects.active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    for other in objects.selected:
        other.select_set(False)
    objects.active = thing
    thing.select_set(True)


def _home(context: Any) -> Any:
    """Return the collection for new objects: the active one, if objects in it can be edited."""
    layer = context.view_layer.active_layer_collection
    usable = not layer.exclude and layer.is_visible and layer.collection.is_editable
    return layer.collection if usable else context.scene.collection


def _add_camera(home: Any, name: str, camera: Camera, frames: list[float]) -> Any:
    thing = solids.add_camera(home, name, camera)
    key(thing, name, _placed(camera.object_channels()), frames)
    key(thing.data, name, _placed(camera.lens_channels()), frames)
    return thing


def _choose_frames(scene: Any, subject: Subject | None, poses: PoseSequence, span: Span) -> None:
    """Have the next capture take what was brought back, in all of its frames."""
    props = scene.mti
    sources = {Figure: "ARMATURE", Box: "OBJECT", Camera: "CAMERA"}
    props.source = sources[type(subject)]
    props.frame_range_mode = "AUTO" if is_found_by_itself(poses) else "CUSTOM"
    props.frame_start, props.frame_end = span.start, span.end
