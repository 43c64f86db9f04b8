"""Draw the loss curve as a small image. Imports numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 128
"""Size in pixels; Blender draws icons square."""
_BACK = (0.11, 0.11, 0.11, 1.0)
_GRID = (0.2, 0.2, 0.2, 1.0)
_FAINT = np.array((0.35, 0.45, 0.6), np.float32)
_STRONG = np.array((0.45, 0.75, 1.0), np.float32)
_MARGIN = 6


def smoothed(losses: Sequence[float]) -> NDArray[np.float64]:
    """Smooth losses with a moving average over about a fifth of them."""
    values = np.asarray(losses, np.float64)
    reach = max(1, len(values) // 10)
    places = np.arange(len(values))
    # normalizing the Gaussian weights at each point avoids dips or rises at the ends
    weights = np.exp(-0.5 * ((places[:, None] - places[None]) / reach) ** 2)
    result: NDArray[np.float64] = weights @ values / weights.sum(1)
    return result


def draw_curve(losses: Sequence[float], steps: Sequence[int], total: int) -> NDArray[np.float32]:
    """Draw losses over their iterations as RGBA in 0..1, (SIDE, SIDE, 4), bottom row first.

    The width spans `total` iterations, so the curve grows during learning. The height is
    logarithmic, since most progress is made early. Non-finite losses are omitted.
    """
    picture = np.tile(np.array(_BACK, np.float32), (SIDE, SIDE, 1))
    for line in np.linspace(_MARGIN, SIDE - 1 - _MARGIN, 4).round().astype(int):
        picture[line] = _GRID
    kept = [(s, v) for s, v in zip(steps, losses, strict=True) if np.isfinite(v) and v > 0]
    if len(kept) < 2:
        return picture
    x = np.array([step for step, _ in kept]) / max(total, kept[-1][0], 1)
    raw = np.log([value for _, value in kept])
    mean = smoothed(raw.tolist())
    # outliers would flatten the rest
    low, high = min(np.quantile(raw, 0.02), mean.min()), max(np.quantile(raw, 0.95), mean.max())
    high = max(high, low + 1e-3)
    for values, colour, width in ((raw, _FAINT, 0.7), (mean, _STRONG, 1.6)):
        _line(picture, x, np.clip((values - low) / (high - low), 0, 1), colour, width)
    return picture


def _line(picture: NDArray[Any], x: Any, y: Any, colour: Any, width: float) -> None:
    """Draw an anti-aliased line; x (ascending) and y in 0..1."""
    inner = SIDE - 1 - 2 * _MARGIN
    columns = np.arange(SIDE)
    across, up = _MARGIN + x * inner, _MARGIN + y * inner
    first, last = int(np.ceil(across[0])), int(across[-1])
    heights = np.interp(columns, across, up)
    # a column covers the line's whole range between its left and right edges
    edges = np.interp(np.stack([columns - 0.5, columns + 0.5]), across, up)
    low = np.minimum(edges.min(0), heights) - width / 2
    high = np.maximum(edges.max(0), heights) + width / 2
    rows = np.arange(SIDE)[:, None]
    cover = np.clip(np.minimum(rows - low + 0.5, high - rows + 0.5), 0, 1)
    cover[:, (columns < first) | (columns > last)] = 0
    picture[..., :3] += cover[..., None].astype(np.float32) * (colour - picture[..., :3])
