"""The command `python -m mti_backend train-draft-by-words`. Imports torch lazily."""

import argparse
from pathlib import Path

from mti_addon.wire.errors import MtiError

from ...models import SHIPPED
from ..training.command import add_training_options, settings_of, tell, train_and_export


def main(argv: list[str]) -> int:
    """Train all unfinished stages, then export the weights. Returns the exit code."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.show:
        from .show import show

        show(options.show)
        print(f"wrote {options.show}")
        return 0
    if options.samples:
        from .samples import write_samples

        try:
            write_samples(options.weights, options.samples)
        except MtiError as error:
            parser.error(f"{error.message} {error.hint}".strip())
        print(f"wrote {options.samples}")
        return 0
    from ..training.export import start_from
    from ..training.stages import run_stages
    from .export import PARTS, export
    from .stages import STAGES, stages

    settings = settings_of(parser, options, STAGES)
    return train_and_export(
        parser,
        options,
        lambda: run_stages(stages(options.work, settings), tell, only=options.only),
        lambda: export(options.work, options.weights, not options.without_motion),
        lambda exported, work: start_from(exported, work, PARTS),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mti_backend train-draft-by-words",
        description="Train the text-to-video draft on procedural clips with captions. Stop with "
        "Ctrl-C; run again to resume.",
    )
    add_training_options(parser, Path("out/draft-by-words"), SHIPPED["draft-by-words"])
    parser.add_argument(
        "--without-motion",
        action="store_true",
        help="export motion modules that do nothing, to see the image model before clips",
    )
    parser.add_argument(
        "--samples",
        type=Path,
        metavar="PATH",
        help="write a contact sheet of clips made by the model in --weights instead of training",
    )
    parser.add_argument(
        "--show",
        type=Path,
        metavar="PATH",
        help="write a contact sheet of the training data instead of training",
    )
    return parser
