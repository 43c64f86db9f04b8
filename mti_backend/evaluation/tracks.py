"""Locates a figure's parts in a generated image by their colors. Imports torch only.

The ground truth provides the colors of the target's parts and the background. Every pixel of a
result is assigned to the nearest of these, and the median position of a color's pixels locates its
parts. Parts of the same color form one class: two arms of one color have one position. Shading and
thin parts make some colors unreadable, so the ground truth's own images are evaluated first, and a
color counts only where that finds its true position.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from .pairs import Pair

# RGB distance in [-1, 1] below which two parts cannot be distinguished.
_ALIKE = 0.3
# Minimum number of pixels for a color to be searched for, and to be found.
_SEEN, _FOUND = 8, 3
# Maximum error of a color's position in the ground truth's images, in figure heights.
_READABLE = 0.05
CAP = 0.5
"""Maximum error of a part in figure heights, also used if the part is not found."""
STILL = 0.4 / 64
"""Frame widths per frame below which a track counts as still."""
MOVES = 1.5 / 64
"""Minimum distance from its first position, in frame widths, for a track to count as moving."""


@dataclass(frozen=True)
class Palette:
    """Colors of a target.

    colours: (C, 3) in [-1, 1], one per class. of_part: int64 (parts,), class of each part or -1.
    background: (F, 3, H, W).
    """

    colours: Tensor
    of_part: Tensor
    background: Tensor


def palette(answer: Tensor, classes: Tensor, background: Tensor) -> Palette:
    """Mean colors of the parts in the first frame; for parts hidden there, in the whole clip.

    Args:
        answer, background: (F, 3, H, W). classes: int64 (F, H, W), -1 for none.
    """
    parts = int(classes.max()) + 1
    of_part = torch.full((max(parts, 1),), -1)
    sums: list[Tensor] = []
    weights: list[int] = []
    by_size = sorted(range(parts), key=lambda part: -int((classes == part).sum()))
    for part in by_size:
        colour, pixels = _colour(answer, classes == part)
        if pixels < _SEEN:
            continue
        near = [float((s / w - colour).norm()) for s, w in zip(sums, weights, strict=True)]
        if near and min(near) < _ALIKE:
            index = near.index(min(near))
            sums[index] = sums[index] + pixels * colour
            weights[index] += pixels
        else:
            index = len(sums)
            sums.append(pixels * colour)
            weights.append(pixels)
        of_part[part] = index
    colours = [s / w for s, w in zip(sums, weights, strict=True)]
    return Palette(torch.stack(colours) if colours else torch.zeros(0, 3), of_part, background)


def _colour(pictures: Tensor, mask: Tensor) -> tuple[Tensor, int]:
    """Mean color (3,) under a mask (F, H, W), and the number of pixels."""
    chosen = pictures[0][:, mask[0]] if int(mask[0].sum()) >= _SEEN else None
    if chosen is None:
        chosen = pictures.movedim(1, 0)[:, mask]
    return chosen.mean(1), chosen.shape[1]


def true_classes(classes: Tensor, colours: Palette) -> Tensor:
    """Class of the color truly visible at each pixel, int64 (F, H, W); -1 if none or too rare."""
    known = torch.cat([colours.of_part, torch.tensor([-1])])  # index -1 stands for no part
    return known[classes]


def classify(pictures: Tensor, colours: Palette) -> Tensor:
    """Class of the nearest color, or -1 if the background is nearer; int64 (F, H, W)."""
    behind = (pictures - colours.background).square().sum(1)
    if not len(colours.colours):
        return torch.full(behind.shape, -1)
    table = colours.colours[:, None, :, None, None]  # (C, 1, 3, 1, 1)
    distance = (pictures[None] - table).square().sum(2)
    nearest = distance.min(0)
    return torch.where(nearest.values < behind, nearest.indices, -1)


def middles(classes: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Median x and y of each class's pixels, (F, C, 2), x right and y down in frame widths, and the
    pixel counts (F, C). Unlike the mean, the median is robust to a few wrong pixels far away.

    Args:
        classes: int64 (F, H, W), square pixels.
    """
    masks = (classes[:, None] == torch.arange(count)[:, None, None]).float()  # (F, C, H, W)
    along = [_median_place(masks.sum(dim)) for dim in (2, 3)]
    return torch.stack(along, -1) / classes.shape[2], masks.sum((2, 3))


def _median_place(counts: Tensor) -> Tensor:
    """Median column, in pixels, of counts (..., W) by column."""
    summed = counts.cumsum(-1)
    half = summed[..., -1:] / 2
    column = (summed < half).sum(-1, keepdim=True).clamp(max=counts.shape[-1] - 1)
    inside = counts.gather(-1, column)
    before = summed.gather(-1, column) - inside
    return (column + (half - before) / inside.clamp(min=1e-6))[..., 0]


@dataclass(frozen=True)
class Tracks:
    """Positions of C colors over F frames: right (F, C, 2) and found (F, C, 2), frame widths;
    wanted and seen: bool (F, C), whether a color counts there and whether it was found.

    share: fraction of what is truly visible that counts.
    """

    right: Tensor
    found: Tensor
    wanted: Tensor
    seen: Tensor
    share: float


