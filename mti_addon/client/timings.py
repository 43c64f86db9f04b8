"""How long this machine took for what it has done, to say how long the next will take; wire and
stdlib only.

Only jobs that are done are counted, and the last one of an engine and size stands for all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..wire import files
from ..wire.errors import MtiError
from ..wire.request import Request
from ..wire.settings import Settings
from .state import JobState

MOST = 1e12
"""What is larger is no time and no memory, and would break whoever shows it."""
_PARTS = ("load", "learn", "apply")
_MEMORY = {True: "memory_learn", False: "memory_apply"}
Costs = Mapping[str, float]
"""Seconds to "load", to "learn" an iteration, to "apply" once; "memory_learn", "memory_apply", MiB;
as far as they are known."""


class Timings:
    """Seconds of each part of a job, by engine and size; kept in a file of a few hundred bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known = _read(path)

    def note(self, request: Request, state: JobState) -> None:
        """Learn from a job that is done; one that was resumed tells of its last part only."""
        result = state.result
        if state.phase != "done" or result is None or state.epoch != 1:
            return
        self._known = _read(self.path) or self._known  # another Blender may have learned, too
        part = dict(self._known.get(request.settings.workload, {}))
        seconds, iterations = result.get("seconds"), result.get("iterations")
        seconds = seconds if isinstance(seconds, dict) else {}
        takes = max(1, request.targets) * request.settings.sampling.takes
        for name, share in (("load", 1), ("learn", iterations), ("apply", takes)):
            if _positive(seconds.get(name)) and _positive(share):
                part[name] = seconds[name] / share
        if (memory := peak_memory(result)) is not None:
            part[_MEMORY[request.learns]] = memory
        if part and part != self._known.get(request.settings.workload):
            self._known[request.settings.workload] = part
            self._save()

    def costs(self, settings: Settings) -> Costs:
        """What the last job of this engine and size took; empty if there was none."""
        return self._known.get(settings.workload, {})

    def _save(self) -> None:
        """A folder that cannot be written costs no more than the next Blender's estimate."""
        text = json.dumps(self._known, sort_keys=True)
        with suppress(OSError, MtiError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            files.write_atomic(self.path, text.encode("utf-8"))


def _read(path: Path) -> dict[str, dict[str, float]]:
    with suppress(OSError, ValueError, RecursionError):
        return _checked(json.loads(path.read_text("utf-8")))
    return {}


def guessed_costs(estimates: Any, settings: Settings) -> Costs:
    """The same, as the backend guesses it (`capabilities`, mti_backend/estimates.py)."""
    return _checked(estimates).get(settings.workload, {})


def seconds_of(costs: Costs, settings: Settings, learns: bool, applies: bool) -> float | None:
    """What a job will take, from its start to its end; None if that is not known."""
    wanted = ["learn"] * learns + ["apply"] * applies
    if not wanted or any(name not in costs for name in wanted):
        return None
    total = costs.get("load", 0.0)
    total += costs["learn"] * settings.inversion.iterations if learns else 0.0
    return total + (costs["apply"] * settings.sampling.takes if applies else 0.0)


def memory_of(costs: Costs, learns: bool) -> float | None:
    """MiB at the highest point of a job; None if that is not known."""
    return costs.get(_MEMORY[learns])


def peak_memory(result: dict[str, Any]) -> float | None:
    """The most memory that a job used, MiB: of the GPU where that is told, else of the process."""
    told = result.get("peak_memory_mib")
    if isinstance(told, dict):
        found = [value for value in told.values() if _positive(value)]
        return max(found) if found else None
    return float(told) if isinstance(told, int | float) and _positive(told) else None


def _positive(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < value < MOST


def _checked(value: Any) -> dict[str, dict[str, float]]:
    """Costs by workload: only what has the right form, of what anybody may have changed."""
    if not isinstance(value, dict):
        return {}
    names = (*_PARTS, *_MEMORY.values())
    return {
        key: {name: part[name] for name in names if _positive(part.get(name))}
        for key, part in value.items()
        if isinstance(part, dict)
    }
