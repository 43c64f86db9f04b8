"""Whether a motion that reconstructs its own reference also transfers well. Imports torch only.

According to the paper's supplement, a failed reconstruction precedes a failed transfer. Here the
reconstruction is the motion gain of the learned motion on the reference's own first frame.
"""

from typing import Any

import torch
from torch import Tensor

from .columns import GOOD

_DRAWS = 10_000


def ranks(values: Tensor) -> Tensor:
    """Ranks, from 1, of values (..., n); ties share their mean rank."""
    below = (values[..., None, :] < values[..., :, None]).sum(-1)
    equal = (values[..., None, :] == values[..., :, None]).sum(-1)
    return below + (equal + 1) / 2


def spearman(x: Tensor, y: Tensor) -> Tensor:
    """Spearman's rank correlation over the last axis; NaN if one side is constant."""
    a, b = (r - r.mean(-1, keepdim=True) for r in (ranks(x).double(), ranks(y).double()))
    return (a * b).sum(-1) / (a.square().sum(-1) * b.square().sum(-1)).sqrt()


def correlation(
    x: list[float], y: list[float], draws: int = _DRAWS, seed: int = 0
) -> tuple[float, float, float]:
    """Spearman's correlation and its 95 % bootstrap interval over the pairs."""
    a, b = torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    g = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(0, draws, 500):
        rows = torch.randint(len(a), (min(500, draws), len(a)), generator=g)
        found.append(spearman(a[rows], b[rows]))
    sample = torch.cat(found)
    low, high = sample[~sample.isnan()].quantile(torch.tensor([0.025, 0.975]).double()).tolist()
    return float(spearman(a, b)), low, high


def balanced_accuracy(predicted: Tensor, truth: Tensor) -> float:
    """Mean of the recalls of both bool classes; if only one class occurs, its recall."""
    shares = [float((predicted == truth)[truth == c].float().mean())
              for c in (True, False) if (truth == c).any()]  # fmt: skip
    return sum(shares) / len(shares)


def best_threshold(reconstruction: Tensor, failed: Tensor) -> float:
    """Reconstruction gain below which to warn, with the best balanced accuracy for `failed`.

    Candidates are midway between neighboring values; ties go to the lowest, which warns least.
    """
    values = reconstruction.unique()
    levels = torch.cat([values[:1] - 1, (values[1:] + values[:-1]) / 2])
    scores = [balanced_accuracy(reconstruction < level, failed) for level in levels]
    return float(levels[max(range(len(scores)), key=scores.__getitem__)])


def leave_one_out(reconstruction: Tensor, failed: Tensor) -> float:
    """Balanced accuracy if each pair is judged by the threshold of all others."""
    everyone = torch.arange(len(failed))
    predicted = []
    for i in range(len(failed)):
        others = everyone != i
        level = best_threshold(reconstruction[others], failed[others])
        predicted.append(bool(reconstruction[i] < level))
    return balanced_accuracy(torch.tensor(predicted), failed)


def reconstruction_report(results: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Correlation, threshold and accuracy of the warning, from the learned row's results.

    None for fewer than four pairs, which is too few. There is no threshold if all transfers are
    good or all are bad.
    """
    known = [r for r in results if r.get("reconstruction_gain") is not None]
    if len(known) < 4:
        return None
    x, y = [r["reconstruction_gain"] for r in known], [r["gain"] for r in known]
    rho, low, high = correlation(x, y)
    report: dict[str, Any] = {"n": len(known), "spearman": rho, "interval": [low, high]}
    shown, failed = torch.tensor(x).double(), torch.tensor(y) < GOOD
    if failed.any() and not failed.all():
        level = best_threshold(shown, failed)
        report |= {
            "warn_below": level,
            "balanced_accuracy": balanced_accuracy(shown < level, failed),
            "balanced_accuracy_leave_one_out": leave_one_out(shown, failed),
            "failed_share": float(failed.float().mean()),
        }
    return report
