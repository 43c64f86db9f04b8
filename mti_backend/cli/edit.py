"""`edit`: an edited motion of the library. Imports the standard library and wire only."""

from __future__ import annotations

import argparse

from mti_addon.wire.errors import EXIT_DONE
from mti_addon.wire.library import About
from mti_addon.wire.library.edited import save_edited

from . import options as common
from .edits import add_edit_options, edit_of
from .motions import find
from .options import Parser
from .output import printable, say, say_json
from .report import Report

NAME = "edit"
HELP = "keep a changed motion, or several as one, in the library"
_ABOUT = """\
Keep a motion with other numbers, or several motions as one, as a motion of the library.

MOTION is a name, an id or its first digits, the folder of a motion, or a .motion file. Nothing is
learned or computed: the new motion has what its parents have learned and the numbers by which that
is changed when it is applied. It remembers the parents' ids. The parents stay as they are.
"""
_EXAMPLES = """\
  python -m mti_backend edit wave --strength 0.5 --reverse --name "Small Wave"
  python -m mti_backend edit walk --then jump --seam 0.3 --name "Walk and Jump"
"""


def add_options(parser: Parser) -> None:
    """Describe the command."""
    common.describe(parser, _ABOUT, _EXAMPLES)
    parser.add_argument("motion", metavar="MOTION", help="the motion to change")
    parser.add_argument("--name", metavar="TEXT", help="name of the new one (default: the old)")
    common.add_library(parser, written=True)
    common.add_json(parser, "one object")
    add_edit_options(parser)


def run(options: argparse.Namespace, _report: Report) -> int:
    """Carry out the command; returns its exit code. Raises MtiError."""
    libraries = common.libraries(options)
    names = [options.motion, *(options.blend or options.then or ())]
    found = [find(name, libraries) for name in names]
    first = found[0].preset
    title = options.name or " + ".join(dict.fromkeys(each.preset.name for each in found))
    about = About(first.kind, first.tags, first.author, first.license, "", title[:64])
    library = common.own_library(options).resolve()
    motion, new = save_edited(library, found, edit_of(options, found), about, first.capture)
    preset = motion.preset
    if options.json:
        say_json(
            {
                "name": preset.name,
                "id": preset.id,
                "parents": list(preset.parents),
                "engines": list(preset.embeddings),
                "folder": str(motion.folder),
                "status": "saved" if new else "known",
            }
        )
    else:
        words = "saved in" if new else "already in the library, in"
        say(f"{printable(preset.name)}: {words} {motion.folder}")
    return EXIT_DONE
