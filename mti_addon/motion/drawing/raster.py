"""Anti-aliased stick figures, drawn with distance fields. Imports numpy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..pose_sequence import PoseSequence
from .camera import NEAR, clip_to_pixels, pixels_per_metre, to_clip

Color = tuple[int, int, int]
PALETTE: dict[str, Color] = {
    "torso": (70, 78, 96),
    "head": (226, 170, 120),
    "left_arm": (46, 134, 222),
    "right_arm": (226, 74, 66),
    "left_leg": (38, 166, 110),
    "right_leg": (240, 176, 40),
    "ground": (188, 192, 198),
}
"""sRGB. Left and right differ, so that a single image shows which of two crossing limbs is
which."""

BORDER, BORDER_STRENGTH = 1.0, 0.72
"""Of a side: its border's width, as a multiple of the thinnest limb's radius, and brightness."""


@dataclass(frozen=True)
class Look:
    """How to draw a pose sequence. Colors are sRGB, widths are in pixels of the final image."""

    background: Color = (236, 238, 240)
    palette: Mapping[str, Color] = field(default_factory=lambda: PALETTE)
    thinnest: float = 0.9
    """Minimum radius of a limb, so that a distant figure remains visible."""
    supersampling: int = 3
    """Images are drawn this many times larger, up to 1024 pixels high, and averaged down."""


Sides = Mapping[str, tuple[int, ...]]
"""The sides of a convex body: body part -> joints, counterclockwise as seen from outside."""


def draw(
    poses: PoseSequence, look: Look | None = None, sides: Sides | None = None
) -> NDArray[np.uint8]:
    """Draw the poses as images, uint8 (F, H, W, 3), sRGB: capsules and balls, farthest first.

    `sides` are drawn instead of the limbs, in the colors of their parts.
    """
    look = look or Look()
    width, height = poses.size
    scale = max(1, min(look.supersampling, 1024 // height))
    clip = to_clip(poses.joints, poses.world_to_clip)
    metres = pixels_per_metre(poses.world_to_clip, poses.size) * scale
    out = np.empty((poses.frames, height, width, 3), np.uint8)
    empty = np.full((height * scale, width * scale, 3), look.background, np.float32)
    for frame in range(poses.frames):
        canvas = empty.copy()
        if sides and (clip[frame][:, 3] >= NEAR).all():
            _paint_sides(canvas, clip[frame], sides, look, scale)
            out[frame] = _averaged(canvas, scale)
            continue
        for limb in _far_to_near(poses, clip[frame]):
            a, b = (clip[frame][joint] for joint in poses.limbs[limb])
            ends = _in_front(a, b)
            if ends is None:
                continue
            depths = np.maximum(ends[:, 3], NEAR)
            radii = np.maximum(poses.radii[limb] * metres[frame] / depths, look.thinnest * scale)
            pixels = clip_to_pixels(ends, (width * scale, height * scale))
            _paint(canvas, pixels, radii, look.palette[poses.parts[limb]])
        out[frame] = _averaged(canvas, scale)
    return out


def _averaged(canvas: NDArray[np.float32], scale: int) -> NDArray[np.uint8]:
    """Return the means of squares of pixels; adding slices takes a sixth of np.mean's time."""
    rows = sum((canvas[i::scale] for i in range(1, scale)), canvas[::scale])
    small = sum((rows[:, i::scale] for i in range(1, scale)), rows[:, ::scale])
    whole: NDArray[np.uint8] = np.rint(small / np.float32(scale**2)).astype(np.uint8)
    return whole


def _far_to_near(poses: PoseSequence, clip: NDArray[np.float64]) -> list[int]:
    """Return limb indices, the ground first, then by the depth of their centers.

    Clip z grows with the distance in any projection. Limbs at the same depth keep the skeleton's
    order; otherwise rounding would decide it anew in every frame.
    """
    depth = [round(float(clip[list(limb), 2].mean()), 4) for limb in poses.limbs]
    return sorted(range(len(depth)), key=lambda i: (poses.parts[i] != "ground", -depth[i]))


