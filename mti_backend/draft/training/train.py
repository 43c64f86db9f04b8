"""The command `python -m mti_backend train-draft`: train, resume, export. Imports torch lazily."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...models import SHIPPED_DRAFT

if TYPE_CHECKING:
    from .trainer import StageSettings

# option: (StageSettings field it overrides, type, help)
_NUMBERS: dict[str, tuple[str, type, str]] = {
    "steps": ("steps", int, "number of steps of a stage"),
    "batch": ("batch", int, "number of images per step"),
    "rate": (
        "learning_rate",
        float,
        "learning rate; use a quarter of the default to continue from trained weights",
    ),
    "seed": (
        "seed",
        int,
        "random seed; with the original one, training that continues from finished weights starts "
        "with the same clips again",
    ),
}


def main(argv: list[str]) -> int:
    """Train all unfinished stages, then export the weights. Returns the exit code."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.show:
        from .show import show

        show(options.show)
        print(f"wrote {options.show}")
        return 0
    if options.card:
        from .card import write_card

        write_card(options.weights, options.evaluation, options.card)
        print(f"wrote {options.card}")
        return 0
    return _train_and_export(parser, options)


def _train_and_export(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    import torch

    from . import parallel
    from .export import export, start_from
    from .stages import train

    settings = _settings(parser, options)
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        torch.set_default_device(options.device)
        torch.zeros(1)
    except (RuntimeError, AssertionError) as error:
        parser.error(f"--device {options.device} cannot be used: {str(error).splitlines()[0]}")
    try:
        with parallel.together():
            first = not parallel.rank()
            if options.start_from and first:
                try:
                    start_from(options.start_from, options.work)
                except FileNotFoundError as error:
                    parser.error(
                        f"--start-from {options.start_from} is not an exported model: {error}"
                    )
            parallel.wait()
            if not options.export_only:
                train(
                    options.work,
                    settings,
                    lambda line: print(line, flush=True),
                    only=options.only,
                )
    except KeyboardInterrupt:
        print(f"Stopped; run the same command to resume from the checkpoint in {options.work}.")
        return 130
    finally:
        torch.set_default_device("cpu")
    if options.only or not first:
        return 0
    try:
        size = export(options.work, options.weights, options.unet_stage)
    except FileNotFoundError as error:
        parser.error(f"{options.work} has no finished training: {error}")
    print(f"{size / 1e6:.1f} MB written to {options.weights}")
    return 0


def _settings(
    parser: argparse.ArgumentParser, options: argparse.Namespace
) -> "dict[str, StageSettings]":
    from .stages import STAGES

    settings = dict(STAGES)
    for option, (field, kind, _) in _NUMBERS.items():
        for change in getattr(options, option):
            stage, _, value = change.partition("=")
            try:
                changed: dict[str, Any] = {field: kind(value)}
                settings[stage] = replace(settings[stage], **changed)
            except (KeyError, ValueError):
                parser.error(
                    f"--{option} takes STAGE=NUMBER with STAGE one of {', '.join(settings)}, "
                    f"got {change!r}"
                )
    if options.only and options.only not in settings:
        parser.error(f"--only takes one of {', '.join(settings)}, got {options.only!r}")
    return settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mti_backend train-draft",
        description="Train the draft model on procedural motion. Stop with Ctrl-C; run again to "
        "resume.",
    )

    def option(name: str, text: str, **more: Any) -> None:
        parser.add_argument(name, help=text, **more)

    here = {"type": Path, "metavar": "PATH"}
    option("--work", "checkpoints and logs (default: %(default)s)", default="out/draft", type=Path)
    option(
        "--weights",
        "output folder of the trained model (default: the shipped one)",
        default=SHIPPED_DRAFT,
        type=Path,
    )
    option(
        "--start-from",
        "start from an exported model instead of from scratch, for stages that have not begun",
        **here,
    )
    option("--device", "cpu or cuda (default: %(default)s)", default="cpu")
    option("--threads", "CPU threads (default: all)", type=int, default=0)
    for name, (_, _, text) in _NUMBERS.items():
        option(f"--{name}", text, action="append", default=[], metavar="STAGE=N")
    option("--only", "train only this stage, without exporting", metavar="STAGE")
    option("--export-only", "export the current checkpoints without training", action="store_true")
    option(
        "--unet-stage",
        "stage whose UNet to export; with frames, the temporal layers are still the identity",
        choices=("frames", "clips"),
        default="clips",
    )
    option("--show", "write a contact sheet of the training data instead of training", **here)
    option("--card", "write the model card of --weights instead of training", **here)
    option(
        "--evaluation",
        "evaluation.json to quote in the card (default: %(default)s)",
        default=Path("docs/draft-model/evaluation.json"),
        type=Path,
    )
    return parser
