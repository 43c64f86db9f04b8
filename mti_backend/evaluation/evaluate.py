"""The command `python -m mti_backend evaluate`: measures and reports motion transfer.

docs/evaluation.md explains the rows and columns and how to read them.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mti_addon.wire.errors import BadRequest, MtiError
from mti_addon.wire.settings import Settings

from ..models.svd import SvdModel
from .cross_domain import RENDERED, summarise_domains
from .cross_domain import ROWS as DOMAIN_ROWS
from .machine import commit, hardware
from .pages import make_pages
from .plots import make_plots
from .processes import Results, loader, measure_all
from .row_list import row_list
from .rows import QUICK, ROWS
from .store import Store
from .summary import summarise, summarise_curves, summarise_rendered
from .tables import as_csv, as_markdown, as_text
from .units import (
    CURVES,
    DOMAIN,
    HELD_OUT,
    Plan,
    Unit,
    Worker,
    curve_units,
    domain_units,
    held_out_units,
    weights_key,
)

_PAIRS, _QUICK_PAIRS = 64, 16
_ABLATION, _PAPER, _CURVE = 24, 8, 10


def main(argv: list[str]) -> int:
    """Run the requested measurements, print the tables and write all files; returns the exit
    code."""
    parser = _parser()
    options = parser.parse_args(argv)
    _check(parser, options)
    load = loader(options.device)
    try:
        return evaluate(options, load)
    except KeyboardInterrupt:
        print("\nStopped; run the same command to resume.", file=sys.stderr)
        return 130
    except MtiError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return error.exit_code


def evaluate(options: argparse.Namespace, load: Callable[[], SvdModel]) -> int:
    """Run the command with parsed options; `load` returns the model."""
    plan = Plan(Settings.for_model("draft"), options.iterations, options.out)
    model = load()
    units = units_of(options)
    worker = Worker(load, weights_key(model.folder), plan)
    if options.fresh:
        worker.forget()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.kept:
        units = [unit for unit in units if worker.kept(unit) is not None]
        if not units:
            raise BadRequest(f"{options.out} has none of these results.", "Omit --kept.")
    results = measure_all(units, worker, options.device, options.jobs)
    told = _told(results)
    summary = told.summary | about(model, plan, options)
    paths = _write(options, summary, told.results, worker.store, model.num_frames)
    print(as_text(summary))
    print("\nWritten: " + ", ".join(str(path) for path in paths))
    return 0


def units_of(options: argparse.Namespace) -> list[Unit]:
    """Units selected by the options.

    With --curves or --cross-domain only those are measured; a full run includes everything. --rows
    also selects among the rows of --cross-domain.
    """
    chosen = options.curves or options.cross_domain
    units: list[Unit] = []
    if not chosen:
        pairs = options.pairs or (_QUICK_PAIRS if options.quick else _PAIRS)
        counts = {
            "core": pairs,
            "ablation": min(pairs, options.ablation_pairs),
            "paper": min(pairs, options.paper_pairs),
        }
        units += held_out_units(options.rows or (QUICK if options.quick else list(ROWS)), counts)
    full = not (chosen or options.quick or options.rows)
    if options.curves or full:
        units += curve_units(options.curve_pairs)
    if options.cross_domain or full:
        units += domain_units(options.rows or DOMAIN_ROWS)
    return units


@dataclass(frozen=True)
class _Told:
    summary: dict[str, Any]
    results: list[dict[str, Any]]


def _told(results: Results) -> _Told:
    flat = list(results.values())
    summary = summarise([r for r in flat if r["suite"] == HELD_OUT])
    summary["curves"] = summarise_curves([r for r in flat if r["suite"] == CURVES])
    by_domain: dict[str, list[dict[str, Any]]] = {}
    for result in flat:
        if result["suite"].startswith(DOMAIN):
            by_domain.setdefault(result["suite"].removeprefix(DOMAIN), []).append(result)
    summary["cross_domain"] = summarise_domains(by_domain)
    summary["rendered_clips"] = summarise_rendered(by_domain.get(RENDERED, []))
    return _Told(summary, flat)


def about(model: SvdModel, plan: Plan, options: argparse.Namespace) -> dict[str, Any]:
    """Model, date, commit, hardware and settings of the measurement."""
    return {
        "model": model.identity,
        "weights": weights_key(model.folder),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit(),
        "hardware": hardware(options.device, options.jobs),
        "settings": plan.settings.to_dict(),
        "iterations": plan.iterations,
    }


def _write(
    options: argparse.Namespace, summary: dict[str, Any], results: list[dict[str, Any]],
    store: Store, frames: int,
) -> list[Path]:  # fmt: skip
    out: Path = options.out
    # Partial results must not replace complete ones.
    stem = "evaluation" if summary["rows"] else "parts"
    texts = {
        f"{stem}.json": json.dumps(summary, indent=2) + "\n",
        f"{stem}.csv": as_csv(results),
        f"{stem}.md": as_markdown(summary),
    }
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(texts[f"{stem}.json"], encoding="utf-8")
    if options.markdown:
        write_between(options.markdown, texts[f"{stem}.md"])
    paths = [out / name for name in texts]
    paths += make_pages(results, store, frames, out / "pages")
    if not options.no_plots:
        paths += make_plots(summary, results, out / "plots")
    return paths


BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def write_between(path: Path, text: str) -> None:
    """Insert the tables between the two markers of a Markdown file; without them, replace the
    file."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if BEGIN in old and END in old:
        head, rest = old.split(BEGIN, 1)
        text = f"{head}{BEGIN}\n\n{text}\n{END}{rest.split(END, 1)[1]}"
    path.write_text(text, encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mti_backend evaluate", description="Measure motion transfer on held-out pairs."
    )
    add = parser.add_argument
    methods = ("motion-textual-inversion", "motion-inversion")
    add("--method", choices=methods, default=methods[0], help="default: %(default)s; --method "
        "motion-inversion has options of its own")  # fmt: skip
    few = f"{_QUICK_PAIRS} pairs instead of {_PAIRS}, main rows only"
    add("--quick", action="store_true", help=few)
    add("--pairs", type=int, help="number of pairs")
    for name, count, what in (
        ("ablation", _ABLATION, "number of pairs for the ablation rows"),
        ("paper", _PAPER, "number of pairs for the row with the paper's settings"),
        ("curve", _CURVE, "number of motions for the curves over offset, scale, mirroring"),
    ):
        add(f"--{name}-pairs", type=int, default=count, help=f"{what} (default: %(default)s)")
    add("--rows", type=row_list(ROWS), help=f"only these rows, comma-separated: {', '.join(ROWS)}")
    add("--curves", action="store_true", help="only the curves over offset, scale, mirroring")
    add("--cross-domain", action="store_true", help="only the cross-domain pairs")
    add("--iterations", type=int, help="iterations of learning (default: each row's own)")
    add("--jobs", type=int, default=1, help="number of parallel processes, with one thread each")
    add("--device", default="cpu", help="torch device (default: %(default)s)")
    where = Path("out/evaluation")
    add("--out", type=Path, default=where, help="output folder (default: %(default)s)")
    add("--json", type=Path, help="also write the summary to this file")
    add("--markdown", type=Path, help="also insert the tables into this file, between its markers")
    add("--no-plots", action="store_true", help="skip the plots, which need matplotlib")
    add("--fresh", action="store_true", help="discard the results of earlier runs in --out")
    add("--kept", action="store_true", help="report the results in --out without measuring")
    return parser


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    for name in ("pairs", "ablation_pairs", "paper_pairs", "curve_pairs", "iterations", "jobs"):
        value = getattr(options, name)
        if value is not None and value < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1, not {value}")
    if options.kept and options.fresh:
        parser.error("--kept and --fresh are mutually exclusive")
    if options.rows and options.curves:
        parser.error("--rows cannot be used with --curves, which use the learned motion only")
    if options.rows and options.cross_domain and not set(options.rows) & set(DOMAIN_ROWS):
        parser.error(f"--rows with --cross-domain needs one of: {', '.join(DOMAIN_ROWS)}")
    if options.markdown and (options.curves or options.cross_domain):
        parser.error(
            "--markdown needs all tables, so it cannot be used with --curves or --cross-domain"
        )
