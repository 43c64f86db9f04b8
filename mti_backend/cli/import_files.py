"""`import`: adds .motion files to the library. Imports the standard library and wire only."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mti_addon.wire.errors import EXIT_DONE, MtiError
from mti_addon.wire.library import import_motion

from . import options as common
from .options import Parser
from .output import complain, error_json, printable, say, say_json
from .report import Report

NAME = "import"
HELP = "add .motion files to the library"
_ABOUT = """\
Add the motions of .motion files to the library.

A file from elsewhere may be anything, so all of it is checked before any of it is written. A motion
that the library already has is not added again. After a file that is refused, the others are still
imported.
"""
_EXAMPLES = """\
  python -m mti_backend import wave.motion
  python -m mti_backend import downloads/*.motion --json
"""


def add_options(parser: Parser) -> None:
    """Describe the command."""
    common.describe(parser, _ABOUT, _EXAMPLES)
    parser.add_argument("files", metavar="FILE.motion", nargs="+", type=Path, help="to import")
    common.add_library(parser, written=True)
    common.add_json(parser, "an array of objects")


def run(options: argparse.Namespace, report: Report) -> int:
    """Carry out the command; returns the highest exit code of its files."""
    library = common.own_library(options).resolve()
    told: list[dict[str, Any]] = []
    code = EXIT_DONE
    for path in options.files:
        try:
            motion, new = import_motion(library, path)
        except MtiError as error:
            complain(error)
            code = max(code, error.exit_code)
            told.append({"file": str(path), "status": "failed", "error": error_json(error)})
            continue
        preset, status = motion.preset, "imported" if new else "known"
        told.append(
            {
                "file": str(path),
                "status": status,
                "name": preset.name,
                "id": preset.id,
                "folder": str(motion.folder),
                "error": None,
            }
        )
        if not options.json:
            words = "imported to" if new else "already in the library, in"
            say(f"{printable(preset.name)}: {words} {motion.folder}")
    if options.json:
        say_json(told)
    return code
