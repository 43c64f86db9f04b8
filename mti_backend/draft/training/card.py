"""Writes the draft's model card from training and evaluation records. Imports history."""

import json
import textwrap
from pathlib import Path
from typing import Any

from .history import load

_HEAD = """# Model card: the draft model

Written by `python -m mti_backend train-draft --card`, from `training.json` beside the weights and
`evaluation.json`.

A small Stable Video Diffusion model of 14 frames whose latents are motion:
`UNetSpatioTemporalConditionModel` (13.6 M parameters), `MotionAutoencoder` (2.6 M, 16 x 16
positions, 20 channels, in place of SVD's autoencoder of colors), `CLIPVisionModelWithProjection`
(1.0 M, 64 wide) and `EulerDiscreteScheduler`, in SVD's folder layout and half precision. Its input
is a square of 128 x 128 pixels around the subject, and its clips have the target's own size. The
weights are in `mti_backend/draft/weights/`; `mti_backend/models/draft.py` loads them.

**Data.** Procedural clips, drawn during training (`mti_backend/draft/procedural/`,
[examples](../images/draft_data.png)), with exactly known flow of every pixel:

- people, from thin sticks to solid, shaded, clothed bodies with hands, feet, hair, patterns,
  outlines and shadows, in many proportions; quadrupeds; balls, boxes, vanes, plants, pendulums and
  flags;
- backgrounds from white paper to busy, with parallax;
- joint curves that are periodic, eased or there-and-back, body paths, turning, jumping, squashing;
  camera pan, zoom, roll and orbit; still clips.

Held out from training: the ten named motions of the evaluation, its family of proportions (long
arms, narrow shoulders, short trunk), its backgrounds (checks and stripes), and images rendered by
Blender.
"""

_NO_CLIPS = """The stage `clips`, which trains the temporal layers, has not been run: they are
still the identity, frames are distinguished by their own tokens only, and the clip's tokens have
no effect."""


def write_card(weights: Path, evaluation: Path | None, card: Path) -> None:
    """Write the Markdown file `card`.

    Args:
        weights: An exported model with its `training.json`. evaluation: `evaluation.json`, quoted
        if
            it exists and belongs to the same model.
    """
    runs = load(weights)
    lines = [
        _HEAD,
        "**Training.** All runs, oldest first; each one continued from the one before it.\n",
    ]
    for number, run in enumerate(runs, 1):
        lines += [_run(number, run), ""]
    if not any(stage["stage"] == "clips" for run in runs for stage in run["stages"]):
        lines += [_NO_CLIPS, ""]
    if evaluation is not None and evaluation.exists():
        lines += [_figures(json.loads(evaluation.read_text(encoding="utf-8")), runs), ""]
    card.write_text("\n".join(lines), encoding="utf-8")


def _run(number: int, run: dict[str, Any]) -> str:
    told = f"{number}. {run['date']}, on {run['machine']}; model `{run['identity']}`"
    if "note" in run:
        told += f". {run['note']}"
    rows = [
        textwrap.fill(told, 100, subsequent_indent="   "),
        "",
        "   | stage | steps | batch | learning rate | seed | minutes | loss, first to last |",
        "   |---|---|---|---|---|---|---|",
    ]
    for s in run["stages"]:
        numbers = s["settings"]
        rows.append(
            f"   | {s['stage']} | {s['steps']} | {numbers.get('batch', '')} "
            f"| {numbers.get('learning_rate', '')} | {numbers.get('seed', '')} "
            f"| {s['seconds'] / 60:.0f} | {s['first_loss']:.4f} to {s['last_loss']:.4f} |"
        )
    return "\n".join(rows)


def _figures(evaluation: dict[str, Any], runs: list[dict[str, Any]]) -> str:
    if not runs or evaluation.get("model") != runs[-1]["identity"]:
        return "**Performance** has not been measured for these weights yet."
    rows = evaluation["rows"]
    pairs = max(row.get("n", evaluation.get("pairs", 0)) for row in rows.values())
    lines = [
        f"**Performance** on {pairs} held-out pairs; details in "
        "[the evaluation](../evaluation.md).\n",
        "| row | pairs | median motion gain | 95 % interval |",
        "|---|---|---|---|",
    ]
    for key, row in rows.items():
        gain = row["columns"]["gain"] if "columns" in row else row
        low, high = gain["interval"]
        median = gain.get("median", gain.get("median_gain"))
        lines.append(
            f"| {row.get('caption', key)} | {row.get('n', pairs)} | {median:.3f} "
            f"| {low:.3f} to {high:.3f} |"
        )
    return "\n".join(lines)
