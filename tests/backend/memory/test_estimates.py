"""Estimates of jobs before any job has run."""

from __future__ import annotations

import dataclasses

import pytest

from mti_addon.client.jobs.timings import guessed_costs, memory_of, seconds_of
from mti_addon.wire.settings import INCLUDED, SIZES, ModelName, Settings
from mti_backend import device
from mti_backend.memory import estimates, plan

GB = 10**9
RATE = 4e14


@pytest.mark.parametrize("name", INCLUDED)
def test_a_draft_on_a_cpu_goes_by_the_measured_rate(
    monkeypatch: pytest.MonkeyPatch, name: ModelName
) -> None:
    assert 1e8 < device.cpu_product_rate(seconds=0.01) < 1e14
    draft = Settings.for_model(name)
    if draft.motion_inversion is not None:
        words = dataclasses.replace(draft.words, prompts=("a red dog",))
        draft = dataclasses.replace(draft, motion_inversion=words)
    taken = []
    for rate in (5e10, 1e11):
        monkeypatch.setattr(estimates, "cpu_product_rate", lambda rate=rate: rate)
        costs = guessed_costs(estimates.estimates("cpu"), draft)
        taken.append(seconds_of(costs, draft, True, True))
        assert (memory_of(costs, True) or 0) > 500
    # half the rate, twice the time; loading depends on the disk
    assert taken[0] is not None and taken[1] is not None
    assert taken[0] - estimates.LOAD_SECONDS == pytest.approx(
        2 * (taken[1] - estimates.LOAD_SECONDS)
    )


def test_a_device_that_tells_nothing_has_no_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "free_memory", lambda device: None)
    assert estimates.estimates("mps") == {}


@pytest.mark.parametrize("free", [6 * GB, 12 * GB, 40 * GB])
def test_svd_on_a_gpu_is_as_planned(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """The plan is tested in tests/backend/memory/test_plan.py; the rate is given here."""
    monkeypatch.setattr(estimates, "free_memory", lambda device: free)
    monkeypatch.setattr(estimates, "product_rate", lambda device: RATE)
    found = estimates.estimates("cuda")
    for name in ("svd", "svd-xt"):
        for size in SIZES:
            settings = Settings.for_model(name).sized(*size)
            costs = guessed_costs(found, settings)
            try:
                made = plan.plan(settings, free, True, False)
            except plan.OutOfMemory:
                assert seconds_of(costs, settings, True, False) is None
                continue
            seconds = seconds_of(costs, settings, True, False)
            assert seconds == pytest.approx(made.flops / (plan.EFFICIENCY * RATE))
            assert memory_of(costs, True) == pytest.approx(made.memory / 2**20)
    assert not {Settings.for_model(name).workload for name in INCLUDED} & set(found)
    two = dataclasses.replace(Settings.for_model("svd").sized(512, 320))
    assert seconds_of(guessed_costs(found, two), two, False, True) is not None
