"""Splats the source positions of pixels to where they move: softmax splatting (Niklaus and Liu
2020) with a hard depth test. Imports torch only."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .filling import box_mean, box_sum

_DUST, _FULL = 8, 0.22
"""Half the window, in working pixels, that a splatted pixel's surroundings must fill to this
share."""


@dataclass(frozen=True)
class Patch:
    """The part of a frame that contains the figure, in working pixels of the crop: source positions
    uv (2, h, w) in 0 .. 1, coverage alpha (1, h, w), and its left and top edge."""

    uv: Tensor
    alpha: Tensor
    left: int
    top: int


def splat(source: Tensor, place: Tensor, near: Tensor, share: Tensor, side: int) -> Patch | None:
    """Splat source pixels (n,) to positions (n, 2) in working pixels, `near` the viewer (n,)."""
    low = place.amin(0).floor().long() - 2
    high = place.amax(0).ceil().long() + 3
    low, high = low.clamp(-3 * side, 4 * side), high.clamp(-3 * side, 4 * side)
    width, height = int(high[0] - low[0]), int(high[1] - low[1])
    if width < 4 or height < 4:
        return None
    uv = torch.stack([(source % side + 0.5), (source // side + 0.5)]) / side  # (2, n)
    p = place - low - 0.5
    base = p.floor()
    f = p - base
    targets, weights, index = [], [], []
    n = torch.arange(len(source))
    for dx in (0, 1):
        for dy in (0, 1):
            cx, cy = base[:, 0].long() + dx, base[:, 1].long() + dy
            w = (f[:, 0] if dx else 1 - f[:, 0]) * (f[:, 1] if dy else 1 - f[:, 1])
            ok = (cx >= 0) & (cx < width) & (cy >= 0) & (cy < height) & (w > 0.02)
            targets.append((cy * width + cx)[ok])
            weights.append(w[ok])
            index.append(n[ok])
    target, weight, i = torch.cat(targets), torch.cat(weights), torch.cat(index)
    quantised = ((near + 8).clamp(0, 16) * 2**16).long()
    key = (quantised[i] << 24) + i
    best = torch.full((width * height,), -1, dtype=torch.long)
    best.scatter_reduce_(0, target, key, "amax")
    winner = best[target] & (2**24 - 1)
    together = (uv[:, i] - uv[:, winner]).abs().amax(0) < 4 / side
    target, weight, i = target[together], weight[together], i[together]
    layers = torch.cat([uv[:, i], share[None, i], torch.ones_like(weight)[None]]) * weight
    total = torch.zeros(4, width * height).index_add_(1, target, layers)
    weight = total[3:].reshape(1, height, width)
    hit = weight > 0.02
    values = (total[:3].reshape(3, height, width) / weight.clamp(min=1e-6)) * hit
    values, hit = _closed(values, hit)
    # A limb is wider than a window; what fills only a little of one is dust.
    hit = hit & (box_mean(hit.float(), _DUST) > _FULL)
    return Patch(values[:2], values[2:] * hit, int(low[0]), int(low[1]))


def _closed(values: Tensor, hit: Tensor) -> tuple[Tensor, Tensor]:
    """Close the gaps that stretching leaves, at pixels most of whose neighbors are hit."""
    for least in (4, 4, 5, 5):
        around = box_sum(hit.float(), 1).round()
        new = ~hit & (around >= least)
        if not new.any():
            break
        values = torch.where(new, box_sum(values, 1) / around.clamp(min=1), values)
        hit = hit | new
    return values, hit
