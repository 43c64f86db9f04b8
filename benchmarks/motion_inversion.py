"""Motion Inversion's iterations and clips: ours against the released code's recipe on stock
diffusers, alternating in one process.

    python -m benchmarks.motion_inversion                     # the draft on a CPU; minutes
    python -m benchmarks.motion_inversion --size animatediff --device cuda    # random weights
    python -m benchmarks.motion_inversion --size tiny --places 64x64          # a check that it runs

The full size has random weights (random_text_to_video.py), since time and memory do not depend on
their values. Writes motion_inversion_SIZE.json and .md to --out. Variants that do not fit in memory
are reported as such.
"""

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers.utils import logging

from mti_addon.wire.settings import Settings
from mti_backend.evaluation.machine import commit, hardware
from mti_backend.method.motion_inversion.optimization import MotionInversion
from mti_backend.method.motion_inversion.sampling import sample
from mti_backend.method.motion_inversion.settings import PlayingSettings
from mti_backend.models import SHIPPED
from mti_backend.models.animatediff import AnimateDiffModel
from mti_backend.models.gradient_checkpointing import POLICIES
from mti_backend.models.precision import computes_bfloat16

from .alternating import Alternating, Step, alone, with_prediction
from .plain_motion_inversion import PlainMotionInversion
from .random_text_to_video import write_random_animatediff
from .tables import number

BASELINES = ("stock diffusers, float32", "stock diffusers, 16 bits")
"""The faster one is what ratios refer to."""
_DRAFT = "draft-by-words"
_CAPTION = "a red ball moving right on grass"
_FRAMES = 16
_PLACES = {"draft": ["64x64"], "animatediff": ["512x512", "256x256"], "tiny": ["64x64"]}


class Bench:
    """The measurements at one image size."""

    def __init__(self, folder: Path, options: argparse.Namespace, place: tuple[int, int]) -> None:
        self.folder, self.options, self.place = folder, options, place
        name = _DRAFT if options.size == "draft" else "animatediff"
        self.learning = replace(Settings.for_model(name).words.learning, keep=())
        self.playing = replace(
            PlayingSettings.for_model(name), width=place[0], height=place[1], noise_start="fresh"
        )
        if options.steps:
            self.playing = replace(self.playing, num_inference_steps=options.steps)
        g = torch.Generator().manual_seed(0)
        self.pictures = torch.rand(_FRAMES, 3, place[1], place[0], generator=g) * 2 - 1
        self.half = (
            torch.bfloat16 if computes_bfloat16(torch.device(options.device)) else torch.float32
        )

    def iterations(self) -> list[dict[str, Any]]:
        """One row per variant of learning, the baselines first."""
        plain = partial(self.plain, lambda way: way.step)
        ways: dict[str, Callable[[], Step]] = {
            BASELINES[0]: partial(plain, autocast=None),
            BASELINES[1]: partial(plain, autocast=self.half),
            f"{BASELINES[1]}, its checkpointing": partial(
                plain, autocast=self.half, checkpointing=True
            ),
        }
        policies = POLICIES[:1] if self.options.size == "draft" else POLICIES
        ways |= {f"ours: {p.name}": partial(self.ours_learning, p.name) for p in policies}
        measured = Alternating(self.options.rounds, self.options.repeats, self.options.warmup)
        measured.run(ways)
        return [self._row(measured.row(name)) for name in ways]

    def clips(self) -> list[dict[str, Any]]:
        """One row per variant of making a clip, with embeddings and guidance."""
        ways: dict[str, Callable[[], Step]] = {
            BASELINES[0]: self.plain_clip,
            BASELINES[1]: partial(self.plain_clip, self.half),
            "ours": self.our_clip,
        }
        measured = Alternating(self.options.rounds, self.options.clips, 1)
        measured.run(ways)
        return [measured.row(name) for name in ways]

    def plain(self, of: Callable[[PlainMotionInversion], Step], **how: Any) -> Step:
        device = self.options.device
        return of(
            PlainMotionInversion(
                self.folder, self.pictures, self.learning, caption=_CAPTION, device=device, **how
            )
        )

    def plain_clip(self, autocast: torch.dtype | None = None) -> Step:
        return self.plain(lambda way: partial(way.clip, self.playing), autocast=autocast)

    def model(self) -> AnimateDiffModel:
        dtype = torch.float32 if self.options.device == "cpu" else torch.bfloat16
        name = _DRAFT if self.options.size == "draft" else "animatediff"
        return AnimateDiffModel(name, self.folder, self.options.device, dtype)

    def ours_learning(self, policy: str) -> Step:
        model = self.model()
        model.set_checkpointing(policy)
        inversion = MotionInversion(model, self.pictures, _CAPTION, self.learning)
        return alone(model, inversion.step)

    def our_clip(self) -> Step:
        model = self.model()
        with MotionInversion(model, self.pictures, _CAPTION, self.learning) as inversion:
            motion = inversion.motion()
        return partial(sample, model, motion, _CAPTION, self.playing)

    def _row(self, measured: dict[str, Any]) -> dict[str, Any]:
        if self.options.size != "animatediff":
            return measured
        return with_prediction(measured, Settings.for_model("animatediff").sized(*self.place))


