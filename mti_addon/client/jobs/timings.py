"""Durations of past jobs on this machine, to estimate the next; wire and stdlib only.

Only finished jobs count, and the last one of an engine and size represents all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...wire import files
from ...wire.errors import MtiError
from ...wire.request import Request
from ...wire.settings import Settings
from .state import JobState

MOST = 1e12
"""Larger values are not a time or amount of memory, and would break their display."""
_PARTS = ("load", "learn", "apply")
_MEMORY = {True: "memory_learn", False: "memory_apply"}
Costs = Mapping[str, float]
"""Seconds to "load", to "learn" one iteration, to "apply" once; "memory_learn", "memory_apply"
in MiB; as far as known."""


class Timings:
    """Seconds per part of a job, by engine and size; stored in a file of a few hundred bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known = _read(path)

    def note(self, request: Request, state: JobState) -> None:
        """Record a finished job; of a resumed one, only its last part counts."""
        result = state.result
        if state.phase != "done" or result is None or state.epoch != 1:
            return
        # another Blender may have recorded a job, too
        self._known = _read(self.path) or self._known
        part = dict(self._known.get(request.settings.workload, {}))
        seconds, iterations = result.get("seconds"), result.get("iterations")
        seconds = seconds if isinstance(seconds, dict) else {}
        words = request.settings.motion_inversion
        shown = request.targets if words is None else len(words.prompts)
        takes = max(1, shown) * request.settings.takes
        for name, share in (("load", 1), ("learn", iterations), ("apply", takes)):
            if _positive(seconds.get(name)) and _positive(share):
                part[name] = seconds[name] / share
        if (memory := peak_memory(result)) is not None:
            part[_MEMORY[request.learns]] = memory
        if part and part != self._known.get(request.settings.workload):
            self._known[request.settings.workload] = part
            self._save()

    def costs(self, settings: Settings) -> Costs:
        """Return the costs of the last job with this engine and size; empty if there was none."""
        return self._known.get(settings.workload, {})

    def _save(self) -> None:
        """Save to disk; a read-only folder only costs the next Blender its estimate."""
        text = json.dumps(self._known, sort_keys=True)
        with suppress(OSError, MtiError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            files.write_atomic(self.path, text.encode("utf-8"))


def _read(path: Path) -> dict[str, dict[str, float]]:
    with suppress(OSError, ValueError, RecursionError):
        return _checked(json.loads(path.read_text("utf-8")))
    return {}


def guessed_costs(estimates: Any, settings: Settings) -> Costs:
    """Return the backend's estimates (`capabilities`, mti_backend/memory/estimates.py)."""
    return _checked(estimates).get(settings.workload, {})


def seconds_of(costs: Costs, settings: Settings, learns: bool, applies: bool) -> float | None:
    """Return a job's duration in seconds from start to end; None if unknown."""
    optimized = learns and settings.inversion.token_init != "poses"
    wanted = ["learn"] * optimized + ["apply"] * applies
    needed = wanted or ["load"]
    if not (learns or applies) or any(name not in costs for name in needed):
        return None
    total = costs.get("load", 0.0)
    total += costs["learn"] * settings.iterations if optimized else 0.0
    clips = settings.takes if settings.motion_inversion is None else settings.clips
    return total + (costs["apply"] * clips if applies else 0.0)


def memory_of(costs: Costs, learns: bool) -> float | None:
    """Return a job's peak memory in MiB; None if unknown."""
    return costs.get(_MEMORY[learns])


def peak_memory(result: dict[str, Any]) -> float | None:
    """Return a job's peak memory in MiB: of the GPU if reported, otherwise of the process."""
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
    """Return costs by workload, keeping only valid values, since the file may have been edited."""
    if not isinstance(value, dict):
        return {}
    names = (*_PARTS, *_MEMORY.values())
    return {
        key: {name: part[name] for name in names if _positive(part.get(name))}
        for key, part in value.items()
        if isinstance(part, dict)
    }
