"""Command line of the backend; docs/command-line.md describes it.

    python -m mti_backend learn | apply | edit | list | show | export | import
    python -m mti_backend capabilities | run | serve | download | evaluate
    python -m mti_backend train-draft | train-draft-by-words

torch is imported only by the commands that compute.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from . import cli

EXIT_USAGE = 2
"""argparse's exit code for an invalid command line."""

_OF_THE_CHECKOUT = {
    "evaluate": "evaluation",
    "train-draft": "draft.training.train",
    "train-draft-by-words": "draft.by_words.train",
    "serve": "server.cli",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    `serve`, `evaluate`, `train-draft`, `train-draft-by-words` and `download` parse the rest of the
    line themselves.
    """
    # OpenMP threads busy-wait for each other. When the cores are shared (Blender is rendering),
    # each wait lasts until the scheduler runs the other thread: a 0.09 s step took 8.2 s. Must be
    # set before torch is loaded; on an idle machine the cost is not measurable.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    parser = argparse.ArgumentParser(
        prog="python -m mti_backend",
        description="Learns motions from videos, keeps them in a library, and applies them to "
        "images. Each command explains itself: python -m mti_backend learn --help",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    cli.add_commands(commands)
    greeting = commands.add_parser(
        "capabilities", help="print versions, devices and models as one line of JSON"
    )
    greeting.add_argument("packages", nargs="*", help="additional packages to report versions of")
    run = commands.add_parser(
        "run", help="run the job in a folder to completion, resuming it if interrupted"
    )
    run.add_argument("job", type=Path, help="the job's folder")
    run.add_argument(
        "--idle-timeout",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="then keep the model loaded and wait this long for new jobs beside it (default: 0)",
    )
    commands.add_parser("serve", help="run a studio's server, or manage it", add_help=False)
    commands.add_parser("evaluate", help="evaluate the model", add_help=False)
    commands.add_parser("train-draft", help="train the draft model", add_help=False)
    commands.add_parser(
        "train-draft-by-words", help="train the draft's text-to-video model", add_help=False
    )
    commands.add_parser("download", help="download a model from the hub", add_help=False)
    known, rest = parser.parse_known_args(argv)
    if rest and known.command in ("capabilities", "run", *cli.COMMANDS):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return _dispatch(known, rest)


def _dispatch(known: argparse.Namespace, rest: list[str]) -> int:
    if known.command in cli.COMMANDS:
        return cli.run(known)
    if known.command == "capabilities":
        from .runner.capabilities import capabilities

        print(capabilities(known.packages))
        return 0
    if known.command == "run":
        from .runner.idle import run_jobs

        return run_jobs(known.job, known.idle_timeout)
    if known.command == "download":
        from .models.download import main as download

        return int(download(rest))
    return _of_the_checkout(known.command, rest)


def _of_the_checkout(command: str, rest: list[str]) -> int:
    """Run a command whose code is not in the extension's zip: the server, or development."""
    try:
        module = importlib.import_module(f"{__package__}.{_OF_THE_CHECKOUT[command]}")
    except ModuleNotFoundError as error:
        if not str(error.name).startswith(f"{__package__}."):
            raise  # the environment lacks a package
        print(
            f"mti: {command} is not part of the installed extension; run it in a checkout of the "
            "repository.",
            file=sys.stderr,
        )
        return EXIT_USAGE
    return int(module.main(rest))


def _flush() -> None:
    """Flush stdout and stderr without letting a failure, such as a full disk, change the exit code:
    Python exits with 120 if it cannot flush stdout."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    code = main()
    _flush()
    sys.exit(code)
