"""Learning and applying a motion with the full-size network: ours, with each memory policy, against
the paper's recipe on stock diffusers, alternating in one process.

    python -m benchmarks.svd_full                      # on a GPU; random weights, three sizes
    python -m benchmarks.svd_full --device cpu --size tiny --places 128x64   # a check that it runs

Random weights (random_svd.py), since time and memory do not depend on their values. Writes
svd_full.json and svd_full.md to --out. Variants that do not fit in memory are reported as such.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from mti_addon.wire.settings import Augmentation, Settings
from mti_backend.evaluation.machine import commit, hardware
from mti_backend.memory.oom_fallback import release
from mti_backend.method.motion_textual_inversion.optimization import Inversion
from mti_backend.method.motion_textual_inversion.sampling import image_embedding_motion, sample
from mti_backend.models.gradient_checkpointing import POLICIES
from mti_backend.models.svd import SvdModel

from .alternating import Alternating, Step, alone, peak_memory, with_prediction
from .baseline import PaperLike
from .random_svd import write_random_svd
from .tables import number

BASELINE = "paper-like"
_ITERATIONS = 1000  # per motion, in the paper


class Bench:
    """The measurements at one image size."""

    def __init__(self, folder: Path, options: argparse.Namespace, place: tuple[int, int]) -> None:
        self.folder, self.options = folder, options
        settings = Settings.for_model("svd").sized(*place)
        self.settings = replace(
            settings,
            inversion=replace(settings.inversion, augmentation=Augmentation(variants=1)),
        )
        g = torch.Generator().manual_seed(0)
        self.pictures = torch.rand(14, 3, place[1], place[0], generator=g) * 2 - 1
        self.measured = Alternating(options.rounds, options.repeats, options.warmup)

    def run(self) -> list[dict[str, Any]]:
        """One row per variant, the baseline first."""
        ways: dict[str, Callable[[], Step]] = {
            BASELINE: partial(self.paper_like, cached=False),
            "paper-like, latents made once": partial(self.paper_like, cached=True),
            **{f"ours: {p.name}": partial(self.ours, p.name) for p in POLICIES},
        }
        self.measured.run(ways)
        return [self.row(name) for name in ways]

    def paper_like(self, cached: bool) -> Step:
        half = torch.bfloat16 if self.options.device != "cpu" else None
        return PaperLike(
            self.folder, self.pictures, cached=cached, checkpointing=True, autocast=half,
            device=self.options.device,
        ).step  # fmt: skip

    def ours(self, policy: str) -> Step:
        model = load(self.folder, self.options.device)
        model.set_checkpointing(policy)
        inversion = Inversion(model, self.pictures, self.settings.inversion, self.settings.sampling)
        inversion.prepare()
        return alone(model, inversion.step)

    def row(self, name: str) -> dict[str, Any]:
        row = self.measured.row(name)
        return with_prediction(row, self.settings) if self.options.size == "svd" else row


def load(folder: Path, device: str) -> SvdModel:
    return SvdModel("svd", folder, device, torch.float32 if device == "cpu" else torch.bfloat16)


def clip(folder: Path, options: argparse.Namespace, place: tuple[int, int]) -> dict[str, Any]:
    """Seconds of a 25-step clip with guidance, including decoding; the second of two runs."""
    release()
    model = load(folder, options.device)
    settings = Settings.for_model("svd").sized(*place).sampling
    settings = replace(settings, num_inference_steps=options.steps)
    picture = torch.rand(3, place[1], place[0]) * 2 - 1
    motion = image_embedding_motion(model, picture)
    seconds = 0.0
    for _ in range(2):
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        began = time.perf_counter()
        sample(model, picture, motion, settings)
        seconds = time.perf_counter() - began
    return {"steps": options.steps, "seconds": seconds, **peak_memory()}


def table(place: str, rows: list[dict[str, Any]]) -> str:
    """Markdown table of one size."""
    base = next(r for r in rows if r["way"] == BASELINE)
    lines = [
        f"### {place}",
        "",
        "| way | s an iteration | p90 | TF/s | times as fast | min for 1000 | GB | reserved "
        "| predicted |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        if not r["fits"]:
            lines.append(f"| {r['way']} | does not fit | | | | | | | |")
            continue
        ratio = f"{base['median'] / r['median']:.2f}" if base["fits"] else "-"
        lines.append(
            f"| {r['way']} | {r['median']:.3f} | {r['p90']:.3f} | {number(r, 'tflops', '.0f')} "
            f"| {ratio} | {r['median'] * _ITERATIONS / 60:.1f} | {number(r, 'allocated_gb')} "
            f"| {number(r, 'reserved_gb')} | {number(r, 'predicted_gb')} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--size", choices=("svd", "tiny"), default="svd")
    parser.add_argument("--places", nargs="+", default=["1024x576", "768x448", "512x320"])
    parser.add_argument("--rounds", type=int, default=2, help="rounds over all variants")
    parser.add_argument("--repeats", type=int, default=10, help="measured iterations per round")
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--weights", type=Path, help="folder of random weights; created if missing")
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"))
    options = parser.parse_args()
    folder = options.weights or options.out / f"random-{options.size}"
    if not (folder / "model_index.json").is_file():
        write_random_svd(folder, options.size)
    options.out.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {
        "commit": commit(), "hardware": hardware(options.device, 1), "size": options.size,
        "torch": torch.__version__, "places": {}, "clips": {},
    }  # fmt: skip
    text = [f"{result['hardware']}, torch {torch.__version__}, commit {result['commit']}", ""]
    for name in options.places:
        width, height = map(int, name.split("x"))
        print(name, flush=True)
        rows = Bench(folder, options, (width, height)).run()
        made = clip(folder, options, (width, height))
        result["places"][name], result["clips"][name] = rows, made
        text += [
            table(name, rows),
            "",
            f"A clip of {made['steps']} steps: {made['seconds']:.1f} s",
            "",
        ]
        # Write after every size, so that results are kept if the next one takes too long.
        (options.out / "svd_full.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
        (options.out / "svd_full.md").write_text("\n".join(text), encoding="utf-8")
    print("\n".join(text))


if __name__ == "__main__":
    main()