def _paint_sides(
    canvas: NDArray[np.float32],
    clip: NDArray[np.float64],
    sides: Sides,
    look: Look,
    scale: int,
) -> None:
    """Fill the sides that face the camera, with darker borders; no corner may be behind it."""
    pixels = clip_to_pixels(clip, (canvas.shape[1], canvas.shape[0]))
    for part, corners in sides.items():
        x, y = pixels[list(corners)].T
        # y goes down, so that the area of counterclockwise corners is negative
        if (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() < 0:
            _fill(canvas, pixels[list(corners)], look.palette[part], BORDER * look.thinnest * scale)


def _fill(
    canvas: NDArray[np.float32], corners: NDArray[np.float64], color: Color, border: float
) -> None:
    """Fill a convex polygon (N, 2), counterclockwise, with a darker border; both in pixels."""
    box = _box(canvas, corners, np.zeros(len(corners)))
    if box is None:
        return
    left, top, right, bottom = box
    x = np.arange(left, right, dtype=np.float32)[None] + np.float32(0.5)
    y = np.arange(top, bottom, dtype=np.float32)[:, None] + np.float32(0.5)
    inside = np.full((bottom - top, right - left), np.inf, np.float32)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        dx, dy = bx - ax, by - ay
        length = np.float32(max(np.hypot(dx, dy), 1e-9))
        inside = np.minimum(inside, ((x - ax) * dy - (y - ay) * dx) / length)
    for depth, strength in ((0.0, BORDER_STRENGTH), (border, 1.0)):
        cover = (inside - depth + 0.5).clip(0, 1).astype(np.float32)[..., None]
        area = canvas[top:bottom, left:right]
        area += cover * (strength * np.array(color, np.float32) - area)


def _in_front(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the part of the segment (2, 4) in front of the camera, or None."""
    near_a, near_b = a[3] >= NEAR, b[3] >= NEAR
    if not (near_a or near_b):
        return None
    if near_a and near_b:
        return np.stack([a, b])
    t = (NEAR - a[3]) / (b[3] - a[3])
    cut = a + t * (b - a)
    cut[3] = NEAR
    return np.stack([a, cut] if near_a else [cut, b])


def _paint(
    canvas: NDArray[np.float32],
    ends: NDArray[np.float64],
    radii: NDArray[np.float64],
    color: Color,
) -> None:
    """Draw one capsule with end points (2, 2) and end radii (2,), in pixels, over the canvas."""
    box = _box(canvas, ends, radii)
    if box is None:
        return
    left, top, right, bottom = box
    x = np.arange(left, right, dtype=np.float32)[None] + np.float32(0.5)
    y = np.arange(top, bottom, dtype=np.float32)[:, None] + np.float32(0.5)
    (ax, ay), (bx, by) = ends.astype(np.float32)
    dx, dy = bx - ax, by - ay
    along = ((x - ax) * dx + (y - ay) * dy) / max(float(dx * dx + dy * dy), 1e-9)
    along = along.clip(0, 1)
    distance = np.hypot(x - ax - along * dx, y - ay - along * dy)
    radius = radii[0] + along * np.float32(radii[1] - radii[0])
    cover = (radius - distance + 0.5).clip(0, 1).astype(np.float32)[..., None]
    area = canvas[top:bottom, left:right]
    area += cover * (np.array(color, np.float32) - area)


def _box(
    canvas: NDArray[np.float32], ends: NDArray[np.float64], radii: NDArray[np.float64]
) -> tuple[int, int, int, int] | None:
    """Return the pixels a capsule can touch as left, top, right, bottom; None if there are none."""
    limit = np.array([canvas.shape[1], canvas.shape[0]])
    reach = radii[:, None] + 1
    low = np.floor((ends - reach).min(0)).clip(0, limit).astype(int)
    high = np.ceil((ends + reach).max(0)).clip(0, limit).astype(int)
    if (high <= low).any():
        return None
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
