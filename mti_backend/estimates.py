"""What jobs will take on this machine, said before there was one. Imports torch.

The rate of matrix products is measured for a moment; the work comes from what was counted (plan.py)
or, for the draft on a CPU, from what one machine took at its own rate. Real jobs replace all of it
(mti_addon/client/timings.py).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from mti_addon.wire.errors import OutOfMemory
from mti_addon.wire.settings import MODELS, SIZES, Settings

from .device import cpu_product_rate, free_memory, product_rate
from .plan import plan

MIB = 2**20
DRAFT_LOAD_SECONDS = 5.0
DRAFT_LEARN_PRODUCTS = 35.5e9
"""FLOPs of products that take as long as an iteration of the draft, its share of the encoding
included: 0.335 s where products ran at 106 GFLOP/s (2 threads of an AMD EPYC, `make demo`)."""
DRAFT_APPLY_PRODUCTS = 180e9
"""As long as one result takes: 1.7 s there."""
DRAFT_MIB = 835.0
"""The most that the process held there."""


def estimates(device: str) -> dict[str, dict[str, float]]:
    """By workload (wire/settings.py): seconds to "load", to "learn" an iteration, to "apply" once,
    and "memory_learn" and "memory_apply" in MiB; what nobody can tell is left out.

    `device`: as device.pick_devices() gives it.
    """
    if device == "cpu":
        rate = cpu_product_rate()
        return {Settings.for_model("draft").workload: _draft(rate)}
    free = free_memory(device)
    if free is None:
        return {}
    rate, found = product_rate(device), {}
    for name in MODELS:
        for size in SIZES if name != "draft" else ():
            settings = Settings.for_model(name).sized(*size)
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


def _on_gpu(settings: Settings, free: int, rate: float) -> dict[str, float]:
    one = replace(settings, inversion=replace(settings.inversion, iterations=1))
    told: dict[str, float] = {}
    for part, learns in (("learn", True), ("apply", False)):
        with suppress(OutOfMemory):  # the part that does not fit has no estimate
            made = plan(one, free, learns, not learns)
            told |= {part: made.seconds(rate), f"memory_{part}": made.memory / MIB}
    return told
