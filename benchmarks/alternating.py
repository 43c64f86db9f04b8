"""Measures variants that do not fit on a device together: each is created anew in its turn."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import torch

from mti_backend.memory.oom_fallback import release

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
