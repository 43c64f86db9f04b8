"""Measures units in this process or in several in parallel, and reports progress.

Imports torch; the measurement itself is in units.py.
"""

import multiprocessing
import queue
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import torch

from mti_addon.wire.durations import about
from mti_addon.wire.errors import Internal

from ..models import load_model
from ..models.svd import SvdModel
from .rows import ROWS
from .units import Plan, Unit, Worker, effort

Results = dict[Unit, dict[str, Any]]
# Interval of checks for dead processes.
_PATIENCE = 2.0


def measure_all(
    units: list[Unit], worker: Worker, device: str, jobs: int = 1,
    tell: Callable[[str], None] = print,
) -> Results:  # fmt: skip
    """Results of all units, measured unless already stored. Ctrl-C loses only unfinished rows.

    Args:
        device: Of the model. jobs: Number of parallel processes with one thread each; 1 uses this
            process with torch's own threads.
    Raises Internal.
    """
    results: Results = {}
    for unit in units:
        found = worker.kept(unit)
        if found is not None:
            results[unit] = found
    waiting = [unit for unit in units if unit not in results]
    if results and waiting:
        tell(f"{len(results)} of {len(units)} rows were measured earlier")
    progress = _Progress(waiting, worker.plan, tell)
    for unit, result in _measured(waiting, worker, device, jobs):
        results[unit] = result
        progress.done(unit, result)
    return results


def _measured(
    waiting: list[Unit], worker: Worker, device: str, jobs: int
) -> Iterator[tuple[Unit, dict[str, Any]]]:
    batches = _by_pair(waiting)
    if jobs > 1 and len(batches) > 1:
        yield from _side_by_side(batches, worker, device, min(jobs, len(batches)))
        return
    for unit in waiting:
        yield unit, worker.measure(unit)


def _by_pair(units: list[Unit]) -> list[list[Unit]]:
    """Group units by pair, since those share work."""
    batches: dict[tuple[str, int], list[Unit]] = {}
    for unit in units:
        batches.setdefault((unit.suite, unit.index), []).append(unit)
    return list(batches.values())


def _side_by_side(
    batches: list[list[Unit]], worker: Worker, device: str, jobs: int
) -> Iterator[tuple[Unit, dict[str, Any]]]:
    context = multiprocessing.get_context("spawn")
    tasks, answers = context.Queue(), context.Queue()
    for batch in batches:
        tasks.put(batch)
    for _ in range(jobs):
        tasks.put(None)
    processes = [
        context.Process(
            target=_work, args=(tasks, answers, worker.plan, device, worker.identity), daemon=True
        )
        for _ in range(jobs)
    ]
    for process in processes:
        process.start()
    try:
        for _ in range(sum(map(len, batches))):
            yield _next(answers, processes)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _next(answers: Any, processes: list[Any]) -> tuple[Unit, dict[str, Any]]:
    while True:
        try:
            unit, result, trouble = answers.get(timeout=_PATIENCE)
        except queue.Empty:
            dead = [p for p in processes if p.exitcode not in (None, 0)]
            if dead:
                raise Internal(
                    f"A measuring process ended with exit code {dead[0].exitcode}.",
                    "Run the same command again, with fewer --jobs if memory ran out.",
                ) from None
            continue
        if trouble:
            raise Internal(f"Measuring failed in a process: {trouble}")
        return unit, result


def _work(tasks: Any, answers: Any, plan: Plan, device: str, identity: str) -> None:
    """Worker process: measure batches until there are none left."""
    torch.set_num_threads(1)
    try:
        worker = Worker(loader(device), identity, plan)
        while (batch := tasks.get()) is not None:
            for unit in batch:
                answers.put((unit, worker.measure(unit), ""))
    except KeyboardInterrupt:
        return
    except Exception:
        answers.put((None, {}, traceback.format_exc()))


class _Progress:
    """Reports each row's result and the estimated remaining time."""

    def __init__(self, waiting: list[Unit], plan: Plan, tell: Callable[[str], None]) -> None:
        self._plan, self._tell = plan, tell
        self._count, self._done = len(waiting), 0
        self._effort, self._spent = sum(effort(u, plan) for u in waiting), 0.0
        self._begun = time.monotonic()

    def done(self, unit: Unit, result: dict[str, Any]) -> None:
        self._done += 1
        self._spent += effort(unit, self._plan)
        passed = time.monotonic() - self._begun
        left = passed / self._spent * (self._effort - self._spent)
        self._tell(
            f"{self._done}/{self._count} {unit.suite} {unit.index} {result['motion']}, "
            f"{ROWS[unit.row].caption}: gain {result['gain']:+.3f}; {about(left)} left "
            "(Ctrl-C stops, the same command resumes)"
        )


def loader(device: str) -> Callable[[], SvdModel]:
    """Loader of the draft model on a device; loads it once, on first use."""
    found: list[SvdModel] = []

    def load() -> SvdModel:
        if not found:
            found.append(load_model("draft", device))
        return found[0]

    return load
