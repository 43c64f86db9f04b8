"""What a motion transfer is worth, in numbers. Imports torch only."""

import torch
from torch import Tensor


def motion_gain(result: Tensor, answer: Tensor) -> float:
    """1 - MSE(result, right answer) / MSE(first frame held still, right answer), over frames 2..F.

    1 is perfect, 0 is standing still, below 0 is worse than that.

    Args:
        result, answer: (F, 3, H, W), in the same range. The still picture is the answer's first.
    Raises ValueError for an answer that does not move: there is nothing to gain.
    """
    error = (result[1:] - answer[1:]).square().mean()
    still = (answer[:1] - answer[1:]).square().mean()
    if still == 0:
        raise ValueError("the right answer does not move, so it has no motion gain")
    return float(1 - error / still)


def median_interval(
    values: list[float], draws: int = 10_000, seed: int = 0
) -> tuple[float, float, float]:
    """The median and its 95 % bootstrap interval (percentile method): median, low, high."""
    data = torch.tensor(values, dtype=torch.float64)
    rows = torch.randint(
        len(data), (draws, len(data)), generator=torch.Generator().manual_seed(seed)
    )
    # torch's median takes the lower of two middle values; quantile takes their mean, as is usual
    medians = data[rows].quantile(0.5, dim=1)
    low, high = medians.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return float(data.quantile(0.5)), low, high
