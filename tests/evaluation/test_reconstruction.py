"""The warning about a transfer: ranks, correlation, threshold."""

from __future__ import annotations

import pytest
import torch

from mti_backend.evaluation.reconstruction import (
    balanced_accuracy,
    best_threshold,
    correlation,
    leave_one_out,
    ranks,
    reconstruction_report,
    spearman,
)


def test_equal_values_share_their_ranks() -> None:
    assert ranks(torch.tensor([3.0, 1.0, 3.0, 5.0])).tolist() == [2.5, 1, 2.5, 4]


def test_spearman_sees_order_only() -> None:
    x = torch.tensor([0.1, 0.4, 0.2, 0.9])
    assert float(spearman(x, x.exp())) == pytest.approx(1)
    assert float(spearman(x, -(x**3))) == pytest.approx(-1)
    # calculated by hand: rank differences 0, 1, 1, 0 for n = 4
    assert float(spearman(x, torch.tensor([1.0, 2.0, 3.0, 4.0]))) == pytest.approx(1 - 6 * 2 / 60)


def test_the_interval_holds_the_correlation() -> None:
    g = torch.Generator().manual_seed(3)
    x = torch.rand(40, generator=g)
    y = x + 0.4 * torch.rand(40, generator=g)
    rho, low, high = correlation(x.tolist(), y.tolist(), draws=2000)
    assert 0.3 < low < rho < high <= 1
    noise = torch.rand(40, generator=g)
    _, low, high = correlation(x.tolist(), noise.tolist(), draws=2000)
    assert low < 0 < high


def test_balanced_accuracy_weighs_both_kinds_alike() -> None:
    truth = torch.tensor([True] + [False] * 9)
    assert balanced_accuracy(torch.zeros(10, dtype=torch.bool), truth) == 0.5
    assert balanced_accuracy(truth, truth) == 1


def test_the_threshold_parts_what_can_be_parted() -> None:
    shown = torch.tensor([0.2, 0.3, 0.4, 0.7, 0.8])
    failed = torch.tensor([True, True, True, False, False])
    assert best_threshold(shown, failed) == pytest.approx(0.55)
    assert leave_one_out(shown, failed) == 1


def test_leaving_one_out_is_stricter_on_noise() -> None:
    g = torch.Generator().manual_seed(0)
    shown, failed = torch.rand(30, generator=g), torch.rand(30, generator=g) < 0.5
    fitted = balanced_accuracy(shown < best_threshold(shown, failed), failed)
    assert leave_one_out(shown, failed) < fitted


def test_the_report() -> None:
    def pair(shown: float, gain: float) -> dict[str, float]:
        return {"reconstruction_gain": shown, "gain": gain}

    mixed = [pair(0.1 * i, 0.1 * i - 0.2) for i in range(10)]
    report = reconstruction_report(mixed)
    assert report is not None and report["spearman"] == pytest.approx(1) and report["n"] == 10
    assert 0.4 < report["warn_below"] < 0.5 + 1e-6 and report["balanced_accuracy"] == 1
    good = reconstruction_report([pair(0.1 * i, 0.9 + 0.01 * i) for i in range(10)])
    assert good is not None and "warn_below" not in good
    assert reconstruction_report(mixed[:3]) is None
