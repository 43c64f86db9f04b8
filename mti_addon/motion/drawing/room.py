"""A textured room for a moving camera in an empty scene. Imports numpy only.

A camera's motion is only visible against something: walls with tiles that all differ, so that no
position looks like another, and blocks in between, which show parallax as the camera passes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..pose_sequence import ROOM, PoseSequence
from .raster import PALETTE

Array = NDArray[np.floating]
WALLS = ((206, 170, 140), (150, 178, 204), (196, 190, 150), (164, 196, 168), (176, 164, 152),
         (222, 224, 226))  # fmt: skip
"""sRGB of the walls at -X, +X, -Y, +Y, of the floor and of the ceiling."""
LIGHT = (0.80, 0.92, 0.86, 0.98, 0.7, 1.0)
"""Brightness of a block's sides, in the same order."""
BLOCKS = (  # position around the focus and half the width, height above the floor, color
    (-0.55, 0.35, 0.08, 0.75, "left_arm"),
    (0.50, 0.45, 0.10, 1.00, "right_arm"),
    (0.05, 0.10, 0.12, 0.45, "head"),
    (-0.30, -0.45, 0.07, 0.40, "left_leg"),
    (0.60, -0.30, 0.09, 0.55, "right_leg"),
)
MIX = (12.9898, 78.233, 37.719)
"""Hashes a tile's position to a pseudo-random number."""
TILES = 6.0
"""Number of tiles from the camera to what it looks at."""


@dataclass(frozen=True)
class Room:
    """Boxes (B, 2, 3), minimum and maximum corner, meters, world space; the room itself first."""

    boxes: Array
    colours: Array
    """(B, 3), sRGB; unused for the room."""
    tile: float


def lay_out(eyes: Array, focus: Array, distance: float, blocks: bool = True) -> Room:
    """Return a room around a camera's positions (F, 3) and its focus, `distance` meters away.

    `blocks`: whether to add blocks. Raises ValueError if the distance is not above 0.
    """
    if distance <= 0:
        raise ValueError(f"distance must be above 0, got {distance}")
    points = np.concatenate([eyes, focus[None]])
    half = 0.6 * distance
    low, high = points.min(0) - 1.6 * half, points.max(0) + 1.6 * half
    floor = min(points[:, 2].min() - 0.25 * half, focus[2] - 0.35 * half)
    low[2] = floor
    boxes, colours = [np.stack([low, high])], [np.zeros(3)]
    for x, y, wide, height, part in BLOCKS if blocks else ():
        at = focus[:2] + half * np.array([x, y])
        first = (*(at - half * wide), floor)
        last = (*(at + half * wide), focus[2] + half * (height - 0.35))
        boxes.append(np.array([first, last]))
        colours.append(np.array(PALETTE[part], np.float64))
    return Room(np.stack(boxes), np.stack(colours), distance / TILES)


def room_poses(
    eyes: Array,
    focus: Array,
    distance: float,
    world_to_clip: NDArray[np.floating],
    fps: float,
    size: tuple[int, int],
) -> PoseSequence:
    """Return a moving camera as a pose sequence, to draw the room that it sees again.

    It has the arguments of `lay_out` and `draw_room`. Raises ValueError if they do not fit.
    """
    joints = np.stack([eyes, np.tile(focus, (len(eyes), 1))], axis=1).astype(np.float32)
    clips = world_to_clip.astype(np.float32)
    return PoseSequence(joints, ((0, 1),), (ROOM,), (distance,), clips, fps, size)


def draw_view(poses: PoseSequence) -> NDArray[np.uint8]:
    """Draw what a moving camera sees of its room, uint8 (F, H, W, 3), sRGB."""
    eyes, focus = poses.joints[:, 0], poses.joints[0, 1]
    return draw_room(lay_out(eyes, focus, poses.radii[0]), poses.world_to_clip, poses.size)


