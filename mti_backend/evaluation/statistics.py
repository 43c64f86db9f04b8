"""Medians and shares with 95 % bootstrap intervals. Imports torch only."""

import torch
from torch import Tensor

_DRAWS = 10_000
_LEVELS = torch.tensor([0.025, 0.975], dtype=torch.float64)


def median_interval(
    values: list[float], draws: int = _DRAWS, seed: int = 0
) -> tuple[float, float, float]:
    """The median and its 95 % bootstrap interval (percentile method): median, low, high."""
    data = torch.tensor(values, dtype=torch.float64)
    # torch's median takes the lower of two middle values; quantile takes their mean, as usual.
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

    The 95 % interval resamples pairs, not values, so that pairs that are hard for both do not widen
    it. Returns difference, low, high.
    """
    a, b = (torch.tensor(v, dtype=torch.float64) for v in (ours, theirs))
    if a.shape != b.shape:
        raise ValueError(f"{len(a)} and {len(b)} values cannot be paired")
    rows = _resamples(len(a), draws, seed)
    differences = a[rows].quantile(0.5, dim=1) - b[rows].quantile(0.5, dim=1)
    low, high = differences.quantile(_LEVELS).tolist()
    return float(a.quantile(0.5) - b.quantile(0.5)), low, high


def _resamples(count: int, draws: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(count, (draws, count), generator=generator)
