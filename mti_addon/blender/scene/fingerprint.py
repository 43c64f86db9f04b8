"""Fingerprint of a capture's sources, compared later to detect changes.

Nothing is played back for it. Keyed or driven values, which Blender sets on each frame, are
excluded, but the keys and drivers themselves are included. Names are not.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import bpy
import numpy as np

from .animation import all_channels
from .dependencies import all_behind

MANY = 100_000
"""For more points than this, only their number is included."""
PLACE = (
    "location",
    "rotation_euler",
    "rotation_quaternion",
    "rotation_axis_angle",
    "scale",
    "rotation_mode",
    "delta_location",
    "delta_rotation_euler",
    "delta_rotation_quaternion",
    "delta_scale",
    "hide_render",
    "hide_viewport",
    "instance_type",
    "empty_display_size",
)
HANGING = ("matrix_parent_inverse", "parent_type", "parent_bone")
POSE = (
    ("location", 3),
    ("rotation_euler", 3),
    ("rotation_quaternion", 4),
    ("rotation_axis_angle", 4),
    ("scale", 3),
    ("bbone_curveinx", 1),
    ("bbone_curveinz", 1),
    ("bbone_curveoutx", 1),
    ("bbone_curveoutz", 1),
    ("bbone_rollin", 1),
    ("bbone_rollout", 1),
)
"""Properties of a pose bone, and the number of values of each."""
REST = (("head_local", 3), ("tail_local", 3), ("use_deform", 1))
LOOKS = (
    "name",
    "show_",
    "select",
    "active",
    "lock_",
    "is_",
    "ui_",
    "bl_",
    "rna_",
    "tag",
    "use_fake_user",
    "use_extra_user",
    "angle",
    "texspace",
    "passepartout",
    "open_",
)
"""Prefixes of properties that move nothing or are derived from others."""
CURVES = ("co", "handle_left", "handle_right")
INPUT = ".properties.inputs.{}.value"
SOCKET = ".inputs[{}].default_value"
VALUES = ("BOOLEAN", "INT", "FLOAT", "ENUM", "STRING")


def of_all_behind(roots: Iterable[Any]) -> str:
    """Hash everything that these depend on, in any order, as 16 hexadecimal digits."""
    return total(of_one(each) for each in all_behind(roots) if each.id_type != "SCENE")


def total(parts: Iterable[str]) -> str:
    """Combine hashes of 16 hexadecimal digits, in any order, into one of the same length."""
    return f"{sum(int(part, 16) for part in parts) & 0xFFFFFFFFFFFFFFFF:016x}"


def of_values(*values: object) -> str:
    """Hash plain values as 16 hexadecimal digits."""
    return of_bytes(repr(values).encode("utf-8", "replace"))


def of_bytes(data: bytes) -> str:
    """Hash bytes as 16 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()[:16]


def plain(
    owner: Any,
    set_by_others: Iterable[str] = (),
    path: str = "",
    looks: tuple[str, ...] = LOOKS,
) -> list[tuple[str, Any]]:
    """Return the values of a modifier, constraint or the like, except those that curves set.

    Properties whose names start with one of `looks` are also left out.
    """
    known = set(set_by_others)
    names = [item.identifier for item in owner.bl_rna.properties if _tells(item, looks)]
    with warnings.catch_warnings():
        # all properties are read, including deprecated ones
        warnings.simplefilter("ignore", DeprecationWarning)
        return [(n, value_of(getattr(owner, n, None))) for n in names if path + n not in known]


def _tells(item: Any, looks: tuple[str, ...]) -> bool:
    """Return whether a property is a plain value that can be set and affects motion."""
    settable = item.type in VALUES and not item.is_readonly
    return settable and not item.identifier.startswith(looks)


def _at(group: str, thing: Any) -> str:
    """Return the path of one of an ID's items, as in F-curves."""
    return f'{group}["{bpy.utils.escape_identifier(thing.name)}"]'


def of_one(owner: Any) -> str:
    """Hash one ID: its transform, its shape, and what moves it."""
    set_by_others = {curve.data_path for curve in all_channels(owner)}
    values = [owner.id_type, *_animation(owner), *_content(owner, set_by_others)]
    return of_values(*values)


def _content(owner: Any, known: set[str]) -> Iterator[Any]:
    kind = owner.id_type
    if kind == "OBJECT":
        yield from _object(owner, known)
    elif kind == "ARMATURE":
        yield owner.pose_position
        yield from (_numbers(owner.bones, name, size) for name, size in REST)
    elif kind == "MESH":
        yield _numbers(owner.vertices, "co", 3), len(owner.polygons)
    elif kind == "LATTICE":
        yield plain(owner, known), _numbers(owner.points, "co_deform", 3)
    elif kind == "KEY":
        for block in owner.key_blocks:
            yield plain(block, known, _at("key_blocks", block) + "."), _numbers(block.data, "co", 3)
    elif kind == "NODETREE":
        yield from _nodes(owner, known)
    elif kind != "COLLECTION":
        yield plain(owner, known)
        for spline in getattr(owner, "splines", ()):
            yield _numbers(spline.points, "co", 4), _numbers(spline.bezier_points, "co", 3)
        if kind == "MASK":
            for spline in (spline for layer in owner.layers for spline in layer.splines):
                yield _numbers(spline.points, "co", 2)