def draw_room(
    room: Room, world_to_clip: NDArray[np.floating], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Draw images, uint8 (F, H, W, 3), sRGB, of cameras (F, 4, 4) inside the room."""
    width, height = size
    scale = max(1, min(3, 1024 // height))
    out = np.empty((len(world_to_clip), height, width, 3), np.uint8)
    for frame, matrix in enumerate(world_to_clip):
        eye, ray = _rays(matrix.astype(np.float64), width * scale, height * scale)
        large = _seen(room, eye, ray).reshape(3, height, scale, width, scale)
        out[frame] = np.rint(large.mean((2, 4))).astype(np.uint8).transpose(1, 2, 0)
    return out


# Points and vectors are (3, P) below: numpy compares whole rows several times faster than it finds
# the least of three neighbors P times.


def _rays(matrix: Array, width: int, height: int) -> tuple[Array, Array]:
    """Return each pixel's point on the near plane, and the vector to the far plane, (3, P) each."""
    x = ((np.arange(width) + 0.5) / width * 2 - 1).astype(np.float32)
    y = (1 - (np.arange(height) + 0.5) / height * 2).astype(np.float32)
    back = np.linalg.inv(matrix)
    across, up = (back[:, axis, None, None].astype(np.float32) for axis in (0, 1))
    ends = []
    for depth in (-1.0, 1.0):
        start = (depth * back[:, 2] + back[:, 3]).astype(np.float32)
        point = (start[:, None, None] + y[:, None] * up + x * across).reshape(4, -1)
        ends.append(point[:3] / point[3])
    return ends[0], ends[1] - ends[0]


def _seen(room: Room, eye: Array, ray: Array) -> Array:
    """Return the colors (3, P) of what rays hit first."""
    ray = np.where(np.abs(ray) < 1e-9, np.float32(1e-9), ray)
    inverse = 1 / ray
    boxes = room.boxes.astype(np.float32)
    leave = np.maximum(*_ways(boxes[0], eye, inverse))
    nearest, side = leave.min(0), _least(leave)
    wall = 2 * side + (np.choose(side, ray) > 0)
    colour = _tiled(room, eye + nearest * ray, wall, side)
    for box, base in zip(boxes[1:], room.colours[1:], strict=True):
        first, second = _ways(box, eye, inverse)
        enter = np.minimum(first, second)
        into, out = enter.max(0), np.maximum(first, second).min(0)
        hit = np.flatnonzero((into > 0) & (into < out) & (into < nearest))
        axis = _least(-enter[:, hit])
        towards = np.choose(axis, ray[:, hit]) < 0
        colour[:, hit] = base[:, None] * np.array(LIGHT)[2 * axis + towards]
        nearest[hit] = into[hit]
    return colour


def _ways(box: Array, eye: Array, inverse: Array) -> tuple[Array, Array]:
    """Return how far along its ray each point meets a box's planes (3, P), at both corners."""
    low, high = ((corner[:, None] - eye) * inverse for corner in box)
    return low, high


def _least(rows: Array) -> NDArray[np.intp]:
    """Return which of three rows (3, P) is the least (P,), the first of equals."""
    x, y, z = rows
    return np.where(x <= y, np.where(x <= z, 0, 2), np.where(y <= z, 1, 2))


def _tiled(room: Room, points: Array, wall: NDArray[np.intp], side: NDArray[np.intp]) -> Array:
    """Give each tile its own brightness, and draw grout lines around it."""
    flat = points / np.float32(room.tile)
    flat[side, np.arange(flat.shape[1])] = 0.5  # nothing changes across a wall
    tile = np.floor(flat)
    mixed = np.sin(np.array(MIX) @ tile + 4.1 * wall) * 43758.5453
    bright = (0.72 + 0.36 * (mixed - np.floor(mixed))).astype(np.float32)
    bright[np.abs(flat - tile - 0.5).max(0) > 0.47] = 0.5
    return np.asarray(np.array(WALLS, np.float32).T[:, wall] * bright)
