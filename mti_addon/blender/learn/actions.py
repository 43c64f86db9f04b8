"""All actions of an armature, captured one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy

from ...wire import Settings
from ..common.overrides import overriding
from ..scene.animation import channels
from ..scene.dependencies import known
from ..sketch.reference import Shot, take_shot

_BONE = re.compile(r'pose\.bones\["(.+?)"\]')


def actions_of(armature: Any) -> list[Any]:
    """Return the actions of the file that move bones of an armature, by name."""
    bones = set(armature.pose.bones.keys())
    return [action for action in bpy.data.actions if _slot_of(action, bones) is not None]


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
    with played(armature, action), overriding((props, chosen)):
        return take_shot(context, settings.num_frames, settings.size)


def _slot_of(action: Any, bones: set[str]) -> Any:
    """Return the slot of an action that moves any of these bones; None if none does."""
    for slot in action.slots:
        for curve in channels(action, slot):
            found = _BONE.match(curve.data_path)
            if found and found[1] in bones:
                return slot
    return None
