"""When an ID's own animation moves it: its action, NLA and drivers, as Blender plays them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .keyed import IDLE, STILL, UNSEEN, Played, of_curve, together

TIME = re.compile(r"\bframe\b")
CLOCK = ("frame_current", "frame_current_final", "frame_float", "frame_subframe")
"""Properties of a scene that change by themselves."""


def played_by(owner: Any) -> Played:
    """Return when the action, the NLA strips and the drivers of an ID move it."""
    data = getattr(owner, "animation_data", None)
    if data is None:
        return STILL
    return together([*_stack(owner, data), *map(_of_driver, data.drivers)])


def channels(action: Any, slot: Any) -> list[Any]:
    """Return an action's curves for a slot; none without a slot."""
    if slot is None:
        return []
    strips = (strip for layer in action.layers for strip in layer.strips)
    bags = (strip.channelbag(slot) for strip in strips)
    return [curve for bag in bags if bag for curve in bag.fcurves]


def all_channels(owner: Any) -> Iterator[Any]:
    """Yield every curve that may animate an ID: from its action, NLA strips and drivers."""
    data = getattr(owner, "animation_data", None)
    if data is None:
        return
    if data.action is not None:
        yield from channels(data.action, data.action_slot)
    for track in data.nla_tracks:
        for strip in _clips(track.strips):
            if strip.action is not None:
                yield from channels(strip.action, strip.action_slot)
    yield from data.drivers


def _clips(strips: Any) -> Iterator[Any]:
    for strip in strips:
        if strip.type == "META":
            yield from _clips(strip.strips)
        else:
            yield strip


def _stack(owner: Any, data: Any) -> Iterator[Played]:
    """Yield the action and strips that play, following Blender's solo, mute and tweak rules."""
    tracks = _tracks(data) if data.use_nla else []
    tweaked = data.use_tweak_mode and data.use_nla
    for track in tracks:
        for strip in track.strips:
            if tweaked and track == data.nla_tracks.active and strip.action == data.action:
                continue  # its action is played as the one being edited
            yield _of_strip(owner, strip)
    if data.action is None:
        return
    if tweaked:
        yield from _tweaked(owner, data, tracks)
    elif not any(track.is_solo for track in tracks) and (data.action_influence > 0 or not tracks):
        yield of_action(owner, data.action, data.action_slot)


def _tracks(data: Any) -> list[Any]:
    """Return the tracks that play: up to the edited one, respecting solo and mute."""
    tracks = list(data.nla_tracks)
    active = data.nla_tracks.active
    if data.use_tweak_mode and active in tracks:
        tracks = tracks[: tracks.index(active) + 1]
    if any(track.is_solo for track in tracks):
        tracks = [track for track in tracks if track.is_solo]
    return [track for track in tracks if not track.mute]


def _tweaked(owner: Any, data: Any, tracks: list[Any]) -> Iterator[Played]:
    """Yield the action of the strip being edited: in strip time, or pinned to its own time."""
    active = data.nla_tracks.active
    if data.use_pin:
        yield of_action(owner, data.action, data.action_slot)
    elif active in tracks:
        for strip in active.strips:
            if strip.action == data.action:
                yield _of_strip(owner, strip)


def of_action(owner: Any, action: Any, slot: Any) -> Played:
    """Return when an action with this slot moves its owner.

    The action's manual frame range takes precedence. If the action is shared, it is limited to what
    this slot animates; if it is cyclic, it extends at least until the non-cyclic curves end, such
    as the path of a figure in a walk cycle.
    """
    if slot is None and len(action.slots):
        return Played(slotless=(action.name, owner.name))
    curves = [of_curve(owner, curve) for curve in channels(action, slot)]
    found = together(curves)
    if not (action.use_frame_range and found.moves):
        return found
    start, end = float(action.frame_start), float(action.frame_end)
    if found.endless:
        once = together(curve for curve in curves if not curve.endless).span or (start, end)
        start, end = min(start, once[0]), max(end, once[1])
    elif found.span is not None and len(action.slots) > 1:
        start, end = max(start, found.span[0]), min(end, found.span[1])
    return Played((start, end), found.endless, given=True) if start < end else found


def _of_strip(owner: Any, strip: Any) -> Played:
    """Return when an NLA strip moves its owner, in scene frames."""
    whole = Played((float(strip.frame_start), float(strip.frame_end)))
    if strip.mute:
        return IDLE
    if strip.type == "META":
        inner = together(_of_strip(owner, part) for part in strip.strips)
        return whole if inner.moves else STILL
    if strip.type != "CLIP":
        return whole if strip.type == "TRANSITION" else STILL
    if strip.action is None:
        return STILL
    found = of_action(owner, strip.action, strip.action_slot)
    fading = strip.use_animated_influence or strip.blend_in or strip.blend_out
    if found.endless or found.slotless or not found.moves or fading:
        return whole if found.moves or (fading and not found.slotless) else found
    if strip.repeat != 1 or strip.use_animated_time:
        return whole
    return _mapped(strip, found, whole)


def _mapped(strip: Any, found: Played, whole: Played) -> Played:
    """Map an action's own frames through its strip: moved, scaled, reversed, clipped."""
    assert found.span is not None and whole.span is not None
    first, last = strip.action_frame_start, strip.action_frame_end
    low, high = max(found.span[0], first), min(found.span[1], last)
    if high <= low:
        return STILL
    if strip.use_reverse:
        low, high = first + last - high, first + last - low
    start = strip.frame_start
    at = [start + (frame - first) * strip.scale for frame in (low, high)]
    return Played((max(at[0], whole.span[0]), min(at[1], whole.span[1])))


def _of_driver(driver: Any) -> Played:
    """Return when a driver moves: whenever what it reads moves, or with the frame."""
    inner = driver.driver
    if driver.mute or not inner.is_valid or UNSEEN.match(driver.data_path):
        return STILL
    targets = (target for variable in inner.variables for target in variable.targets)
    clock = any(target.data_path.rsplit(".", 1)[-1] in CLOCK for target in targets)
    scripted = inner.type == "SCRIPTED" and bool(TIME.search(inner.expression))
    return Played(endless=clock or scripted)
