"""Learning the draft model's tokens on a CPU: ours against the paper's recipe, in one run.

    python -m benchmarks.cpu                     # one or two minutes; prints a table, writes
    cpu.json python -m benchmarks.cpu --repeats 9 --threads 2

Only the ratios matter: all variants alternate in one process, on one thread by default.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import torch

from mti_addon.wire.settings import Settings
from mti_backend.evaluation.machine import commit, hardware
from mti_backend.method.motion_textual_inversion.optimization import Inversion
from mti_backend.models import SHIPPED_DRAFT, load_model
from mti_backend.models.precision import computes_bfloat16

from .baseline import PaperLike
from .timing import Timing, in_turns

BASELINE = "paper-like, stock diffusers, float32"
OURS = "ours, as the draft is learned"


def ways(pictures: torch.Tensor) -> dict[str, object]:
    """The variants to compare, ready to run."""
    settings = Settings.for_model("draft")
    model = load_model("draft")
    inversion = settings.inversion

    def ours(**changes: object) -> Inversion:
        made = Inversion(model, pictures, replace(inversion, **changes), settings.sampling)
        made.prepare()
        return made

    fresh = replace(inversion.augmentation, variants=0)
    found = {
        BASELINE: PaperLike(SHIPPED_DRAFT, pictures),
        "paper-like, latents made once": PaperLike(SHIPPED_DRAFT, pictures, cached=True),
        "ours, float32, a new augmentation each time": ours(
            precision="float32", augmentation=fresh
        ),
        "ours, float32": ours(precision="float32"),
        OURS: ours(),
    }
    if computes_bfloat16(torch.device("cpu")):
        found["paper-like, latents made once, bfloat16"] = PaperLike(
            SHIPPED_DRAFT, pictures, cached=True, autocast=torch.bfloat16
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    g = torch.Generator().manual_seed(0)
    pictures = torch.rand(14, 3, 64, 64, generator=g) * 2 - 1
    work = {name: way.step for name, way in ways(pictures).items()}
    found = in_turns(work, options.repeats, warmup=2, cpu_time=options.threads == 1)
    print(table(found))
    options.out.mkdir(parents=True, exist_ok=True)
    result = {
        "commit": commit(),
        "hardware": hardware("cpu", 1),
        "threads": options.threads,
        "seconds": {name: vars(timing) for name, timing in found.items()},
        "ratio": found[BASELINE].median / found[OURS].median,
    }
    (options.out / "cpu.json").write_text(json.dumps(result, indent=1), encoding="utf-8")


def table(found: dict[str, Timing]) -> str:
    """Markdown table; the ratio is the baseline's median over the row's."""
    base = found[BASELINE].median
    lines = ["| an iteration | median, s | p90, s | times as fast |", "|---|---|---|---|"]
    for name, t in found.items():
        lines.append(f"| {name} | {t.median:.3f} | {t.p90:.3f} | {base / t.median:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