def colour_tracks(result: Tensor, pair: Pair) -> Tracks | None:
    """Tracks of a result (F, 3, H, W) and of the ground truth's images.

    A color counts in a frame if it has _SEEN pixels and its position found in the ground truth is
    within _READABLE of the true one; it is excluded altogether if that holds in fewer than half of
    the frames that show it. None if no color is left or the parts are unknown.
    """
    if pair.classes is None or pair.background is None or pair.height is None:
        return None
    colours = palette(pair.answer, pair.classes, pair.background)
    count = len(colours.colours)
    true, true_pixels = middles(true_classes(pair.classes, colours), count)
    right, right_pixels = middles(classify(pair.answer, colours), count)
    visible = true_pixels >= _SEEN
    near = (right - true).norm(dim=-1) < _READABLE * pair.height
    wanted = visible & near & (right_pixels >= _FOUND)
    wanted &= wanted.sum(0) >= 0.5 * visible.sum(0)
    if not wanted[1:].any():
        return None
    found, pixels = middles(classify(result, colours), count)
    share = float(wanted.sum() / visible.sum())
    return Tracks(right, found, wanted, pixels >= _FOUND, share)


def limb_error(tracks: Tracks, height: float) -> float:
    """Mean distance of found positions from the right ones, in figure heights, over frames 2..F.

    An error is at most CAP, which is also used for colors not found.

    Args:
        height: Of the figure, in frame widths.
    """
    error = (tracks.found - tracks.right).norm(dim=-1) / height
    error = torch.where(tracks.seen, error.clamp(max=CAP), CAP)[1:]
    return float(error[tracks.wanted[1:]].mean())


def flicker(result: Tensor, pair: Pair) -> float:
    """How much more the mean color of a part varies over time than in the ground truth.

    Standard deviation over frames of each color's mean, averaged over the colors visible in half of
    the frames, as a fraction of the full range; 0 if the ground truth's is as large.
    """
    assert pair.classes is not None and pair.background is not None
    colours = palette(pair.answer, pair.classes, pair.background)
    ours, theirs = (_unrest(clip, colours) for clip in (result, pair.answer))
    return max(0.0, ours - theirs)


def _unrest(clip: Tensor, colours: Palette) -> float:
    classes, spreads = classify(clip, colours), []
    for index in range(len(colours.colours)):
        mask = (classes == index).float()[:, None]
        pixels = mask.sum((2, 3))
        there = pixels[:, 0] >= _SEEN
        if there.sum() * 2 < len(clip):
            continue
        means = ((clip * mask).sum((2, 3)) / pixels.clamp(min=1))[there]
        spreads.append(float((means - means.mean(0)).square().sum(1).mean().sqrt()))
    return sum(spreads) / len(spreads) / 2 if spreads else 0.0


def motion_fidelity(tracks: Tracks) -> float | None:
    """How well each right track is found and each found track is right, in [-1, 1].

    The two-sided formula of Diffusion Motion Transfer (Yatim et al. 2024), averaged over its sides:
    (1/m) sum_found max_right corr + (1/n) sum_right max_found corr, halved; corr is the mean of the
    cosine between the two displacements. The formula does not define still points, so they are
    excluded here: only tracks that move by at least MOVES count on their side, a side without any
    is 0, steps in which both are still (below STILL) are skipped, and if only one is, the cosine is
    0. So a still image scores 0. A color that is not found keeps its last position.

    None if no right track moves.
    """
    v, known = _displacements(tracks.right, tracks.wanted)
    w, _ = _displacements(_hold(tracks.found, tracks.seen), tracks.seen)
    # On both sides, a track consists of what is readable in the ground truth.
    v_moves = _moving(tracks.right, tracks.wanted) & _stepping(v, known)
    w_moves = _moving(tracks.found, tracks.wanted & tracks.seen) & _stepping(w, known)
    if not v_moves.any():
        return None
    if not w_moves.any():
        return 0.0
    corr = _correlation(v, w, known)
    right_side = corr[v_moves].amax(1).mean()
    found_side = corr[:, w_moves].amax(0).mean()
    return float((right_side + found_side) / 2)


def _moving(places: Tensor, known: Tensor) -> Tensor:
    """bool (C,): whether a track ever moves by MOVES from its first known position."""
    first = known.float().argmax(0)  # (C,)
    start = places[first, torch.arange(places.shape[1])]
    far = (places - start).norm(dim=-1) >= MOVES
    moves: Tensor = (far & known).any(0)
    return moves


def _stepping(displacements: Tensor, known: Tensor) -> Tensor:
    """bool (C,): whether a track moves in a known step, rather than only across a gap."""
    steps: Tensor = ((displacements.norm(dim=-1) >= STILL) & known).any(0)
    return steps


def _displacements(places: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    return places[1:] - places[:-1], known[1:] & known[:-1]


def _hold(places: Tensor, seen: Tensor) -> Tensor:
    held = places.clone()
    for k in range(1, len(held)):
        held[k] = torch.where(seen[k, :, None], held[k], held[k - 1])
    return held


def _correlation(v: Tensor, w: Tensor, known: Tensor) -> Tensor:
    """(n, m) correlation of v (F - 1, n, 2) and w (F - 1, m, 2), over steps where v is known."""
    v_size, w_size = v.norm(dim=-1)[:, :, None], w.norm(dim=-1)[:, None]
    cosine = (v[:, :, None] * w[:, None]).sum(-1) / (v_size * w_size).clamp(min=1e-12)
    v_still, w_still = v_size < STILL, w_size < STILL
    cosine = torch.where(v_still | w_still, 0.0, cosine)
    counted = (known[:, :, None] & ~(v_still & w_still)).float()
    mean: Tensor = (cosine * counted).sum(0) / counted.sum(0).clamp(min=1)
    return mean
