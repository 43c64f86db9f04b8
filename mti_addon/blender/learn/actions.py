"""All actions of a file's armatures, captured one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import bpy

from ...wire import Settings
from ...wire.library import Kind
from ..common.overrides import overriding
from ..scene.animation import channels
from ..scene.dependencies import known
from ..sketch.reference import Shot, take_shot
from ..sketch.sources import find_armature
from .many import Planned

_BONE = re.compile(r'pose\.bones\["(.+?)"\]')


def actions_of(armatures: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return (armature, action) of the actions of the file that move bones of these, by name.

    If several armatures have the bones, it is the one that plays the action, or else the first.
    """
    bones = [(armature, set(armature.pose.bones.keys())) for armature in armatures]
    found = []
    for action in bpy.data.actions:
        fitting = [each for each, names in bones if _slot_of(action, names) is not None]
        if fitting:
            found.append((min(fitting, key=lambda each: not _plays(each, action)), action))
    return found


def armatures_of(context: Any) -> list[Any]:
    """Return the armatures that can be captured in the scene, the active one first."""
    active = find_armature(context)
    armatures = [ob for ob in context.view_layer.objects if ob.type == "ARMATURE"]
    return sorted(armatures, key=lambda each: (each != active, each.name))


def _plays(armature: Any, action: Any) -> bool:
    data = armature.animation_data
    if data is None:
        return False
    strips = (strip for track in data.nla_tracks for strip in track.strips)
    return data.action == action or any(strip.action == action for strip in strips)


def planned(
    context: Any, armatures: Sequence[Any], settings: Settings, kind: Kind = "body"
) -> list[Planned]:
    """Return the motions that the actions of these armatures become, with their captures."""
    return [
        Planned(each.name, kind, partial(capture, context, armature, each, settings))
        for armature, each in actions_of(armatures)
    ]


@contextmanager
def played(armature: Any, action: Any) -> Iterator[None]:
    """Have an armature play only this action; it is as it was afterwards."""
    data = armature.animation_data or armature.animation_data_create()
    before, slot, use_nla = data.action, data.action_slot, data.use_nla
    pose = [(bone, bone.matrix_basis.copy()) for bone in armature.pose.bones]
    try:
        data.use_nla = False
        data.action = action
        data.action_slot = _slot_of(action, set(armature.pose.bones.keys()))
        known.changed()
        yield
    finally:
        data.action = before
        if before is not None and slot is not None:
            data.action_slot = slot
        data.use_nla = use_nla
        for bone, matrix in pose:
            bone.matrix_basis = matrix
        known.changed()


def capture(context: Any, armature: Any, action: Any, settings: Settings) -> Shot:
    """Capture an action in the frames in which it moves. Raises CaptureError."""
    props = context.scene.mti
    chosen = {"source": "ARMATURE", "frame_range_mode": "AUTO"}
    with _active(context, armature), played(armature, action), overriding((props, chosen)):
        return take_shot(context, settings.num_frames, settings.size)


@contextmanager
def _active(context: Any, armature: Any) -> Iterator[None]:
    objects = context.view_layer.objects
    before = objects.active
    try:
        objects.active = armature
        yield
    finally:
        objects.active = before


def _slot_of(action: Any, bones: set[str]) -> Any:
    """Return the slot of an action that moves any of these bones; None if none does."""
    for slot in action.slots:
        for curve in channels(action, slot):
            found = _BONE.match(curve.data_path)
            if found and found[1] in bones:
                return slot
    return None
