"""Windows and filling of images: running means, and colors spread from where they are known.
Imports torch only."""

import torch
from torch import Tensor
from torch.nn import functional


def fill(picture: Tensor, known: Tensor) -> Tensor:
    """Fill an image (C, H, W) where it is not `known` (1, H, W in [0, 1]) from its surroundings.

    Push-pull (Gortler et al. 1996): averages of the known pixels, from fine to coarse and back.
    """
    levels = [(picture * known, known)]
    while min(levels[-1][0].shape[-2:]) > 1:
        color, weight = (
            4 * functional.avg_pool2d(t[None], 2, ceil_mode=True)[0] for t in levels[-1]
        )
        # One known pixel of four makes the coarser one known.
        enough = 1 / weight.clamp(min=1)
        levels.append((color * enough, weight * enough))
    color, weight = levels[-1]
    filled = color / weight.clamp(min=1e-4)
    for color, weight in reversed(levels[:-1]):
        size = color.shape[-2:]
        filled = functional.interpolate(filled[None], size, mode="bilinear", align_corners=False)[0]
        filled = color + (1 - weight) * filled
    return filled


def box_mean(t: Tensor, radius: int) -> Tensor:
    """Means over windows of 2 radius + 1 pixels, of the part inside the image; t (C, H, W).

    Uses running sums, one axis at a time, so the cost does not depend on the window size.
    """
    return box_sum(t, radius) / box_sum(torch.ones_like(t[:1]), radius)


def box_sum(t: Tensor, radius: int) -> Tensor:
    for dim in (1, 2):
        size = t.shape[dim]
        total = functional.pad(t.cumsum(dim), (1, 0) if dim == 2 else (0, 0, 1, 0))
        place = torch.arange(size)
        high, low = (place + radius + 1).clamp(max=size), (place - radius).clamp(min=0)
        t = total.index_select(dim, high) - total.index_select(dim, low)
    return t


def places(flow: Tensor) -> Tensor:
    """x and y of every position of a map (..., h, w), in 0 .. 1: (h, w, 2)."""
    height, width = flow.shape[-2:]
    axes = [(torch.arange(n, device=flow.device) + 0.5) / n for n in (width, height)]
    return torch.stack(torch.meshgrid(*axes, indexing="xy"), -1)


def grown(t: Tensor, radius: int) -> Tensor:
    """Maxima over windows of 2 radius + 1 pixels, one axis at a time."""
    for kernel, padding in (((2 * radius + 1, 1), (radius, 0)), ((1, 2 * radius + 1), (0, radius))):
        t = functional.max_pool2d(t[None], kernel, 1, padding)[0]
    return t
