"""How much a clip moves. Imports numpy."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

STILL = 16.0
"""A clip that moves less looks like a still; a waving arm moves 60 or more."""
SHARE = 0.01
"""Fraction of an image's pixels covered by the smallest noticeable limb."""


def movement(pictures: Iterable[NDArray[np.uint8]]) -> float:
    """Return how much a clip's images (H, W, C) differ from its first, 0..255.

    This is each pixel's largest difference, averaged over the hundredth of the pixels where it is
    largest; 0 for one image.
    """
    first: NDArray[np.int16] | None = None
    largest: NDArray[np.int16] | None = None
    for picture in pictures:
        colors = picture[..., :3].astype(np.int16)
        if first is None or largest is None:
            first, largest = colors, np.zeros(colors.shape[:2], np.int16)
        largest = np.maximum(largest, np.abs(colors - first).max(-1))
    if largest is None:
        return 0.0
    count = max(1, round(largest.size * SHARE))
    return float(np.partition(largest.ravel(), -count)[-count:].mean())
