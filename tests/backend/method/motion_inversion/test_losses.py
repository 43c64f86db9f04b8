"""Each loss against its formula, written out number by number in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mti_backend.method.motion_inversion import losses

B, F = 2, 3


def pair() -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(0)
    x, y = (torch.randn(B, F, 2, 3, 4, generator=g, dtype=torch.float64) for _ in range(2))
    return x, y


def test_plain() -> None:
    x, y = pair()
    expected = sum((a - b) ** 2 for a, b in zip(x.flatten(), y.flatten(), strict=True)) / x.numel()
    torch.testing.assert_close(losses.plain(x, y), expected, rtol=1e-13, atol=0)


@pytest.mark.parametrize("anchor", range(F))
@pytest.mark.parametrize("beta", [0.0, 1.0, 2.5])
def test_debiased_temporal(anchor: int, beta: float) -> None:
    x, y = (t.numpy() for t in pair())
    alpha, total = math.sqrt(beta**2 + 1), 0.0
    for b in range(B):
        for i in range(F):
            of_x = alpha * x[b, i] - beta * x[b, anchor]
            of_y = alpha * y[b, i] - beta * y[b, anchor]
            total += float(((of_x - of_y) ** 2).sum())
    expected = float(np.mean((x - y) ** 2)) + total / x.size
    found = losses.debiased_temporal(*pair(), anchor, beta)
    assert float(found) == pytest.approx(expected, rel=1e-13)


def test_a_look_that_all_frames_share_counts_less() -> None:
    """With beta 1, an error that is the same in all frames counts (sqrt 2 - 1)^2 as much."""
    x, _ = pair()
    shared = torch.randn(B, 1, 2, 3, 4, dtype=torch.float64)
    both = losses.debiased_temporal(x + shared, x, 1) / losses.plain(x + shared, x)
    assert float(both) == pytest.approx(1 + (math.sqrt(2) - 1) ** 2, rel=1e-12)


@pytest.mark.parametrize("frame", range(F))
def test_of_one_frame(frame: int) -> None:
    x, y = pair()
    expected = np.mean((x[:, frame].numpy() - y[:, frame].numpy()) ** 2)
    found = losses.of_frame(x[:, frame : frame + 1], y, frame)
    assert float(found) == pytest.approx(float(expected), rel=1e-13)


def test_what_is_finite() -> None:
    one = torch.ones(2)
    assert losses.all_finite(one, torch.zeros(()))
    assert not losses.all_finite(one, torch.tensor([0.0, float("nan")]))
    assert not losses.all_finite(torch.tensor(float("inf")), one)