def _object(owner: Any, known: set[str]) -> Iterator[Any]:
    names = PLACE if owner.parent is None else PLACE + HANGING
    yield [_plain_or_tuple(getattr(owner, name)) for name in names if name not in known]
    for group, things in (("constraints", owner.constraints), ("modifiers", owner.modifiers)):
        for thing in things:
            yield plain(thing, known, _at(group, thing) + ".")
            if thing.type == "NODES":
                yield _inputs(thing, known)
    if owner.pose is None:
        return
    bones = owner.pose.bones
    paths = [_at("pose.bones", bone) for bone in bones]
    for name, size in POSE:
        values = _array(bones, name, size).reshape(len(paths), size)
        set_at = [i for i, path in enumerate(paths) if f"{path}.{name}" in known]
        values[set_at] = 0
        yield values.tobytes()
    for bone, path in zip(bones, paths, strict=True):
        for limit in bone.constraints:
            yield plain(limit, known, path + _at(".constraints", limit) + ".")


def _inputs(modifier: Any, known: set[str]) -> list[Any]:
    """Return the values that a modifier passes to its node tree."""
    path = _at("modifiers", modifier)
    if hasattr(modifier, "properties"):  # Blender 5.2
        given = modifier.properties.inputs
        names = [item.identifier for item in given.bl_rna.properties if item.type == "POINTER"]
        sockets = {path + INPUT.format(name): getattr(given, name) for name in names}
        values = {at: getattr(socket, "value", None) for at, socket in sockets.items()}
    else:
        values = {f'{path}["{name}"]': modifier[name] for name in modifier.keys()}
    return [(at, value_of(values[at])) for at in sorted(values) if at not in known]


def _nodes(tree: Any, known: set[str]) -> Iterator[Any]:
    for node in tree.nodes:
        yield node.bl_idname, node.mute
        for i, socket in enumerate(node.inputs):
            path = _at("nodes", node) + SOCKET.format(i)
            if path not in known and hasattr(socket, "default_value"):
                yield value_of(socket.default_value)
    for link in tree.links:
        yield link.from_socket.identifier, link.to_socket.identifier, link.is_muted


def _animation(owner: Any) -> Iterator[Any]:
    data = getattr(owner, "animation_data", None)
    if data is None:
        return
    yield from _stack(data)
    for curve in all_channels(owner):
        yield from _curve(curve)


def _stack(data: Any) -> Iterator[Any]:
    """Yield how an action and the NLA strips are played."""
    yield data.use_nla, data.action is None, data.use_tweak_mode
    if not data.use_tweak_mode:
        yield data.action_influence, data.action_blend_type, data.action_extrapolation
    if data.action is not None:
        given = data.action
        yield given.use_frame_range, given.frame_start, given.frame_end
    for track in data.nla_tracks:
        yield track.mute, track.is_solo
        for strip in track.strips:
            timed = {"influence", "strip_time"}  # Blender sets these on every frame
            yield plain(strip, timed)


def _curve(curve: Any, path: str = "") -> Iterator[Any]:
    yield curve.data_path.removeprefix(path), curve.array_index, curve.mute, curve.extrapolation
    yield from (_numbers(curve.keyframe_points, name, 2) for name in CURVES)
    yield _numbers(curve.sampled_points, "co", 2)
    yield from (plain(modifier) for modifier in curve.modifiers)
    if getattr(curve, "driver", None) is not None:
        yield curve.driver.type, curve.driver.expression
        for variable in curve.driver.variables:
            yield variable.type
            yield from (plain(target) for target in variable.targets)


def of_curves(owner: Any, curves: Iterable[Any], path: str) -> Iterator[Any]:
    """Yield an ID's curves for the item at `path`, how they are played, and what drivers read."""
    yield from _stack(owner.animation_data)
    for curve in curves:
        yield from _curve(curve, path)
        for variable in getattr(getattr(curve, "driver", None), "variables", ()):
            yield [_read(target) for target in variable.targets]


def _read(target: Any) -> Any:
    """Return what a driver reads; for a scene, only the property, since it contains much else."""
    owner = target.id
    if owner is None:
        return None
    if owner.id_type != "SCENE":
        return of_all_behind([owner])
    curves = [curve for curve in all_channels(owner) if curve.data_path == target.data_path]
    if curves or not target.data_path.endswith("]"):  # its own clock runs without being changed
        return [list(_curve(curve)) for curve in curves]
    try:
        return value_of(owner.path_resolve(target.data_path))
    except ValueError:
        return None


def value_of(value: Any) -> Any:
    """Return a number, text or tuple of numbers as is, and anything else by name."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, set):
        return sorted(value)
    try:
        return tuple(value_of(item) for item in value)
    except TypeError:
        return type(value).__name__


def _plain_or_tuple(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) else tuple(value)


def _numbers(things: Any, name: str, size: int) -> object:
    """Return one property of all items in a collection."""
    if not len(things) or len(things) > MANY:
        return len(things)
    return _array(things, name, size).tobytes()


def _array(things: Any, name: str, size: int) -> np.ndarray:
    values = np.zeros(len(things) * size, np.float32)
    things.foreach_get(name, values)
    return values
