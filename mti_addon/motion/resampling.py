"""Resize part of an image, weighting each pixel by its coverage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""Left, top, right, bottom; in pixels from the upper left corner, may be fractional."""


def averaged(
    picture: NDArray[np.uint8], box: Box, size: tuple[int, int], over: bool = False
) -> NDArray[np.uint8]:
    """Resample the `box` of an image (H, W, 4) with straight alpha to (h, w, 4); `size`: (w, h).

    Colors are weighted by their alpha. `over`: composite over black instead, (h, w, 3).
    """
    height, width = picture.shape[:2]
    left, top, right, bottom = box
    across = _shares(left, right, width, size[0])
    down = _shares(top, bottom, height, size[1])
    values = picture.astype(np.float32)
    values[..., :3] *= values[..., 3:] / 255
    mean = np.einsum("yh,hwc->ywc", down, values, optimize=True)
    mean = np.einsum("xw,ywc->yxc", across, mean, optimize=True)
    if over:
        mean = mean[..., :3]
    else:
        mean[..., :3] /= np.maximum(mean[..., 3:] / 255, 1e-6)
    return np.asarray(np.rint(mean).clip(0, 255), np.uint8)


def _shares(first: float, last: float, count: int, parts: int) -> NDArray[np.float32]:
    """Return the weight of each of `count` pixels in each part (parts, count), summing to 1."""
    edges = np.linspace(first, last, parts + 1).clip(0, count)
    pixels = np.arange(count)
    inside = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    inside = inside.clip(0)
    # a part too thin to measure takes the pixel that contains it
    thin = inside.sum(1) < 1e-9
    inside[thin, edges[:-1][thin].astype(int).clip(0, count - 1)] = 1
    return np.asarray(inside / inside.sum(1, keepdims=True), np.float32)
