"""The command `evaluate --method motion-inversion`, explained in docs/evaluation.md."""

import argparse
import json
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from mti_addon.wire.errors import MtiError
from mti_addon.wire.settings import Settings

from ...method.motion_inversion.initial_noise import INVERSION_STEPS
from ...method.motion_inversion.settings import PlayingSettings
from ...models import load_text_to_video
from ..machine import commit, hardware
from ..row_list import row_list
from ..store import Store
from .judge import SETTINGS, trained_judge
from .measure import Bench, Plan
from .pairs import make_pair
from .report import as_markdown, summarise, write_pages
from .rows import QUICK, ROWS

_ENGINE = "draft-by-words"
_PAIRS, _QUICK_PAIRS = 48, 6
_QUICK_ITERATIONS, _QUICK_STEPS = 60, 10


def main(argv: list[str]) -> int:
    """Measure, print the tables and write all files; returns the exit code."""
    options = _options(argv)
    try:
        return evaluate(options)
    except KeyboardInterrupt:
        print("\nStopped; run the same command to resume.", file=sys.stderr)
        return 130
    except MtiError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return error.exit_code


def evaluate(options: argparse.Namespace) -> int:
    """Run the command with parsed options."""
    model = load_text_to_video(_ENGINE, options.device, options.weights)
    plan = plan_of(options)
    options.out.mkdir(parents=True, exist_ok=True)
    judge = trained_judge(options.out / "judge", replace(SETTINGS, steps=plan.judge))
    store = Store(options.out)
    bench = Bench(model, judge, plan, store)
    pairs = [make_pair(index) for index in range(options.pairs)]
    results = [r for pair in pairs for r in bench.measure(pair, [ROWS[k] for k in options.rows])]
    summary = summarise(results) | {
        "model": model.identity,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit(),
        "hardware": hardware(options.device, 1),
        "plan": asdict(plan),
    }
    text = json.dumps(summary, indent=2) + "\n"
    markdown = as_markdown(summary)
    written = {options.out / "evaluation.json": text, options.out / "evaluation.md": markdown}
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        written[options.json] = text
    for path, content in written.items():
        path.write_text(content, encoding="utf-8")
    pages = write_pages(pairs, list(options.rows), store, options.out / "pages")
    print(markdown)
    print("Written: " + ", ".join(str(path) for path in [*written, *pages]))
    return 0


def plan_of(options: argparse.Namespace) -> Plan:
    """Settings of the draft, changed by the options."""
    learning = Settings.for_model(_ENGINE).words.learning
    learning = replace(learning, iterations=options.iterations, keep=())
    if options.rate:
        learning = replace(learning, learning_rate=options.rate)
    playing = replace(PlayingSettings.for_model(_ENGINE), num_inference_steps=options.steps)
    steps = min(INVERSION_STEPS, 2 * options.steps)
    return Plan(learning, playing, steps, options.judge_steps)


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="mti_backend evaluate --method motion-inversion",
        description="Measure how a motion learned from one clip moves what a prompt describes.",
    )
    add = parser.add_argument
    few = f"{_QUICK_PAIRS} pairs instead of {_PAIRS}, fewer rows, iterations and sampler steps"
    add("--quick", action="store_true", help=few)
    add("--pairs", type=int, help="number of pairs")
    add("--rows", type=row_list(ROWS), help=f"only these rows: {', '.join(ROWS)}")
    add("--iterations", type=int, help="iterations of learning")
    add("--rate", type=float, help="learning rate (default: the engine's)")
    add("--steps", type=int, help="sampler steps")
    judge = "steps of training the judge (default: %(default)s)"
    add("--judge-steps", type=int, default=SETTINGS.steps, help=judge)
    add("--weights", type=Path, help="folder of the model (default: the shipped one)")
    add("--device", default="cpu", help="torch device (default: %(default)s)")
    where = Path("out/evaluation-motion-inversion")
    add("--out", type=Path, default=where, help="output folder (default: %(default)s)")
    add("--json", type=Path, help="also write the summary to this file")
    options = parser.parse_args(argv)
    options.rows = options.rows or (QUICK if options.quick else tuple(ROWS))
    usual = {
        "pairs": (_QUICK_PAIRS, _PAIRS),
        "iterations": (_QUICK_ITERATIONS, Settings.for_model(_ENGINE).words.learning.iterations),
        "steps": (_QUICK_STEPS, PlayingSettings.for_model(_ENGINE).num_inference_steps),
    }
    for name, (quick, full) in usual.items():
        if getattr(options, name) is None:
            setattr(options, name, quick if options.quick else full)
    for name in (*usual, "judge_steps"):
        if getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    return options
