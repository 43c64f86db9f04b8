"""Draw the same motion in many ways, so that all drawings have only the motion in common.

A PoseSequence is 3D, so its motion can be shown with another body, another look, another position,
and slightly from the side. An embedding optimized over all of them has nothing else to represent.
Imports numpy and stdlib only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .drawing.camera import NEAR, clip_to_pixels, orbited, pixels_per_metre, shifted, to_clip
from .drawing.looks import random_look
from .drawing.raster import Look
from .pose_sequence import PoseSequence
from .proportions import is_one_body, limb_groups, reproportion

MOST = 16
"""Larger numbers of drawings are untested."""
YAW, PITCH = math.radians(14), math.radians(6)
"""How far the camera may orbit the figure, to either side."""
SHARES = (0.62, 0.96)
"""How much of the image a fully visible figure fills: the larger side of the box around its
whole motion."""
ZOOMS = (0.6, 1.7)
ROOM_SIZES = (0.8, 1.25)
"""How large the room around a moving camera may be, as a multiple of the original's."""
MARGIN = 0.02
"""Fraction of the image's shorter side that a drawing keeps free at the edges."""

_STICK = (0.55, 1.3)
"""Radii of a thin and a thick stroke, as multiples of the stick figure's."""
_SOLID: Mapping[str, tuple[float, float]] = {
    "torso": (2.4, 4.2),
    "neck": (1.0, 1.6),
    "shoulders": (1.3, 1.9),
    "hips": (1.6, 2.4),
    "head": (1.0, 1.3),
    "arms": (1.2, 1.9),
    "legs": (1.4, 2.3),
    "other": (1.2, 2.0),
}
"""Minimum and maximum radii of a solid body, as multiples of the stick figure's."""

Box = NDArray[np.float64]


class Drawing(NamedTuple):
    """Arguments of `draw` for one variation."""

    poses: PoseSequence
    look: Look


def variations(poses: PoseSequence, count: int, seed: int) -> list[Drawing]:
    """Return `count` ways to draw a pose sequence; the first is unchanged, in the default look.

    Each of the others depends only on the poses, the seed and its index, so that smaller counts are
    prefixes of larger ones. What is fully visible originally is fully visible in every variation.
    The camera's own motion is kept. Raises ValueError unless 1 <= count <= MOST.
    """
    if not 1 <= count <= MOST:
        raise ValueError(f"count must be 1 to {MOST}, got {count}")
    return [Drawing(poses, Look()), *(_variation(poses, k, seed) for k in range(1, count))]


def _variation(poses: PoseSequence, number: int, seed: int) -> Drawing:
    rng = Random(f"{seed} {number}")
    if poses.is_room:
        return Drawing(_elsewhere_in_the_room(poses, rng), Look())
    solid = number % 2 == 1
    look = random_look(rng, dark=number % 4 == 2)
    body = reproportion(poses, _random_proportions(rng)) if is_one_body(poses) else poses
    body = _with_radii(body, rng, solid)
    return Drawing(_placed(poses, _seen_from_elsewhere(body, rng), rng), look)


def _random_proportions(rng: Random) -> dict[str, float]:
    """Return proportions of adults, children or cartoons."""
    return {
        "torso": rng.uniform(0.85, 1.15),
        "neck": rng.uniform(0.7, 1.4),
        "shoulders": rng.uniform(0.65, 1.3),
        "hips": rng.uniform(0.7, 1.5),
        "head": rng.uniform(0.9, 1.45),
        "arms": rng.uniform(0.82, 1.2),
        "legs": rng.uniform(0.72, 1.15),
    }


def _with_radii(poses: PoseSequence, rng: Random, solid: bool) -> PoseSequence:
    """Return a stick figure of any stroke, or a body; a stick's head keeps its size."""
    stroke = rng.uniform(*_STICK)
    body = {group: rng.uniform(*span) for group, span in _SOLID.items()}
    one_body = is_one_body(poses)
    radii = []
    for group, radius in zip(limb_groups(poses), poses.radii, strict=True):
        if solid:
            # without connections, a torso cannot be distinguished from a neck or shoulder
            factor = body[group if one_body or group != "torso" else "legs"]
        else:
            factor = 1.0 if group == "head" else stroke
        radii.append(radius * factor)
    return replace(poses, radii=tuple(radii))


def _seen_from_elsewhere(poses: PoseSequence, rng: Random) -> PoseSequence:
    yaw, pitch = rng.uniform(-YAW, YAW), rng.uniform(-PITCH, PITCH)
    pivot = poses.joints.mean((0, 1)).astype(np.float64)
    return replace(poses, world_to_clip=_float32(orbited(poses.world_to_clip, pivot, yaw, pitch)))


def _elsewhere_in_the_room(poses: PoseSequence, rng: Random) -> PoseSequence:
    """Turn a camera and its path about what it looks at, so that it sees other walls, and change
    the size of the room."""
    yaw, larger = rng.uniform(0, math.tau), rng.uniform(*ROOM_SIZES)
    focus = poses.joints[0, 1].astype(np.float64)
    c, s = math.cos(yaw), math.sin(yaw)
    joints = focus + (poses.joints - focus) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return replace(
        poses,
        joints=joints.astype(np.float32),
        radii=(larger * poses.radii[0],),
        world_to_clip=_float32(orbited(poses.world_to_clip, focus, yaw, 0.0)),
    )


def _placed(original: PoseSequence, poses: PoseSequence, rng: Random) -> PoseSequence:
    """Move and scale the poses in the image, clipping nothing that was visible before.

    If a limb passes the camera there is no box around the motion; then the original is kept, except
    for its radii.
    """
    share, across, down = (rng.random() for _ in range(3))
    before, now = drawn_box(original), drawn_box(poses)
    if before is None or now is None:
        return replace(original, radii=poses.radii)
    size = np.array(poses.size, np.float64)
    edge = MARGIN * size.min() + 1
    low, high = np.minimum(edge, before[0]), np.maximum(size - edge, before[1])
    extent = now[1] - now[0]
    whole = bool((before[0] >= 0).all() and (before[1] <= size).all())
    filled = (extent / size).max() if whole else 1.0
    scale = (SHARES[0] + share * (SHARES[1] - SHARES[0])) / filled
    scale = min(max(scale, ZOOMS[0]), ZOOMS[1], *((high - low) / extent))
    first, last = low - scale * now[0], high - scale * now[1]
    shift = first + np.array([across, down]) * (last - first)
    return replace(
        poses, world_to_clip=_float32(shifted(poses.world_to_clip, scale, shift, poses.size))
    )


def drawn_box(poses: PoseSequence) -> Box | None:
    """Return the box ((left, top), (right, bottom)), in pixels, around everything `draw` draws.

    Covers all frames; None if a limb is behind the camera in any of them.
    """
    clip = to_clip(poses.joints, poses.world_to_clip)
    ends = clip[:, np.array(poses.limbs)]  # (F, L, 2, 4)
    if (ends[..., 3] < NEAR).any():
        return None
    metres = pixels_per_metre(poses.world_to_clip, poses.size)[:, None, None]
    radii = np.array(poses.radii)[:, None] * metres / ends[..., 3]
    radii = np.maximum(radii, Look().thinnest)[..., None]
    pixels = clip_to_pixels(ends, poses.size)
    return np.stack([(pixels - radii).min((0, 1, 2)), (pixels + radii).max((0, 1, 2))])


def _float32(matrices: NDArray[np.float64]) -> NDArray[np.float32]:
    return matrices.astype(np.float32)
