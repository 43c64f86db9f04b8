"""Assigns the pixels of a figure to its body parts, by the image's colors. Imports torch only.

The network sees the parts on a coarse grid, and its borders are a position or two off. Pixels that
are taken for another part stay behind when a limb moves, as dust, and the limb gets holes. So the
parts compete for each pixel: how likely the network finds one there, how near the pixel's color is
to the part's own around there, and how many of the surrounding pixels belong to it (mean-field
inference in a conditional random field, Krähenbühl and Koltun 2011, with a window instead of
Gaussians).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .filling import box_mean, fill, grown

_SIDE = 192
"""Side in pixels of the square on which parts compete."""
_SURE = 0.6
"""Probability above which a position's color is the part's own."""
_NOISE = 0.01  # squared color distance, for colors in [-1, 1], caused by grain
_AROUND = 8
"""Half the window, in pixels, over which a part has one color: a pixel must not vouch for
itself."""
_COLOR = 4.0  # largest log odds that a color contributes
_PRIOR = 0.1  # added to the network's probabilities
_TOGETHER = 8.0  # log odds that unanimous surroundings contribute
_RADIUS, _ROUNDS = 2, 5
_DIRECTIONS = 32  # of the lines around a part
_MARGIN = 2  # pixels
_THIN = 2  # half a window, in pixels
_LEAST = 12  # pixels; a part of which less is seen hides nothing worth showing


def segment(picture: Tensor, figure: Tensor, parts: Tensor) -> Tensor:
    """Share of each part at each pixel, (K, _SIDE, _SIDE), that sums to 1.

    Args:
        picture: the square that the network saw, (3, n, n) in [-1, 1]. figure: (1, n, n) the
        figure's coverage. parts: (K, h, h) the parts' probabilities.
    """
    size = (_SIDE, _SIDE)
    color, inside = _resized(picture, size), _resized(figure, size)
    prior = functional.interpolate(parts[None], size, mode="bicubic", align_corners=False)[0]
    prior = prior.clamp(0, 1) + _PRIOR * _spread(parts, size)
    share = prior / prior.sum(0).clamp(min=1e-6)
    expected = (prior + 1e-4).log() + _likeness(color, inside, share)
    weight = box_mean(inside, _RADIUS).clamp(min=1e-3)
    for _ in range(_ROUNDS):
        around = box_mean(share * inside, _RADIUS) / weight
        share = (expected + _TOGETHER * around).softmax(0)
    return share


def _resized(picture: Tensor, size: Sequence[int]) -> Tensor:
    """An image (C, H, W) at this size, each pixel the mean of those that it covers."""
    return functional.interpolate(picture[None], size, mode="area")[0]


def _spread(parts: Tensor, size: tuple[int, int]) -> Tensor:
    """The parts' probabilities blurred, so that each reaches a little beyond where it is seen."""
    wide = functional.avg_pool2d(parts[None], 5, 1, 2, count_include_pad=False)
    return functional.interpolate(wide, size, mode="bilinear", align_corners=False)[0]


def _likeness(color: Tensor, inside: Tensor, share: Tensor) -> Tensor:
    """Log odds (K, n, n) of each part by a pixel's color (3, n, n), at least -_COLOR: that of the
    nearest color is 0."""
    distances = []
    for part in share:
        sure = ((part > _SURE) & (inside[0] > _SURE)).float()[None]
        if sure.sum() < 4:
            distances.append(torch.full_like(part, torch.inf))
            continue
        mass = box_mean(sure, _AROUND)
        own = box_mean(color * sure, _AROUND) / mass.clamp(min=1e-6)
        distances.append((color - fill(own, (mass > 0).float())).square().sum(0))
    off = (torch.stack(distances) + _NOISE).log()
    nearest = off.amin(0, keepdim=True)
    return torch.where(nearest.isfinite(), nearest - off, 0.0).clamp(min=-_COLOR)


@dataclass(frozen=True)
class Hidden:
    """What is behind the visible parts.

    Attributes:
        part: (n, n), the hidden part at each pixel, -1 for none. color: (3, n, n), spread from
        where that part is seen. reaches: (n, n), whether the part itself is there, and not only the
        margin by which it reaches under its neighbors, so that no crack opens at a joint.
    """

    part: Tensor
    color: Tensor
    reaches: Tensor


def hidden(picture: Tensor, figure: Tensor, share: Tensor) -> Hidden:
    """Guess what the visible parts hide: other parts, as far as their convex hulls reach.

    A part is convex, more or less: an arm in front of a trunk hides the rest of the trunk's hull.

    Args:
        picture, figure: as for `segment`. share: (K, n, n), what `segment` returned.
    """
    size = share.shape[-2:]
    color, inside = _resized(picture, size), _resized(figure, size)[0] > _SURE
    seen, lines = share.argmax(0), _lines(size)
    best = torch.zeros(size)
    found = Hidden(torch.full(size, -1), torch.zeros_like(color), torch.zeros(size))
    for k in range(len(share)):
        own = inside & (seen == k)
        if own.sum() < _LEAST:
            continue
        whole = _opened(_hull(own, lines) & inside & ~own)
        margin = grown(own.float()[None], _MARGIN)[0]
        # where several are possible, a bigger part rather than a smaller one
        reach = (whole + 0.5 * margin) * (1 + own.sum() / own.numel())
        here = inside & ~own & (reach > best)
        if not here.any():
            continue
        best = torch.where(here, reach, best)
        found.part[here] = k
        found.reaches[here] = whole[here]
        found.color[:, here] = fill(color, own.float()[None])[:, here]
    return found


def _opened(mask: Tensor) -> Tensor:
    """A mask (n, n), as numbers, without what is thinner than a window: borders that are a pixel or
    two off."""
    outside = (~mask).float()[None]
    return grown(1 - grown(outside, _THIN), _THIN)[0]


def _lines(size: Sequence[int]) -> Tensor:
    """How far every pixel is along each of the directions, (_DIRECTIONS, n, n)."""
    angle = torch.arange(_DIRECTIONS) * (2 * torch.pi / _DIRECTIONS)
    y, x = torch.meshgrid(*(torch.arange(n).float() for n in size), indexing="ij")
    return angle.cos()[:, None, None] * x + angle.sin()[:, None, None] * y


def _hull(mask: Tensor, lines: Tensor) -> Tensor:
    """The convex hull of a mask (n, n), up to the number of directions."""
    furthest = lines[:, mask].amax(1)
    return (lines <= furthest[:, None, None]).all(0)