def table(title: str, rows: list[dict[str, Any]]) -> str:
    """Markdown table; a ratio is the faster baseline's median over the row's."""
    fitting = [r["median"] for r in rows if r["fits"] and r["way"] in BASELINES]
    base = min(fitting, default=math.nan)
    lines = [
        f"| {title} | median, s | p90, s | times as fast | TF/s | GB | predicted |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        if not r["fits"]:
            lines.append(f"| {r['way']} | does not fit | | | | | |")
            continue
        lines.append(
            f"| {r['way']} | {r['median']:.3f} | {r['p90']:.3f} | {base / r['median']:.2f} "
            f"| {number(r, 'tflops', '.0f')} | {number(r, 'allocated_gb')} "
            f"| {number(r, 'predicted_gb')} |"
        )
    return "\n".join(lines)


def folder_of(options: argparse.Namespace) -> Path:
    """The weights to measure; random ones are created if missing."""
    if options.weights:
        return Path(options.weights)
    if options.size == "draft":
        return SHIPPED[_DRAFT]
    folder: Path = options.out / f"random-{options.size}-text-to-video"
    if not (folder / "model_index.json").is_file():
        write_random_animatediff(folder, options.size)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--size", choices=_PLACES, default="draft")
    parser.add_argument("--places", nargs="+", help="sizes of clips in pixels, as WIDTHxHEIGHT")
    parser.add_argument("--rounds", type=int, default=2, help="rounds over all variants")
    parser.add_argument("--repeats", type=int, default=10, help="measured iterations per round")
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--clips", type=int, default=1, help="measured clips per round")
    parser.add_argument("--steps", type=int, help="of the sampler; by default the engine's")
    parser.add_argument("--threads", type=int, default=1, help="of a CPU")
    parser.add_argument("--weights", type=Path, help="folder of weights, instead of --size's")
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    folder = folder_of(options)
    options.out.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {
        "commit": commit(), "hardware": hardware(options.device, 1), "size": options.size,
        "torch": torch.__version__, "threads": options.threads, "iterations": {}, "clips": {},
    }  # fmt: skip
    text = [f"{result['hardware']}, torch {torch.__version__}, commit {result['commit']}", ""]
    for name in options.places or _PLACES[options.size]:
        width, height = map(int, name.split("x"))
        print(name, flush=True)
        bench = Bench(folder, options, (width, height))
        learned, made = bench.iterations(), bench.clips()
        result["iterations"][name], result["clips"][name] = learned, made
        steps = bench.playing.num_inference_steps
        text += [f"### {name}", "", table("an iteration", learned), "",
                 table(f"a clip of {steps} steps", made), ""]  # fmt: skip
        # Write after every size, so that results are kept if the next one takes too long.
        file = options.out / f"motion_inversion_{options.size}"
        file.with_suffix(".json").write_text(json.dumps(result, indent=1), encoding="utf-8")
        file.with_suffix(".md").write_text("\n".join(text), encoding="utf-8")
    print("\n".join(text))


if __name__ == "__main__":
    main()
