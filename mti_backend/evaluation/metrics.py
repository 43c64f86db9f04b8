"""What a motion transfer is worth, in numbers. Imports torch only; the gain is in gain.py."""

import math

import torch
from torch import Tensor

from ..gain import motion_gain as motion_gain

MAX_PSNR = 60.0
"""dB: what two equal pictures have."""
# a pixel in [-1, 1] that is nearer to the background than this shows it, and no edge or shadow
_BACKGROUND = 0.02
# of a pixel in [-1, 1]: a smaller change is light, or the edge of something
_CHANGED = 0.3
_DRAWS = 10_000
_LEVELS = torch.tensor([0.025, 0.975], dtype=torch.float64)


def psnr(result: Tensor, answer: Tensor) -> float:
    """Peak signal to noise ratio in dB of pixels in [-1, 1], at most MAX_PSNR."""
    error = float((result - answer).square().mean())
    return min(MAX_PSNR, 10 * math.log10(4 / error)) if error > 0 else MAX_PSNR


def background_psnr(result: Tensor, answer: Tensor, background: Tensor) -> float | None:
    """PSNR in dB over frames 2..F, where the first frame and the right answer show background.

    What is left out is where the figure was, so that a figure that has stayed behind, which the
    motion gain sees, is not counted as a spoilt background. None where no such pixel is.

    Args:
        result, answer, background: (F, 3, H, W) in [-1, 1], background without anybody.
    """
    nobody = (answer - background).abs().amax(1) < _BACKGROUND
    nobody = nobody[1:] & nobody[:1]
    if not nobody.any():
        return None
    return psnr(result[1:].movedim(1, 0)[:, nobody], answer[1:].movedim(1, 0)[:, nobody])


def drawn(result: Tensor, answer: Tensor, classes: Tensor | None) -> float | None:
    """Of the pixels that the figure newly covers, the share that is nearer to the right answer than
    to the first frame: 1 where every limb is drawn where it belongs, 0 where limbs are erased.

    A pixel counts where the right answer has changed by more than 0.3 and shows a part that was not
    there at first. None where nobody knows the parts, or nothing is newly covered.

    Args:
        result, answer: (F, 3, H, W) in [-1, 1]. classes: int64 (F, H, W), -1 for nobody.
    """
    if classes is None:
        return None
    covered = (classes[1:] >= 0) & (classes[1:] != classes[:1])
    return _nearer(result, answer, covered)


def cleared(result: Tensor, answer: Tensor, classes: Tensor | None) -> float | None:
    """The same of the pixels that the figure leaves: how much of where it was is taken away."""
    if classes is None:
        return None
    return _nearer(result, answer, (classes[1:] < 0) & (classes[:1] >= 0))


def _nearer(result: Tensor, answer: Tensor, where: Tensor) -> float | None:
    first = answer[:1]
    counted = where & ((answer[1:] - first).abs().amax(1) > _CHANGED)
    if not counted.any():
        return None
    right = (result[1:] - answer[1:]).square().sum(1)
    still = (result[1:] - first).square().sum(1)
    return float((right < still)[counted].float().mean())


def median_interval(
    values: list[float], draws: int = _DRAWS, seed: int = 0
) -> tuple[float, float, float]:
    """The median and its 95 % bootstrap interval (percentile method): median, low, high."""
    data = torch.tensor(values, dtype=torch.float64)
    # torch's median takes the lower of two middle values; quantile takes their mean, as is usual
    medians = data[_resamples(len(data), draws, seed)].quantile(0.5, dim=1)
    low, high = medians.quantile(_LEVELS).tolist()
    return float(data.quantile(0.5)), low, high


def share_interval(
    values: list[float], above: float, draws: int = _DRAWS, seed: int = 0
) -> tuple[float, float, float]:
    """The share of values above a level and its 95 % bootstrap interval: share, low, high."""
    hits = (torch.tensor(values, dtype=torch.float64) > above).double()
    shares = hits[_resamples(len(hits), draws, seed)].mean(1)
    low, high = shares.quantile(_LEVELS).tolist()
    return float(hits.mean()), low, high


def median_difference(
    ours: list[float], theirs: list[float], draws: int = _DRAWS, seed: int = 0
) -> tuple[float, float, float]:
    """Median of ours minus median of theirs, measured on the same pairs in the same order.

    The 95 % interval draws pairs, not values, so that what makes a pair hard for both does not
    widen it: difference, low, high.
    """
    a, b = (torch.tensor(v, dtype=torch.float64) for v in (ours, theirs))
    if a.shape != b.shape:
        raise ValueError(f"{len(a)} and {len(b)} values are not of the same pairs")
    rows = _resamples(len(a), draws, seed)
    differences = a[rows].quantile(0.5, dim=1) - b[rows].quantile(0.5, dim=1)
    low, high = differences.quantile(_LEVELS).tolist()
    return float(a.quantile(0.5) - b.quantile(0.5)), low, high


def _resamples(count: int, draws: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(count, (draws, count), generator=generator)
