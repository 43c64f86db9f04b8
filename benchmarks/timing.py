"""Times several variants of the same work in turns, so that disturbances affect all alike."""

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Timing:
    """Seconds of one call: median and 90th percentile of `count`."""

    median: float
    p90: float
    count: int


def in_turns(
    work: Mapping[str, Callable[[], object]], repeats: int, warmup: int, cpu_time: bool = False
) -> dict[str, Timing]:
    """Call all of `work` in turn, `warmup` + `repeats` times.

    cpu_time: measure the CPU time of this process's threads rather than wall time.
    """
    seconds: dict[str, list[float]] = {name: [] for name in work}
    clock = time.process_time if cpu_time else time.perf_counter
    for turn in range(warmup + repeats):
        for name, call in work.items():
            _wait()
            began = clock()
            call()
            _wait()
            if turn >= warmup:
                seconds[name].append(clock() - began)
    return {name: summary(values) for name, values in seconds.items()}


def seconds_of(call: Callable[[], object], repeats: int, warmup: int) -> list[float]:
    """Wall time in seconds of each of `repeats` calls, after `warmup` unmeasured ones."""
    found = []
    for turn in range(warmup + repeats):
        _wait()
        began = time.perf_counter()
        call()
        _wait()
        if turn >= warmup:
            found.append(time.perf_counter() - began)
    return found


def summary(values: list[float]) -> Timing:
    """Summarize at least one value."""
    ordered = sorted(values)
    return Timing(
        statistics.median(ordered), ordered[math.ceil(0.9 * len(ordered)) - 1], len(ordered)
    )


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
