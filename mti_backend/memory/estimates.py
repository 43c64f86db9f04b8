"""Estimates of time and memory before any job has run on this machine. Imports torch.

The rate of matrix products is measured briefly. The amount of work comes from counted operations
(plan.py) or, for the drafts on a CPU, from timings on one machine relative to its own rate. Timings
of real jobs replace all of it (mti_addon/client/jobs/timings.py).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from mti_addon.wire.errors import OutOfMemory
from mti_addon.wire.settings import ALL_MODELS, INCLUDED, ModelName, Settings

from ..device import cpu_product_rate, free_memory, product_rate
from .networks import network_of
from .plan import plan

MIB = 2**20
LOAD_SECONDS = 5.0
"""Of a draft."""


@dataclass(frozen=True)
class CpuCost:
    """What a draft took on one machine.

    learn: FLOPs of matrix products that take as long there as one iteration, including its share of
    encoding. apply: the same for one result. memory: peak of the process, in MiB.
    """

    learn: float
    apply: float
    memory: float


CPU_COSTS: dict[ModelName, CpuCost] = {
    # 0.335 s and 1.7 s where products ran at 106 GFLOP/s (2 threads of an AMD EPYC, `make demo`)
    "draft": CpuCost(35.5e9, 180e9, 835.0),
    # 0.68 s of 200 iterations and 50 steps of inversion, and 15.6 s, where products ran at 180
    # GFLOP/s (CPU time of 1 thread of an Intel Xeon; medians, each beside its own rate)
    "draft-by-words": CpuCost(124e9, 2680e9, 740.0),
}


def estimates(device: str) -> dict[str, dict[str, float]]:
    """Estimates by workload (wire/settings.py).

    Each holds seconds to "load", per "learn" iteration and per "apply", and "memory_learn" and
    "memory_apply" in MiB. Unknown values are omitted.

    `device` is as returned by device.pick_devices().
    """
    if device == "cpu":
        rate = cpu_product_rate()
        return {
            Settings.for_model(name).workload: _on_cpu(cost, rate)
            for name, cost in CPU_COSTS.items()
        }
    free = free_memory(device)
    if free is None:
        return {}
    rate, found = product_rate(device), {}
    for name in ALL_MODELS:
        default = Settings.for_model(name)
        for size in network_of(default).sizes if name not in INCLUDED else ():
            settings = default.sized(*size)
            if told := _on_gpu(settings, free, rate):
                found[settings.workload] = told
    return found


def _on_cpu(cost: CpuCost, rate: float) -> dict[str, float]:
    return {
        "load": LOAD_SECONDS,
        "learn": cost.learn / rate,
        "apply": cost.apply / rate,
        "memory_learn": cost.memory,
        "memory_apply": cost.memory,
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
