"""Estimates of time and memory before any job has run on this machine. Imports torch.

The rate of matrix products is measured briefly. The amount of work comes from counted operations
(plan.py) or, for the draft on a CPU, from timings on one machine relative to its own rate. Timings
of real jobs replace all of it (mti_addon/client/jobs/timings.py).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from mti_addon.wire.errors import OutOfMemory
from mti_addon.wire.settings import ALL_MODELS, Settings

from ..device import cpu_product_rate, free_memory, product_rate
from .networks import network_of
from .plan import plan

MIB = 2**20
DRAFT_LOAD_SECONDS = 5.0
DRAFT_LEARN_PRODUCTS = 35.5e9
"""FLOPs of matrix products that take as long as one iteration of the draft, including its share of
encoding: 0.335 s where products ran at 106 GFLOP/s (2 threads of an AMD EPYC, `make demo`)."""
DRAFT_APPLY_PRODUCTS = 180e9
"""The same for one result: 1.7 s there."""
DRAFT_MIB = 835.0
"""Peak memory of the process there."""


def estimates(device: str) -> dict[str, dict[str, float]]:
    """Estimates by workload (wire/settings.py).

    Each holds seconds to "load", per "learn" iteration and per "apply", and "memory_learn" and
    "memory_apply" in MiB. Unknown values are omitted.

    `device` is as returned by device.pick_devices().
    """
    if device == "cpu":
        rate = cpu_product_rate()
        return {Settings.for_model("draft").workload: _draft(rate)}
    free = free_memory(device)
    if free is None:
        return {}
    rate, found = product_rate(device), {}
    for name in ALL_MODELS:
        default = Settings.for_model(name)
        for size in network_of(default).sizes if name != "draft" else ():
            settings = default.sized(*size)
            if told := _on_gpu(settings, free, rate):
                found[settings.workload] = told
    return found


def _draft(rate: float) -> dict[str, float]:
    return {
        "load": DRAFT_LOAD_SECONDS,
        "learn": DRAFT_LEARN_PRODUCTS / rate,
        "apply": DRAFT_APPLY_PRODUCTS / rate,
        "memory_learn": DRAFT_MIB,
        "memory_apply": DRAFT_MIB,
    }


def _of_one_iteration(settings: Settings) -> Settings:
    if words := settings.motion_inversion:
        learning = replace(words.learning, iterations=1, num_inversion_steps=1)
        return replace(settings, motion_inversion=replace(words, learning=learning))
    return replace(settings, inversion=replace(settings.inversion, iterations=1))


def _on_gpu(settings: Settings, free: int, rate: float) -> dict[str, float]:
    one = _of_one_iteration(settings)
    told: dict[str, float] = {}
    for part, learns in (("learn", True), ("apply", False)):
        with suppress(OutOfMemory):  # a part that does not fit has no estimate
            made = plan(one, free, learns, not learns)
            told |= {part: made.seconds(rate), f"memory_{part}": made.memory / MIB}
    return told
