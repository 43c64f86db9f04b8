"""The command `python -m mti_backend train-draft`: train, resume, export. Imports torch late."""

import argparse
from dataclasses import replace
from pathlib import Path

from ..models import SHIPPED_DRAFT


def main(argv: list[str]) -> int:
    """Train every stage that is not finished, then write the weights. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="mti_backend train-draft",
        description="Train the draft model on procedural motion. Stop with Ctrl-C; the same "
        "command goes on.",
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=Path("out/draft"),
        help="checkpoints and logs (default: %(default)s)",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        default=SHIPPED_DRAFT,
        help="where the finished model goes (default: the shipped one)",
    )
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    parser.add_argument(
        "--steps",
        action="append",
        default=[],
        metavar="STAGE=N",
        help="another number of steps for a stage",
    )
    parser.add_argument(
        "--export-only",
        action="store_true",
        help="write the weights of the checkpoints as they are",
    )
    parser.add_argument(
        "--unet-stage",
        choices=("frames", "clips"),
        default="clips",
        help="which stage's UNet to write; frames: the temporal layers still do nothing",
    )
    options = parser.parse_args(argv)

    import torch

    from .export import export
    from .training import STAGES, train

    if options.threads:
        torch.set_num_threads(options.threads)
    settings = dict(STAGES)
    for change in options.steps:
        stage, _, steps = change.partition("=")
        if stage not in settings or not steps.isdecimal():
            parser.error(
                f"--steps takes STAGE=N with STAGE one of {', '.join(settings)}, got {change!r}"
            )
        settings[stage] = replace(settings[stage], steps=int(steps))
    if not options.export_only:
        try:
            train(options.work, settings, lambda line: print(line, flush=True))
        except KeyboardInterrupt:
            print(f"stopped; the same command goes on from the last checkpoint in {options.work}")
            return 130
    try:
        size = export(options.work, options.weights, options.unet_stage)
    except FileNotFoundError as error:
        parser.error(f"{options.work} holds no finished training: {error}")
    print(f"{size / 1e6:.1f} MB written to {options.weights}")
    return 0
