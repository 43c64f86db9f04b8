"""Learning with fewer or cheaper iterations: the effect of each change against the draft's
defaults. Ten motions, three seeds each.

    python -m benchmarks.fewer_iterations --jobs 2      # about an hour and a half on two cores
    python -m benchmarks.fewer_iterations --ways fresh-augmentation,start-mean,start-none --seeds 1

The loss is measured on 64 fixed noise levels and noise samples that no iteration uses. FLOPs are
counted, not timed. Every run is stored in --out, and the same command resumes.
"""

import argparse
import json
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from mti_addon.wire.settings import Settings
from mti_backend.evaluation.machine import commit, hardware
from mti_backend.evaluation.statistics import median_difference
from mti_backend.method.motion_textual_inversion.sampling import sample
from mti_backend.metrics.gain import motion_gain
from mti_backend.models import load_model
from mti_backend.models.svd import SvdModel

from .pairs import MOTIONS, development_pairs
from .rejected.learning import RejectedInversion, Way, fixed_loss
from .tables import median_cell

BASE = "as-is"
LEVERS = "as-is,paper-rate,stratified,average,half-first,patience,half-the-iterations"
_PAIRS = 64
_LOOKS = (0.5, 0.75, 1.0)
"""Fractions of the iterations after which the loss is measured; each costs a quarter of them."""


def ways() -> dict[str, Way]:
    """Each change alone; besides LEVERS, alternatives for augmentation and token initialization."""
    base = Settings.for_model("draft").inversion
    constant = replace(base, learning_rate_decay="none")
    return {
        BASE: Way(base),
        "paper-rate": Way(replace(constant, learning_rate=1e-2)),
        "stratified": Way(base, stratified=True),
        "average": Way(constant, ema_decay=0.95),
        "half-first": Way(base, half_size=0.5),
        "patience": Way(
            replace(constant, iterations=2 * base.iterations),
            ema_decay=0.95,
            early_stopping_patience=40,
        ),
        "half-the-iterations": Way(
            replace(base, iterations=base.iterations // 2, learning_rate=4e-2)
        ),
        "fresh-augmentation": Way(
            replace(base, augmentation=replace(base.augmentation, variants=0))
        ),
        "start-mean": Way(replace(base, token_init="mean")),
        "start-none": Way(replace(base, token_init="none")),
    }


@dataclass(frozen=True)
class Run:
    """One way on one motion with one seed."""

    way: str
    motion: int
    seed: int

    @property
    def name(self) -> str:
        return f"{self.way}-{self.motion}-{self.seed}.json"


def measure(run: Run) -> dict[str, Any]:
    """curve: [iterations, FLOPs, loss] during learning and at the end; gain: of the result."""
    model = _model()
    pair = [*development_pairs(run.motion + 1)][run.motion]
    way, playing = ways()[run.way], Settings.for_model("draft").sampling
    settings = replace(way.settings, seed=run.seed)
    inversion = RejectedInversion(model, pair.reference, replace(way, settings=settings), playing)
    inversion.prepare()
    costs = {}
    looks = {round(part * settings.iterations) for part in _LOOKS}
    curve: list[list[float]] = []
    flops, settled = 0.0, False
    while inversion.step_index < settings.iterations and not settled:
        small = inversion.step_index < inversion.half_steps
        if small not in costs:
            with FlopCounterMode(display=False) as counter:
                inversion.step()
            costs[small] = float(counter.get_total_flops())
        else:
            inversion.step()
        flops += costs[small]
        settled = inversion.settled()
        done = inversion.step_index
        if done in looks or settled:
            curve.append([done, flops, fixed_loss(inversion, _PAIRS)])
    clip = sample(model, pair.answer[0], inversion.embedding(), playing)
    return {"curve": curve, "gain": motion_gain(clip, pair.answer), "motion": pair.name}


_loaded: list[SvdModel] = []


def _model() -> SvdModel:
    if not _loaded:
        torch.set_num_threads(1)
        _loaded.append(load_model("draft"))
    return _loaded[0]


def _work(task: tuple[Run, Path]) -> str:
    run, out = task
    path = out / run.name
    if not path.exists():
        path.write_text(json.dumps(measure(run)), encoding="utf-8")
    return run.name


def table(found: dict[str, dict[tuple[int, int], dict[str, Any]]]) -> str:
    """Markdown table: FLOPs to reach the base's final loss, relative final loss, and the gain."""
    lines = [
        "| way | FLOPs | FLOPs to the base's last loss | last loss, of the base's | motion gain "
        "| gain - base's |",
        "|---|---|---|---|---|---|",
    ]
    base = found[BASE]
    for way, runs in found.items():
        keys = sorted(runs.keys() & base.keys())
        total = [runs[k]["curve"][-1][1] / base[k]["curve"][-1][1] for k in keys]
        reached = [_reached(runs[k]["curve"], base[k]["curve"]) for k in keys]
        loss = [runs[k]["curve"][-1][2] / base[k]["curve"][-1][2] for k in keys]
        gains, before = ([r[k]["gain"] for k in keys] for r in (runs, base))
        change = median_difference(gains, before)
        lines.append(
            f"| {way} | {median_cell(total)} | {median_cell(reached)} | {median_cell(loss)} "
            f"| {median_cell(gains)} | {change[0]:+.3f} ({change[1]:+.3f} to {change[2]:+.3f}) |"
        )
    return "\n".join(lines)


def _reached(curve: list[list[float]], base: list[list[float]]) -> float:
    """Fraction of the base's FLOPs at which its final loss is reached, interpolated linearly, but
    not before the first point; 2 if it never is."""
    goal, whole = base[-1][2], base[-1][1]
    _, before, high = curve[0]
    for _, after, low in curve:
        if low <= goal:
            part = (high - goal) / (high - low) if high > low else 1.0
            return (before + max(0.0, min(1.0, part)) * (after - before)) / whole
        before, high = after, low
    return 2.0


def runs(wanted: list[str], motions: int, seeds: int) -> Iterator[Run]:
    for seed in range(seeds):
        for motion in range(motions):
            for way in wanted:
                yield Run(way, motion, seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ways", default=LEVERS)
    parser.add_argument("--motions", type=int, default=MOTIONS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks/fewer_iterations"))
    options = parser.parse_args()
    wanted = [BASE, *(w for w in options.ways.split(",") if w != BASE)]
    options.out.mkdir(parents=True, exist_ok=True)
    tasks = [(run, options.out) for run in runs(wanted, options.motions, options.seeds)]
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for number, name in enumerate(pool.imap_unordered(_work, tasks), start=1):
            print(f"{number}/{len(tasks)} {name}", flush=True)
    found: dict[str, dict[tuple[int, int], dict[str, Any]]] = {way: {} for way in wanted}
    for run, _ in tasks:
        kept = json.loads((options.out / run.name).read_text(encoding="utf-8"))
        found[run.way][run.motion, run.seed] = kept
    about = f"{hardware('cpu', options.jobs)}, commit {commit()}, {len(found[BASE])} runs a way"
    text = f"{about}\n\n{table(found)}\n"
    (options.out / "table.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
