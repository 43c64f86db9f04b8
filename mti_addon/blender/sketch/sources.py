"""What can be captured in a scene: what moves, when, and what prevents capturing it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import bpy

from ...wire.problem import Problem
from ...wire.request import FASTEST, SLOWEST
from ..scene.boxes import SOLID
from ..scene.dependencies import Moving, known, whole_frames
from ..scene.keyed import Played
from ..scene.physics import LOOK_ON, UNDRAWN
from ..scene.viewport import find_viewport
from . import footage
from .cameras import FRAMED, capture_camera

NEEDS_CAMERA = ("ARMATURE", "OBJECT", "CAMERA")


NO_KEYS = "{name} has no keys, so it may not move at all."
IDLE_KEYS = "{name} does not move: its keys are muted, or all have the same value."
NO_SLOT = "The action {action} does not play: {name} does not use any of its slots."
CHOOSE_SLOT = "Choose a slot next to the action's name in the Action Editor."
TOO_LONG = "{name} only moves until frame {last}, but the range to capture ends at {end}."
RATE = (
    "Motions can only be captured at {slowest:g} to {fastest:g} frames per second, not at {fps:g}."
)
IN_INSTANCE = "{name} is an instance of a collection, whose armature cannot be captured."
TOO_EARLY = "{name} only moves from frame {first} on, but the range to capture starts at {start}."
LOOK_AT_IT = "Add a camera that looks at the motion."
ADD_FIGURE = "Select the armature to capture, or add a stick figure."
ADD_KEYS = "Key at least two poses, or add a figure that has a motion."


def find_armature(context: Any) -> Any:
    """Return the active armature, the one deforming the active object, or the scene's only one."""
    active = context.view_layer.objects.active
    if active is not None:
        if active.type == "ARMATURE":
            return active
        if found := active.find_armature():
            return found
    armatures = [ob for ob in context.scene.objects if ob.type == "ARMATURE"]
    return armatures[0] if len(armatures) == 1 else None


def find_mover(context: Any, source: str) -> Any:
    """Return the object whose animation is captured; None if the source is not an object."""
    if source == "ARMATURE":
        return find_armature(context)
    if source == "CAMERA":
        return context.scene.camera
    return context.view_layer.objects.active if source in ("OBJECT", "VIEWPORT") else None


def source_problem(context: Any, source: str) -> Problem | None:
    """Return what prevents capturing this scene, as far as is known without playing it."""
    if source in ("STRIP", "FILE"):
        return footage.footage_problem(context, source)
    render = context.scene.render
    if problem := rate_problem(render.fps / render.fps_base):
        return problem
    if source == "VIEWPORT":
        return _viewport_problem(context)
    mover = find_mover(context, source)
    camera = capture_camera(context.scene, source)
    if source == "ARMATURE" and mover is None and camera is None:
        return Problem(
            "no_armature_no_camera",
            "There is no armature and no camera to capture.",
            "Add a stick figure, or select an armature, and add a camera that looks at it.",
        )
    if camera is None:
        return Problem("no_camera", "The scene has no camera.", LOOK_AT_IT)
    if source == "OBJECT" and mover is None:
        hint = "Select the object whose motion to capture."
        return Problem("no_object", "There is no active object.", hint)
    if source == "ARMATURE":
        return _armature_problem(mover) if mover else _no_armature(context)
    return None


def rate_problem(fps: float) -> Problem | None:
    """Return the problem of a frame rate outside the supported range."""
    if SLOWEST <= fps <= FASTEST:
        return None
    values = {"fps": fps, "slowest": SLOWEST, "fastest": FASTEST}
    hint = "Change the frame rate in the output properties."
    return Problem("frame_rate", RATE, hint, values)


def _no_armature(context: Any) -> Problem:
    instance = context.view_layer.objects.active
    collection = instance.instance_collection if instance is not None else None
    if collection and any(ob.type == "ARMATURE" for ob in collection.all_objects):
        return Problem(
            "armature_in_instance",
            IN_INSTANCE,
            "Make a library override (Object > Library Override > Make), or make it real.",
            {"name": instance.name},
        )
    if any(ob.type == "ARMATURE" for ob in context.scene.objects):
        return Problem("no_armature_selected", "No armature is selected.", ADD_FIGURE)
    return Problem("no_armature", "The scene has no armature.", ADD_FIGURE)


def _armature_problem(armature: Any) -> Problem | None:
    if armature.mode == "EDIT":
        return Problem(
            "armature_in_edit_mode",
            "{name} is in Edit Mode, where its motion does not play.",
            "Leave Edit Mode.",
            {"name": armature.name},
        )
    if armature.data.pose_position == "REST":
        return Problem(
            "armature_at_rest",
            "{name} is in Rest Position, so it does not move.",
            "Switch the armature to Pose Position.",
            {"name": armature.name},
        )
    return None


