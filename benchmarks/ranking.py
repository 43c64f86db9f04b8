"""Does the order in which takes are shown put the better ones first? On the draft.

    python -m benchmarks.ranking               # 20 pairs, 8 seeds each; minutes on two cores

Several seeds of one motion on one target are ranked without ground truth (ranking.agreement), and
by their motion gain. The motions are the true tokens. Resumable: every pair is stored.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import torch

from mti_addon.wire.settings import Settings
from mti_backend.evaluation.machine import commit, hardware
from mti_backend.evaluation.pairs import Pair
from mti_backend.evaluation.reconstruction import spearman
from mti_backend.evaluation.statistics import median_interval
from mti_backend.method.motion_textual_inversion.sampling import sample
from mti_backend.metrics.gain import motion_gain
from mti_backend.metrics.ranking import agreement
from mti_backend.models import load_model
from mti_backend.models.svd import SvdModel

from .pairs import development_pairs, true_motion


def measure(model: SvdModel, pair: Pair, seeds: int) -> dict[str, list[float]]:
    """Score and gain of every seed."""
    playing, motion = Settings.for_model("draft").sampling, true_motion(pair)
    clips = [
        sample(model, pair.answer[0], motion, replace(playing, seed=seed)) for seed in range(seeds)
    ]
    return {
        "score": agreement(clips) or [0.0] * seeds,
        "gain": [motion_gain(clip, pair.answer) for clip in clips],
    }


def summary(found: list[dict[str, list[float]]]) -> dict[str, tuple[float, float, float]]:
    """Medians over the pairs with their bootstrap intervals.

    correlation: Spearman's, over the seeds of a pair. first, mean, best: gain of the take shown
    first, of all takes, and of the best.
    """
    pairs = [(torch.tensor(f["score"]), torch.tensor(f["gain"])) for f in found]
    rows = {
        "correlation": [float(spearman(score, gain)) for score, gain in pairs],
        "first": [float(gain[score.argmax()]) for score, gain in pairs],
        "mean": [float(gain.mean()) for _, gain in pairs],
        "best": [float(gain.max()) for _, gain in pairs],
        "first - mean": [float(gain[score.argmax()] - gain.mean()) for score, gain in pairs],
    }
    return {name: median_interval(values) for name, values in rows.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks/ranking"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    model, found = load_model("draft"), []
    for number, pair in enumerate(development_pairs(options.pairs)):
        path = options.out / f"{number}-{options.seeds}.json"
        if not path.exists():
            path.write_text(json.dumps(measure(model, pair, options.seeds)), encoding="utf-8")
        found.append(json.loads(path.read_text(encoding="utf-8")))
        print(f"pair {number + 1} of {options.pairs}", flush=True)
    lines = [f"{hardware('cpu', 1)}, commit {commit()}, {options.pairs} pairs, "
             f"{options.seeds} seeds", ""]  # fmt: skip
    for name, values in summary(found).items():
        lines.append("{}: {:.3f} ({:.3f} to {:.3f})".format(name, *values))
    (options.out / "summary.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
