"""Measures variants that do not fit on a device together: each is created anew in its turn."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import torch

from mti_addon.wire.settings import Settings
from mti_backend.memory.networks import network_of
from mti_backend.memory.oom_fallback import release
from mti_backend.memory.plan import iteration_flops, learning_memory
from mti_backend.models.placement import Placed

from .timing import seconds_of, summary

Step = Callable[[], object]


class Alternating:
    """Seconds of one step of several variants, and the memory that each needs when it is alone.

    The variants alternate for some rounds, so that disturbances affect all alike.
    """

    def __init__(self, rounds: int, repeats: int, warmup: int) -> None:
        """repeats: Measured steps per round, after `warmup` others."""
        self.rounds, self.repeats, self.warmup = rounds, repeats, warmup
        self.seconds: dict[str, list[float]] = {}
        self.memory: dict[str, dict[str, float]] = {}

    def run(self, ways: dict[str, Callable[[], Step]]) -> None:
        """Measure all variants; each value creates one, and returns its step."""
        for _ in range(self.rounds):
            for name, make in ways.items():
                self._measure(name, make)

    def row(self, name: str) -> dict[str, Any]:
        """What was measured; `fits` is False if the variant needed more memory than there is."""
        if name not in self.seconds:
            return {"way": name, "fits": False}
        timing = summary(self.seconds[name])
        return {"way": name, "fits": True, **asdict(timing), **self.memory[name]}

    def _measure(self, name: str, make: Callable[[], Step]) -> None:
        release()
        try:
            step = make()
            if torch.cuda.is_available():
                torch.cuda.reset_peak_memory_stats()
            found = seconds_of(step, self.repeats, self.warmup)
        except torch.OutOfMemoryError:
            return
        self.seconds.setdefault(name, []).extend(found)
        self.memory[name] = peak_memory()
        print(f"  {name}: {summary(found).median:.3f} s", self.memory[name], flush=True)
        del step
        release()


def peak_memory() -> dict[str, float]:
    """Peak memory in GB since the last reset; empty on a CPU."""
    if not torch.cuda.is_available():
        return {}
    return {
        "allocated_gb": torch.cuda.max_memory_allocated() / 1e9,
        "reserved_gb": torch.cuda.max_memory_reserved() / 1e9,
    }


def alone(model: Placed, step: Step) -> Step:
    """The same step, for which the model's other parts wait in main memory as long as it is
    referenced."""

    def run() -> object:
        return step()

    run.context = model.unet_alone()  # type: ignore[attr-defined]
    run.context.__enter__()  # type: ignore[attr-defined]
    return run


def with_prediction(row: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The row of a full-size iteration with its rate, and the memory that the planner foresees; a
    baseline's as it is. Ours are called 'ours: POLICY'."""
    costs = {f"ours: {cost.policy}": cost for cost in network_of(settings).costs}
    cost = costs.get(row["way"])
    if cost is None or not row["fits"]:
        return row
    return row | {
        "tflops": iteration_flops(cost, settings) / row["median"] / 1e12,
        "predicted_gb": learning_memory(cost, settings) / 1e9,
    }
