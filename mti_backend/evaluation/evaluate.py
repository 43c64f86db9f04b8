"""The command `python -m mti_backend evaluate`: motion gain on held-out pairs, with its two bounds.

Rows: no motion given (the target's own image embedding), learned motion, the true motion tokens
(what the model was trained on), the decoded right answer (what the autoencoder lets through).
"""

import argparse
import csv
import json
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

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
    "true_tokens": "true motion tokens",
    "autoencoder": "decoded right answer (autoencoder bound)",
}
_COLUMNS = ("pair", "motion", *ROWS, "loss", "learn_seconds", "apply_seconds")


def main(argv: list[str]) -> int:
    """Evaluate, print the table, write JSON, CSV and contact sheets; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(argv)
    for name in ("pairs", "iterations"):
        value = getattr(options, name)
        if value is not None and value < 1:
            parser.error(f"--{name} must be at least 1, not {value}")
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
    _write(options.out, summary, results)
    print_table(summary)
    return 0


def _parser() -> argparse.ArgumentParser:
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
    return parser


def measure(
    model: SvdModel, pairs: list[Pair], settings: Settings, out: Path, fresh: bool = False
) -> list[dict[str, Any]]:
    """Each pair's gains, kept in `out` as they come, so that a stopped evaluation goes on."""
    out.mkdir(parents=True, exist_ok=True)
    kept = out / "pairs.jsonl"
    key = f"{model.identity} {json.dumps(settings.to_dict(), sort_keys=True)}"
    if fresh:
        kept.unlink(missing_ok=True)
    keys = [f"{key} {pair.fingerprint}" for pair in pairs]
    done = {
        r["pair"]: r
        for r in _kept_results(kept)
        if r["pair"] < len(pairs) and r["key"] == keys[r["pair"]]
    }
    begun, worked = time.monotonic(), 0
    for i, pair in enumerate(pairs):
        if i in done:
            continue
        picture = out / f"pair_{i:02d}_{pair.name}.png"
        done[i] = {
            "pair": i,
            "motion": pair.name,
            "key": keys[i],
            **measure_pair(model, pair, settings, picture),
        }
        with open(kept, "a", encoding="utf-8") as file:
            file.write(json.dumps(done[i]) + "\n")
        worked += 1
        waiting = sum(k not in done for k in range(len(pairs)))
        _report(done[i], len(pairs), (time.monotonic() - begun) / worked * waiting)
    return [done[i] for i in range(len(pairs))]


def _kept_results(path: Path) -> list[dict[str, Any]]:
    """Earlier results; a line cut short by whatever stopped that run is measured again."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if text and not text.endswith("\n"):
        path.write_text(text + "\n", encoding="utf-8")
    results = []
    for line in text.splitlines():
        with suppress(ValueError):
            results.append(json.loads(line))
    return results


def _report(result: dict[str, Any], pairs: int, seconds_left: float) -> None:
    gains = ", ".join(f"{row} {result[row]:+.3f}" for row in ROWS)
    print(
        f"{result['pair'] + 1}/{pairs} {result['motion']}: {gains}; {seconds_left / 60:.1f} min "
        "left (Ctrl-C stops, the same command goes on)",
        flush=True,
    )


def measure_pair(
    model: SvdModel, pair: Pair, settings: Settings, picture: Path
) -> dict[str, float]:
    """Learn the pair's motion, play every row, save the contact sheet."""
    target = pair.answer[0]
    begun = time.monotonic()
    inversion = Inversion(model, pair.reference, settings.inversion, settings.sampling)
    losses = [inversion.step() for _ in range(settings.inversion.iterations)]
    learned = time.monotonic()
    clips: dict[str, Tensor] = {
        "learned": sample(model, target, inversion.embedding(), settings.sampling)
    }
    applied = time.monotonic()
    nothing = image_embedding_motion(model, target)
    true_tokens = MotionEmbedding(pair.tokens[:, None], pair.tokens.mean(0, keepdim=True))
    clips["no_motion"] = sample(model, target, nothing, settings.sampling)
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


def summarise(results: list[dict[str, Any]]) -> dict[str, Any]:
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


def print_table(summary: dict[str, Any]) -> None:
    """The figures a person wants to see."""
    print(f"\n{summary['pairs']} held-out pairs, model {summary['model']}")
    print(f"{'':44}{'median gain':>12}{'95 % interval':>20}{'gain > 0.3':>12}")
    for row, caption in ROWS.items():
        r = summary["rows"][row]
        low, high = r["interval"]
        print(
            f"{caption:44}{r['median_gain']:12.3f}{low:11.3f} ..{high:6.3f}"
            f"{r['share_above_0.3']:12.0%}"
        )
    print(
        f"learn {summary['learn_seconds']:.0f} s, apply {summary['apply_seconds']:.1f} s (medians)"
    )


def _write(out: Path, summary: dict[str, Any], results: list[dict[str, Any]]) -> None:
    text = json.dumps(summary, indent=2) + "\n"
    (out / "evaluation.json").write_text(text, encoding="utf-8")
    with open(out / "evaluation.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        writer.writerows({k: r[k] for k in _COLUMNS} for r in results)