def _viewport_problem(context: Any) -> Problem | None:
    if bpy.app.background:
        return Problem(
            "viewport_in_background",
            "A viewport can only be captured in Blender's window, not in background mode.",
            "Capture the armature or the camera instead.",
        )
    if find_viewport(context)[0] is None:
        what = "This window shows no 3D viewport."
        return Problem("no_viewport_beside", what, "Open one next to the sequencer.")
    return None


def subjects(context: Any, source: str) -> Iterator[Moving]:
    """Yield candidates for what moves; the next is used if the previous one does not move."""
    scene, mover = context.scene, find_mover(context, source)
    for thing in (mover, capture_camera(scene, source) if source in FRAMED else None):
        if thing is not None:
            found = known.moving(scene, thing.session_uid, partial(list, [thing]))
            yield found if source in ("CAMERA", "VIEWPORT") else found.as_drawn()
    if source in ("CAMERA", "VIEWPORT"):
        yield scene_motion(context)


def seen_things(scene: Any) -> list[Any]:
    """Return the objects of a scene that a camera can see."""
    return [thing for thing in scene.objects if can_be_seen(thing)]


def scene_motion(context: Any) -> Moving:
    """Return when anything visible moves."""
    return known.moving(context.scene, "seen", lambda: seen_things(context.scene))


def can_be_seen(thing: Any) -> bool:
    """Return whether it is renderable and not hidden."""
    solid = thing.type in SOLID or thing.instance_collection is not None
    return solid and not thing.hide_render and thing.visible_get()


def motion(context: Any, source: str) -> Moving:
    """Return when the captured subject moves, including everything that it depends on."""
    first = None
    for found in subjects(context, source):
        if found.played.moves:
            return found
        first = first or found
    return first or Moving(Played())


def motion_span(context: Any, source: str) -> tuple[int, int] | None:
    """Return the first and last frame of the motion; None if nothing moves, or endlessly."""
    span = motion(context, source).played.span
    if span is None:
        return None
    start, end = whole_frames(span)
    return (start, end) if start < end else None


def scene_span(scene: Any) -> tuple[int, int]:
    """Return the preview range if enabled, or else the scene's range."""
    if scene.use_preview_range:
        return scene.frame_preview_start, scene.frame_preview_end
    return scene.frame_start, scene.frame_end


def watched_span(context: Any, source: str) -> tuple[int, int]:
    """Return frames that show all of a motion; the current one if nothing moves."""
    if span := motion_span(context, source):
        return span
    moves = motion(context, source).played.moves
    return scene_span(context.scene) if moves else (context.scene.frame_current,) * 2


def frame_span(context: Any) -> tuple[int, int]:
    """Return the first and last frame to capture, both included.

    AUTO uses the whole strip or file, or the frames with motion; if unknown, the preview range if
    enabled, or else the scene's range.
    """
    scene, props = context.scene, context.scene.mti
    if props.frame_range_mode == "CUSTOM":
        return props.frame_start, props.frame_end
    if props.source in ("STRIP", "FILE"):
        return footage.footage_span(context, props.source)
    if props.frame_range_mode == "AUTO":
        span = motion_span(context, props.source)
        if span is not None:
            return span
    return scene_span(scene)


def span_warnings(context: Any) -> list[Problem]:
    """Return warnings about likely mistakes: no keys, or frames in which nothing moves."""
    source = context.scene.mti.source
    mover = find_mover(context, source)
    if mover is None or source == "VIEWPORT":
        return []
    found, (start, end) = motion(context, source), frame_span(context)
    name, played = mover.name, found.played
    if played.slotless:
        action, user = played.slotless
        values = {"action": action, "name": user}
        return [Problem("action_without_slot", NO_SLOT, CHOOSE_SLOT, values)]
    if not played.moves and found.undrawn:
        return [Problem("moves_undrawn", UNDRAWN, LOOK_ON, {"name": found.undrawn.name})]
    if played.idle and not played.moves:
        return [Problem("keys_idle", IDLE_KEYS, ADD_KEYS, {"name": name})]
    if not played.moves:
        return [Problem("no_keys", NO_KEYS, ADD_KEYS, {"name": name})]
    if lacking := found.physics_problem(end, drawn=source != "CAMERA"):
        return [lacking]
    if played.endless or played.span is None:
        return []
    first, last = whole_frames(played.span)
    if end > last:
        hint = "Set Frames to Automatic, or choose an earlier end."
        frames = {"name": name, "last": last, "end": end}
        return [Problem("frames_after_motion", TOO_LONG, hint, frames)]
    if start < first:
        hint = "Set Frames to Automatic, or choose a later start."
        frames = {"name": name, "first": first, "start": start}
        return [Problem("frames_before_motion", TOO_EARLY, hint, frames)]
    return []
