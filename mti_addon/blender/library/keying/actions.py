"""Actions with few keys that pass through sampled values."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ....motion.keying.channels import Channel

BEZIER, AUTO_CLAMPED = 2, 4
"""Blender's numbers of what it gives to new keys by default."""
MADE = "mti_made"
"""Custom property of an action that was made of a motion: what its keys were then."""
BONE = 'pose.bones["{}"].{}'
SUBFRAMES = 1.5
"""Samples closer together than this, in frames, are keyed where they are, not on whole frames."""
ROUNDS = 12
FINE = 0.05
"""Keys hit their own samples this much more exactly than the others."""


def new_action(name: str, id_type: str, slot_name: str) -> tuple[Any, Any, Any]:
    """Create an action; return it, its slot, and the container of its curves."""
    action = bpy.data.actions.new(name)
    slot = action.slots.new(id_type=id_type, name=slot_name)
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    return action, slot, strip.channelbag(slot, ensure=True)


def add_slot(action: Any, id_type: str, slot_name: str) -> Any:
    """Add a slot for another ID that moves along; return the container of its curves."""
    slot = action.slots.new(id_type=id_type, name=slot_name)
    return action.layers[0].strips[0].channelbag(slot, ensure=True)


def key_channels(bag: Any, channels: Iterable[Channel], frames: Sequence[float]) -> None:
    """Key each channel at some of the scene frames (F,).

    What stays at rest gets no key, and what is constant one.
    """
    for channel in channels:
        for part in channel.parts():
            curves = _curves(bag, part)
            if part.moves:
                _fit(curves, part.values, part.tolerance, list(frames))
            else:
                _set(curves, frames[:1], part.values[:1])


def assign(owner: Any, action: Any, slot: Any) -> None:
    """Make an ID play an action."""
    data = owner.animation_data_create()
    data.action = action
    data.action_slot = slot


def is_as_made(action: Any) -> bool:
    """Return whether nobody has changed an action since `note_made`, nor uses it elsewhere."""
    return action.users == 1 and action.get(MADE, "") == _digest(action)


def note_made(action: Any) -> None:
    """Remember what an action of a motion is like, so that it need not be kept."""
    action[MADE] = _digest(action)


def _digest(action: Any) -> str:
    bags = (bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags)
    found = 0
    for curve in (curve for bag in bags for curve in bag.fcurves):
        keys = np.empty((3, 2 * len(curve.keyframe_points)), np.float32)
        for row, name in zip(keys, ("co", "handle_left", "handle_right"), strict=True):
            curve.keyframe_points.foreach_get(name, row)
        kinds = f"{curve.data_path}{curve.array_index}{len(curve.modifiers)}{curve.mute}"
        found = zlib.crc32(keys.tobytes() + kinds.encode(), found)
    return f"{found:08x}"


def data_path(channel: Channel) -> str:
    """Return the path of a channel's property, from the ID that is animated."""
    if not channel.bone:
        return channel.path
    return BONE.format(bpy.utils.escape_identifier(channel.bone), channel.path)


def _curves(bag: Any, channel: Channel) -> list[Any]:
    path, title = data_path(channel), channel.bone or "Object Transforms"
    group = bag.groups.get(title) or bag.groups.new(title)
    curves = [bag.fcurves.new(path, index=i) for i in channel.indices]
    for curve in curves:
        curve.group = group
    return curves


def _fit(
    curves: list[Any], values: NDArray[np.float64], tolerance: float, frames: list[float]
) -> None:
    """Key the fewest samples that keep the others within the tolerance.

    Blender's own curves are asked what they show, so that the handles may be automatic.
    """
    step = (frames[-1] - frames[0]) / max(len(frames) - 1, 1)
    times = [float(round(frame)) for frame in frames] if step >= SUBFRAMES else frames
    chosen = [0, len(frames) - 1]
    while True:
        wrong = np.abs(_settle(curves, values, tolerance, frames, times, chosen)).max(1)
        wrong[chosen] = 0
        worst = int(wrong.argmax())
        if wrong[worst] <= tolerance:
            return
        chosen = sorted([*chosen, worst])


def _settle(
    curves: list[Any],
    values: NDArray[np.float64],
    tolerance: float,
    frames: list[float],
    times: list[float],
    chosen: list[int],
) -> NDArray[np.float64]:
    """Set keys that make the curves pass through the chosen samples; return what all miss (F, C).

    A key is on a whole frame, up to half a frame away from its sample, so it must be a bit beside
    it.
    """
    at, set_to = [times[i] for i in chosen], values[chosen].copy()
    for _ in range(ROUNDS):
        _set(curves, at, set_to)
        shown = [[curve.evaluate(frame) for curve in curves] for frame in frames]
        miss = values - np.array(shown)
        if np.abs(miss[chosen]).max() <= FINE * tolerance:
            break
        set_to += miss[chosen]
    return miss


def _set(curves: Sequence[Any], frames: Sequence[float], values: NDArray[np.float64]) -> None:
    count = len(frames)
    for curve, column in zip(curves, values.T, strict=True):
        points = curve.keyframe_points
        if len(points) != count:
            points.clear()
            points.add(count)
            points.foreach_set("interpolation", [BEZIER] * count)
            for side in ("handle_left_type", "handle_right_type"):
                points.foreach_set(side, [AUTO_CLAMPED] * count)
        points.foreach_set("co", np.stack([frames, column], 1).ravel().astype(np.float32))
        curve.update()
