"""What edits of a learned motion do, measured on the draft.

    python -m benchmarks.edits                     # all; an hour on two cores
    python -m benchmarks.edits --kinds strength    # amplitude against strength only
    python -m benchmarks.edits --plots docs/images # also replaces the plots of docs/library.md

Every group of trials is stored as soon as it is measured, under the weights' identity, so that the
command resumes. It does not know the code: use --fresh after a change of an edit.
"""

import argparse
import json
import shutil
from pathlib import Path

from mti_addon.wire.files import write_atomic
from mti_backend.evaluation.machine import commit, hardware
from mti_backend.models import load_model
from mti_backend.models.draft import DraftModel

from .measure import Lab
from .plots import make_plots, make_sheets
from .summary import summary, told
from .units import units

KINDS = ("strength", "time", "blend", "chain")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", default=",".join(KINDS), help="what to measure")
    parser.add_argument("--motions", type=int, default=10, help="of the ten held-out motions")
    parser.add_argument("--pairs", type=int, default=6, help="of motions to blend and to chain")
    parser.add_argument("--targets", type=int, default=2, help="for each motion")
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks/edits"))
    parser.add_argument("--plots", type=Path, help="folder for the plots; default: --out")
    parser.add_argument("--no-clips", action="store_true", help="make no picture of edited clips")
    parser.add_argument("--fresh", action="store_true", help="measure all again")
    options = parser.parse_args()
    model = load_model("draft")
    assert isinstance(model, DraftModel)
    folder = options.out / model.identity
    if options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    lab, found = Lab(model, options.out / "motions"), {}
    wanted = list(
        units(set(options.kinds.split(",")), options.motions, options.targets, options.pairs)
    )
    for number, unit in enumerate(wanted):
        path = folder / f"{unit.name}.json"
        if not path.exists():
            write_atomic(path, json.dumps(unit.measure(lab)).encode())
        found[unit.name] = json.loads(path.read_text(encoding="utf-8"))
        print(f"{number + 1} of {len(wanted)}: {unit.name}", flush=True)
    figures = summary(found)
    figures["about"] = {
        "model": model.identity,
        "commit": commit(),
        "machine": hardware("cpu", 1),
    }
    (options.out / "edits.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    text = told(figures)
    (options.out / "edits.md").write_text(text, encoding="utf-8")
    plots = options.plots or options.out
    made = make_plots(figures, plots)
    if not options.no_clips:
        made += make_sheets(lab, plots)
    print(text, *made, sep="\n")


if __name__ == "__main__":
    main()
