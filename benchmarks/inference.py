"""Applying a motion with fewer network calls: each variant against 25 Euler steps, on the draft.

    python -m benchmarks.inference             # 20 pairs, minutes on two cores; writes inference.md

The motions are the true tokens, so that only the sampling differs. PSNR is relative to the
reference variant's clip for the same pair and seed; the gain is relative to the ground truth.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from mti_addon.wire.settings import Settings
from mti_backend.evaluation.machine import commit, hardware
from mti_backend.evaluation.statistics import median_interval
from mti_backend.metrics.clip_quality import psnr
from mti_backend.metrics.gain import motion_gain
from mti_backend.models import load_model
from mti_backend.models.svd import SvdModel

from .pairs import development_pairs, true_motion
from .rejected.playing import Way, play
from .tables import median_cell

GUIDED, FREE = "guidance 1 to 3", "no guidance"


def ways() -> dict[str, dict[str, Way]]:
    """Variants by the reference they are compared with: name -> settings, the reference first."""
    draft = replace(Settings.for_model("draft").sampling, hold_still=0.0)
    found: dict[str, dict[str, Way]] = {}
    for reference, last in ((FREE, 1.0), (GUIDED, 3.0)):
        base = replace(draft, max_guidance_scale=last, num_inference_steps=25)
        group = {f"euler, 25 steps, {reference}": Way(base)}
        for solver in ("euler", "dpmpp_2m"):
            for steps in (3, 4, 6, 8, 12):
                name = f"{solver}, {steps} steps, {reference}"
                group[name] = Way(replace(base, num_inference_steps=steps), solver == "dpmpp_2m")
        if last > 1:
            for low, high in ((0.5, 1000.0), (0.0, 20.0), (0.3, 20.0), (0.3, 5.0)):
                name = f"euler, 25 steps, guidance for sigma {low:g} to {high:g}"
                group[name] = Way(base, sigmas=(low, high))
            group["dpmpp_2m, 12 steps, guidance for sigma 0.3 to 20"] = Way(
                replace(base, num_inference_steps=12), dpmpp_2m=True, sigmas=(0.3, 20.0)
            )
        found[reference] = group
    return found


def measure(model: SvdModel, count: int) -> dict[str, dict[str, list[float]]]:
    """name -> PSNR, gain, calls and seconds of each pair."""
    calls = 0
    original = model.network

    def counted(*given: Any) -> torch.Tensor:
        nonlocal calls
        calls += 1
        return original(*given)

    model.network = counted  # type: ignore[method-assign]
    found: dict[str, dict[str, list[float]]] = {}
    for number, pair in enumerate(development_pairs(count), start=1):
        for group in ways().values():
            reference = None
            for name, way in group.items():
                calls, begun = 0, time.perf_counter()
                clip = play(model, pair.answer[0], true_motion(pair), way)
                seconds = time.perf_counter() - begun
                reference = clip if reference is None else reference
                row = found.setdefault(name, {"psnr": [], "gain": [], "calls": [], "seconds": []})
                values = (psnr(clip, reference), motion_gain(clip, pair.answer), calls, seconds)
                for key, value in zip(row, values, strict=True):
                    row[key].append(float(value))
        print(f"pair {number} of {count}", flush=True)
    return found


def table(found: dict[str, dict[str, list[float]]]) -> str:
    """Markdown table; medians with their bootstrap intervals."""
    lines = [
        "| way | calls | seconds | PSNR to 25 steps, dB | motion gain |",
        "|---|---|---|---|---|",
    ]
    for name, row in found.items():
        middle = {key: median_interval(values) for key, values in row.items()}
        lines.append(
            f"| {name} | {middle['calls'][0]:.0f} | {middle['seconds'][0]:.2f} "
            f"| {middle['psnr'][0]:.1f} | {median_cell(row['gain'])} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"))
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    found = measure(load_model("draft"), options.pairs)
    options.out.mkdir(parents=True, exist_ok=True)
    about = f"{hardware('cpu', 1)}, commit {commit()}, {options.pairs} pairs"
    (options.out / "inference.json").write_text(
        json.dumps({"about": about, "ways": found}, indent=1), encoding="utf-8"
    )
    text = f"{about}\n\n{table(found)}\n"
    (options.out / "inference.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
