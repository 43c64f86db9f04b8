"""The command `python -m mti_backend train-draft`: train, resume, export. Imports torch lazily."""

import argparse
from pathlib import Path
from typing import Any

from ...models import SHIPPED_DRAFT
from .command import add_training_options, settings_of, tell, train_and_export


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
    from .export import export, start_from
    from .stages import STAGES, train

    settings = settings_of(parser, options, STAGES)
    return train_and_export(
        parser, options,
        lambda: train(options.work, settings, tell, only=options.only),
        lambda: export(options.work, options.weights, options.unet_stage),
        start_from,
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mti_backend train-draft",
        description="Train the draft model on procedural motion. Stop with Ctrl-C; run again to "
        "resume.",
    )

    def option(name: str, text: str, **more: Any) -> None:
        parser.add_argument(name, help=text, **more)

    here = {"type": Path, "metavar": "PATH"}
    add_training_options(parser, Path("out/draft"), SHIPPED_DRAFT)
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
