"""`list`: the motions of the libraries. Imports the standard library and wire only."""

from __future__ import annotations

import argparse
from typing import Any

from mti_addon.wire import codec
from mti_addon.wire.errors import EXIT_DONE
from mti_addon.wire.library import KINDS, Preset

from . import options as common
from .motions import Found, all_motions
from .options import Parser
from .output import complain, quality_text, say, say_json, size_text, table
from .report import Report

NAME = "list"
HELP = "list the motions in the library"
_ABOUT = """\
List the motions of the user's library and those that come with the extension.

The quality is the motion gain of the motion on its own reference: 1 is a perfect repetition, 0 no
better than a still image. With --json, an array of objects is printed, with name, id, kind, tags,
engines, quality, bytes, shipped and folder. A folder that cannot be read is named on stderr.
"""
_EXAMPLES = """\
  python -m mti_backend list
  python -m mti_backend list --kind body --tag arm
  python -m mti_backend list --search walk --json
"""
_HEAD = ("NAME", "KIND", "ENGINES", "QUALITY", "SIZE", "TAGS", "ID")
_RIGHT = frozenset({_HEAD.index("QUALITY"), _HEAD.index("SIZE")})
_ID_DIGITS = 8


def add_options(parser: Parser) -> None:
    """Describe the command."""
    common.describe(parser, _ABOUT, _EXAMPLES)
    parser.add_argument("--kind", choices=KINDS, help="only motions of this kind")
    parser.add_argument(
        "--tag", action="append", default=[], help="only motions with this tag; all, if several"
    )
    common.add_engine(parser, None, "only motions that this engine has learned")
    parser.add_argument(
        "--search",
        metavar="WORDS",
        default="",
        help="only motions with all of these words in their name, kind, tags, author or notes",
    )
    common.add_library(parser)
    common.add_json(parser, "an array of objects")


def run(options: argparse.Namespace, report: Report) -> int:
    """Carry out the command; returns its exit code. Raises UnreadableInput."""
    found, problems = all_motions(common.libraries(options))
    chosen = [motion for motion in found if _wanted(motion.preset, options)]
    if options.json:
        say_json([about(motion) for motion in chosen])
    elif chosen:
        say(table([_HEAD, *map(_row, chosen)], _RIGHT))
    else:
        say("There are no such motions." if found else "There are no motions.")
    for folder, error in problems.items():
        complain(error, str(folder))
    return EXIT_DONE


def about(motion: Found) -> dict[str, Any]:
    """What `list --json` says of a motion."""
    preset = motion.preset
    return {
        "name": preset.name,
        "id": preset.id,
        "kind": preset.kind,
        "tags": list(preset.tags),
        "engines": list(preset.embeddings),
        "quality": {
            engine: codec.to_dict(embedding.quality)
            for engine, embedding in preset.embeddings.items()
        },
        "bytes": motion.size,
        "shipped": motion.shipped,
        "folder": str(motion.place),
    }


def _wanted(preset: Preset, options: argparse.Namespace) -> bool:
    tags = {tag.casefold() for tag in preset.tags}
    text = " ".join([preset.name, preset.kind, *preset.tags, preset.author, preset.notes])
    return (
        options.kind in (None, preset.kind)
        and (options.engine is None or options.engine in preset.embeddings)
        and all(tag.casefold() in tags for tag in options.tag)
        and all(word in text.casefold() for word in options.search.casefold().split())
    )


def _row(motion: Found) -> tuple[str, ...]:
    preset = motion.preset
    measured = [e.quality.reconstruction for e in preset.embeddings.values()]
    quality = max((value for value in measured if value is not None), default=None)
    return (
        preset.name,
        preset.kind,
        " ".join(preset.embeddings),
        "" if quality is None else quality_text(quality),
        size_text(motion.size),
        ", ".join(preset.tags),
        preset.id[:_ID_DIGITS] + (" (shipped)" if motion.shipped else ""),
    )
