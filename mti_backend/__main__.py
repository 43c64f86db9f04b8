"""The command line: `python -m mti_backend capabilities | run | evaluate | train-draft | download`.
Imports torch only for the work."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

EXIT_USAGE = 2
"""As argparse ends where a line cannot be understood."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. Commands of other modules get the rest of the line as
    it is."""
    # torch's threads wait for each other in busy loops. Where the cores have other work (Blender
    # renders), each wait lasts until the scheduler takes pity: a step of 0.09 s took 8.2 s. To be
    # set before torch is loaded; on an idle machine it costs nothing that could be measured.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    parser = argparse.ArgumentParser(
        prog="mti_backend", description="Learns motions and applies them."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    greeting = commands.add_parser(
        "capabilities", help="print versions, devices and models as one line of JSON"
    )
    greeting.add_argument("packages", nargs="*", help="further packages to tell the versions of")
    run = commands.add_parser(
        "run", help="work on a job folder until it is done; resumes what was begun"
    )
    run.add_argument("job", type=Path, help="the job's folder")
    run.add_argument(
        "--idle-timeout",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="then keep the model loaded, and take new jobs beside it for so long (default: 0)",
    )
    commands.add_parser("evaluate", help="measure what the model can do", add_help=False)
    commands.add_parser("train-draft", help="train the draft model", add_help=False)
    commands.add_parser("download", help="fetch svd or svd-xt from the hub", add_help=False)
    known, rest = parser.parse_known_args(argv)
    if rest and known.command in ("capabilities", "run"):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return _dispatch(known, rest)


def _dispatch(known: argparse.Namespace, rest: list[str]) -> int:
    if known.command == "capabilities":
        from .capabilities import capabilities

        print(capabilities(known.packages))
        return 0
    if known.command == "run":
        from .idle import run_jobs

        return run_jobs(known.job, known.idle_timeout)
    if known.command == "download":
        from .models.download import main as download

        return int(download(rest))
    return _of_the_checkout(known.command, rest)


def _of_the_checkout(command: str, rest: list[str]) -> int:
    """A command that only this project itself needs; its code is not in the extension's zip."""
    name = f"{__package__}.{'evaluation' if command == 'evaluate' else 'draft.train'}"
    if importlib.util.find_spec(name) is None:
        print(
            f"mti: {command} is not part of the installed extension; run it in a checkout of the "
            "repository.",
            file=sys.stderr,
        )
        return EXIT_USAGE
    return int(importlib.import_module(name).main(rest))


def _flush() -> None:
    """Python exits with 120 if stdout cannot be flushed, as on a full disk; the exit code must stay
    ours."""
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
