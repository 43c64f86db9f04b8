"""The command `python -m mti_backend evaluate`: motion gain on held-out pairs, with its two bounds.

Rows: no motion given (the target's own image embedding), learned motion, the true motion tokens (what
inversion could reach at best), the decoded right answer (what the autoencoder lets through).
"""

import argparse
import csv
import json
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from mti_addon.wire.settings import Settings

from ..embedding import MotionEmbedding
from ..frames import to_pictures
from ..inversion import Inversion
from ..models import load_model
from ..models.svd import SvdModel
from ..sampling import image_embedding_motion, sample
from .metrics import median_interval, motion_gain
from .pairs import Pair, held_out_pairs
from .sheet import contact_sheet

ROWS = {
    "no_motion": "no motion given",
    "learned": "learned motion",
    "true_tokens": "true motion tokens (upper bound)",
    "autoencoder": "decoded right answer (autoencoder bound)",
}


def main(argv: list[str]) -> int:
    """Evaluate, print the table, write JSON, CSV and contact sheets; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="mti_backend evaluate", description="Measure motion transfer on held-out pairs."
    )
    parser.add_argument("--quick", action="store_true", help="16 pairs instead of 64")
    parser.add_argument("--pairs", type=int, help="another number of pairs")
    parser.add_argument(
        "--iterations", type=int, help="iterations of learning (default: the draft's own)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out/evaluation"),
        help="where results go (default: %(default)s)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="measure again what an earlier run left in --out"
    )
    options = parser.parse_args(argv)
    model = load_model("draft")
    settings = Settings.for_model("draft")
    if options.iterations:
        settings = replace(
            settings, inversion=replace(settings.inversion, iterations=options.iterations)
        )
    pairs = held_out_pairs(options.pairs or (16 if options.quick else 64))
    results = measure(model, pairs, settings, options.out, fresh=options.fresh)
    summary = summarise(results) | {
        "model": model.identity,
        "pairs": len(pairs),
        "settings": settings.to_dict(),
    }
    (options.out / "evaluation.json").write_text(
        json.dumps(summary, indent=2) + "\n", encoding="utf-8"
    )
    with open(options.out / "evaluation.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, ["pair", "motion", *ROWS, "loss", "learn_seconds", "apply_seconds"]
        )
        writer.writeheader()
        writer.writerows({k: r[k] for k in writer.fieldnames} for r in results)
    print_table(summary)
    return 0


def measure(
    model: SvdModel, pairs: list[Pair], settings: Settings, out: Path, fresh: bool = False
) -> list[dict]:  # type: ignore[type-arg]
    """Each pair's gains, kept in `out` as they come, so that a stopped evaluation goes on."""
    out.mkdir(parents=True, exist_ok=True)
    kept = out / "pairs.jsonl"
    key = f"{model.identity} {json.dumps(settings.to_dict(), sort_keys=True)}"
    if fresh:
        kept.unlink(missing_ok=True)
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    done = {r["pair"]: r for r in map(json.loads, lines) if r["key"] == key}
    results, begun, worked = [], time.monotonic(), 0
    for i, pair in enumerate(pairs):
        if i not in done:
            done[i] = {
                "pair": i,
                "motion": pair.name,
                "key": key,
                **measure_pair(model, pair, settings, out / f"pair_{i:02d}_{pair.name}.png"),
            }
            with open(kept, "a", encoding="utf-8") as file:
                file.write(json.dumps(done[i]) + "\n")
            worked += 1
            left = (
                (time.monotonic() - begun) / worked * sum(k not in done for k in range(len(pairs)))
            )
            gains = ", ".join(f"{row} {done[i][row]:+.3f}" for row in ROWS)
            print(
                f"{i + 1}/{len(pairs)} {pair.name}: {gains}; {left / 60:.1f} min left (Ctrl-C stops, the same command goes on)",
                flush=True,
            )
        results.append(done[i])
    return results


def measure_pair(
    model: SvdModel, pair: Pair, settings: Settings, picture: Path
) -> dict[str, float]:
    """Learn the pair's motion, play every row, save the contact sheet."""
    target = pair.answer[0]
    begun = time.monotonic()
    inversion = Inversion(model, pair.reference, settings.inversion, settings.sampling)
    losses = [inversion.step() for _ in range(settings.inversion.iterations)]
    learned = time.monotonic()
    true_tokens = MotionEmbedding(pair.tokens[:, None], pair.tokens.mean(0, keepdim=True))
    clips: dict[str, Tensor] = {
        "learned": sample(model, target, inversion.embedding(), settings.sampling)
    }
    applied = time.monotonic()
    clips["no_motion"] = sample(
        model, target, image_embedding_motion(model, target), settings.sampling
    )
    clips["true_tokens"] = sample(model, target, true_tokens, settings.sampling)
    clips["autoencoder"] = model.decode(model.encode_video(pair.answer)).cpu()
    gains = {row: motion_gain(clips[row], pair.answer) for row in ROWS}
    rows = [("reference", pair.reference), ("right answer", pair.answer)]
    rows += [(f"{ROWS[row]}, gain {gains[row]:+.2f}", clips[row]) for row in ROWS]
    contact_sheet([(text, to_pictures(clip)) for text, clip in rows]).save(picture)
    return gains | {
        "loss": sum(losses[-20:]) / len(losses[-20:]),
        "learn_seconds": learned - begun,
        "apply_seconds": applied - learned,
    }


def summarise(results: list[dict]) -> dict:  # type: ignore[type-arg]
    """Medians with 95 % intervals; `median_motion_gain` is the headline."""
    rows = {}
    for row in ROWS:
        median, low, high = median_interval([r[row] for r in results])
        rows[row] = {
            "median_gain": median,
            "interval": [low, high],
            "share_above_0.3": sum(r[row] > 0.3 for r in results) / len(results),
        }
    seconds = {
        name: float(torch.tensor([r[name] for r in results]).median())
        for name in ("learn_seconds", "apply_seconds")
    }
    return {"median_motion_gain": rows["learned"]["median_gain"], "rows": rows, **seconds}


def print_table(summary: dict) -> None:  # type: ignore[type-arg]
    """The figures a person wants to see."""
    print(f"\n{summary['pairs']} held-out pairs, model {summary['model']}")
    print(f"{'':44}{'median gain':>12}{'95 % interval':>20}{'gain > 0.3':>12}")
    for row, caption in ROWS.items():
        r = summary["rows"][row]
        print(
            f"{caption:44}{r['median_gain']:12.3f}{r['interval'][0]:11.3f} ..{r['interval'][1]:6.3f}{r['share_above_0.3']:11.0%}"
        )
    print(
        f"learn {summary['learn_seconds']:.0f} s, apply {summary['apply_seconds']:.1f} s (medians)"
    )
