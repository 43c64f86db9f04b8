"""What the commands that train a draft have in common. Imports torch lazily."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


def tell(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)


def add_training_options(parser: argparse.ArgumentParser, work: Path, weights: Path) -> None:
    """Add the options that `settings_of` and `train_and_export` read; work and weights are the
    defaults of --work and --weights."""

    def option(name: str, text: str, **more: Any) -> None:
        parser.add_argument(name, help=text, **more)

    option("--work", "checkpoints and logs (default: %(default)s)", default=work, type=Path)
    option(
        "--weights",
        "output folder of the trained model (default: the shipped one)",
        default=weights,
        type=Path,
    )
    option("--device", "cpu or cuda (default: %(default)s)", default="cpu")
    option("--threads", "CPU threads (default: all)", type=int, default=0)
    for name, (_, _, text) in _NUMBERS.items():
        option(f"--{name}", text, action="append", default=[], metavar="STAGE=N")
    option(
        "--start-from",
        "start from an exported model instead of from scratch, for stages that have not begun",
        type=Path,
        metavar="PATH",
    )
    option("--only", "train only this stage, without exporting", metavar="STAGE")
    option("--export-only", "export the current checkpoints without training", action="store_true")


def settings_of(
    parser: argparse.ArgumentParser, options: argparse.Namespace, stages: "dict[str, StageSettings]"
) -> "dict[str, StageSettings]":
    """The settings of every stage, changed by the options; a wrong option ends the command."""
    settings = dict(stages)
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


def train_and_export(
    parser: argparse.ArgumentParser,
    options: argparse.Namespace,
    train: Callable[[], None],
    export: Callable[[], int],
    start_from: Callable[[Path, Path], None],
) -> int:
    """Train, then export, as the options say; returns the exit code.

    export: Returns the model's size in bytes, and raises FileNotFoundError if a stage has not been
    trained. start_from: Called before both, in the first process only, with the exported model of
    --start-from and the folder of the checkpoints; raises FileNotFoundError if there is none.
    """
    import torch

    from . import parallel

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
                _start(parser, options, start_from)
            parallel.wait()
            if not options.export_only:
                train()
    except KeyboardInterrupt:
        print(f"Stopped; run the same command to resume from the checkpoint in {options.work}.")
        return 130
    finally:
        torch.set_default_device("cpu")
    if options.only or not first:
        return 0
    try:
        size = export()
    except FileNotFoundError as error:
        parser.error(f"{options.work} has no finished training: {error}")
    print(f"{size / 1e6:.1f} MB written to {options.weights}")
    return 0


def _start(
    parser: argparse.ArgumentParser,
    options: argparse.Namespace,
    start_from: Callable[[Path, Path], None],
) -> None:
    try:
        start_from(options.start_from, options.work)
    except FileNotFoundError as error:
        parser.error(f"--start-from {options.start_from} is not an exported model: {error}")
