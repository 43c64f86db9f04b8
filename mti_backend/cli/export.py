"""`export`: a motion as one .motion file. Imports the standard library and wire only."""

from __future__ import annotations

import argparse
from pathlib import Path

from mti_addon.wire.errors import EXIT_DONE, BadRequest
from mti_addon.wire.files import translating_os_errors
from mti_addon.wire.library.motion_file import SUFFIX, export_motion
from mti_addon.wire.problem import Problem

from . import options as common
from .motions import find
from .options import Parser
from .output import printable, say, say_json, size_text
from .report import Report

NAME = "export"
HELP = "write a motion as one .motion file"
_ABOUT = """\
Write a motion of the library as one file, to be sent to somebody else.

The same motion always gives the same file. Only what the library knows of the motion is in it:
its pictures, embeddings and description, no names of folders or of this machine.
"""
_EXAMPLES = """\
  python -m mti_backend export wave wave.motion
"""


def add_options(parser: Parser) -> None:
    """Describe the command."""
    common.describe(parser, _ABOUT, _EXAMPLES)
    parser.add_argument("motion", metavar="MOTION", help="name, id, or folder of the motion")
    parser.add_argument("file", metavar="FILE.motion", type=Path, help="the file to write")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    common.add_library(parser)
    common.add_json(parser, "one object")


def run(options: argparse.Namespace, report: Report) -> int:
    """Carry out the command; returns its exit code. Raises MtiError."""
    target: Path = options.file
    if target.suffix != SUFFIX:
        what = "{name} must end with {suffix}."
        values = {"name": target.name, "suffix": SUFFIX}
        raise BadRequest(Problem("motion_file_suffix", what, "", values))
    motion = find(options.motion, common.libraries(options))
    if motion.contents is not None:
        what = "{name} already is a .motion file."
        raise BadRequest(Problem("motion_is_a_file", what, "Copy it.", {"name": motion.place.name}))
    if target.exists() and not options.overwrite:
        what = "{path} already exists."
        hint = "Choose another place, or add --overwrite."
        raise BadRequest(Problem("result_exists", what, hint, {"path": str(target)}))
    with translating_os_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    export_motion(motion.place, motion.preset, target)
    size = target.stat().st_size
    if options.json:
        preset = motion.preset
        say_json({"name": preset.name, "id": preset.id, "file": str(target), "bytes": size})
    else:
        say(f"{printable(motion.preset.name)}: {target} ({size_text(size)})")
    return EXIT_DONE
