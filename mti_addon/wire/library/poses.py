"""Captured poses from elsewhere, checked before anything draws them; stdlib only.

poses.json is what `mti_addon/motion/pose_sequence.py` writes. Drawing takes time and memory with
the number of limbs and pixels, and float32 overflows, so all of them have limits here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .. import codec
from ..errors import BadRequest, UnreadableInput
from ..problem import Problem
from ..request import FASTEST, POSES, SLOWEST
from .texts import AGAIN

MAX_JOINTS = 4096
MAX_NUMBER = 1e9
"""Of a coordinate in meters, or in a matrix. Products of three still fit into float32."""
MAX_SIDE = 4096
MAX_PIXELS = 2**28
"""Of all images together."""
_PART = re.compile(r"[a-z_]{1,32}")
_FIELDS = {"joints", "limbs", "parts", "radii", "world_to_clip", "fps", "size", "parents"}


def check_poses(data: bytes, num_frames: int) -> None:
    """Check poses.json of a motion of `num_frames` images.

    Raises UnreadableInput, naming the field, for what no capture can have written.
    """
    try:
        value = codec.loads(data, POSES)
        if odd := _FIELDS ^ set(value if isinstance(value, dict) else ()):
            raise _Odd(min(odd))
        _check(value, num_frames)
    except BadRequest as error:
        raise UnreadableInput(error.problem) from error
    except _Odd as error:
        what = "The captured poses are damaged: {field} in {file} cannot be right."
        values = {"field": str(error), "file": POSES}
        raise UnreadableInput(Problem("poses_damaged", what, AGAIN, values)) from error


class _Odd(Exception):
    """The name of a field with a value that no capture has."""


def _check(value: dict[str, Any], frames: int) -> None:
    joints = _count(value["joints"], frames, "joints")
    _all(value["world_to_clip"], frames, lambda each: _are_rows(each, 4, 4), "world_to_clip")
    _all(value["joints"], frames, lambda each: _are_rows(each, joints, 3), "joints")
    limbs = value["limbs"]
    count = len(limbs) if isinstance(limbs, list) else 0
    if not 1 <= count <= MAX_JOINTS:
        raise _Odd("limbs")
    _all(limbs, count, lambda each: _are_whole(each, 2, 0, joints - 1), "limbs")
    _all(value["parts"], count, _is_part, "parts")
    _all(value["radii"], count, lambda each: _is_number(each) and each > 0, "radii")
    if value["parents"] != [] and not _are_whole(value["parents"], joints, -1, joints - 1):
        raise _Odd("parents")
    if not (_is_number(value["fps"]) and SLOWEST <= value["fps"] <= FASTEST):
        raise _Odd("fps")
    size = value["size"]
    if not _are_whole(size, 2, 1, MAX_SIDE) or size[0] * size[1] * frames > MAX_PIXELS:
        raise _Odd("size")


def _count(joints: Any, frames: int, field: str) -> int:
    """Return how many joints each frame has."""
    if not isinstance(joints, list) or len(joints) != frames or not isinstance(joints[0], list):
        raise _Odd(field)
    if not 1 <= len(joints[0]) <= MAX_JOINTS:
        raise _Odd(field)
    return len(joints[0])


def _all(values: Any, count: int, is_right: Callable[[Any], bool], field: str) -> None:
    if not isinstance(values, list) or len(values) != count or not all(map(is_right, values)):
        raise _Odd(field)


def _are_rows(value: Any, rows: int, columns: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == rows
        and all(
            isinstance(row, list) and len(row) == columns and all(map(_is_number, row))
            for row in value
        )
    )


def _are_whole(value: Any, count: int, low: int, high: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == count
        and all(type(each) is int and low <= each <= high for each in value)
    )


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and -MAX_NUMBER <= value <= MAX_NUMBER


def _is_part(value: Any) -> bool:
    return isinstance(value, str) and _PART.fullmatch(value) is not None
