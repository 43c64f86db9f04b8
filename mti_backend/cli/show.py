"""`show`: everything about one motion. Imports the standard library and wire only."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from mti_addon.wire import codec
from mti_addon.wire.edit import AS_LEARNED, MotionEdit, MotionPart
from mti_addon.wire.errors import EXIT_DONE
from mti_addon.wire.library import Embedding

from . import options as common
from .list_motions import about
from .motions import Found, find
from .options import Parser
from .output import printable, say, say_json, size_text
from .report import Report

NAME = "show"
HELP = "show all about a motion"
_ABOUT = """\
Show everything that is known about a motion.

MOTION is a name, an id or its first digits, the folder of a motion, or a .motion file, which is
checked without being imported.
"""
_EXAMPLES = """\
  python -m mti_backend show wave
  python -m mti_backend show downloaded.motion --json
"""
_NAMES = {"reconstruction": "quality", "motion_gain": "motion gain on another image"}


def add_options(parser: Parser) -> None:
    """Describe the command."""
    common.describe(parser, _ABOUT, _EXAMPLES)
    parser.add_argument("motion", metavar="MOTION", help="the motion to show")
    common.add_library(parser)
    common.add_json(parser, "one object")


def run(options: argparse.Namespace, report: Report) -> int:
    """Carry out the command; returns its exit code. Raises MtiError."""
    motion = find(options.motion, common.libraries(options))
    if options.json:
        say_json(_everything(motion))
        return EXIT_DONE
    say(printable(motion.preset.name))
    lines = [line for line in _lines(motion) if line[1]]
    width = max(len(name) for name, _ in lines)
    for name, text in lines:
        say(f"  {name.ljust(width)}  {printable(text)}")
    return EXIT_DONE


def _everything(motion: Found) -> dict[str, Any]:
    """What `list --json` says, and the rest of preset.json."""
    rest = codec.to_dict(motion.preset)
    return about(motion) | {name: value for name, value in rest.items() if name != "version"}


def _lines(motion: Found) -> Iterator[tuple[str, str]]:
    preset = motion.preset
    seconds = preset.num_frames / preset.fps
    yield "id", preset.id
    yield "kind", preset.kind
    yield "tags", ", ".join(preset.tags)
    yield "length", f"{preset.num_frames} frames, {seconds:.2g} s ({preset.fps:.3g} frames/s)"
    yield "author", preset.author
    yield "license", preset.license
    yield "created", preset.created
    for engine, embedding in preset.embeddings.items():
        yield engine, _learned(embedding)
    yield "learned", "" if preset.embeddings else "on no engine"
    if preset.edit != AS_LEARNED:
        yield "edit", _edited(preset.edit)
    yield "made of", ", ".join(preset.parents)
    yield "poses", "yes" if preset.has_poses else "no"
    yield "images", str(len(preset.references)) if preset.references else "no"
    yield "notes", preset.notes
    yield "size", size_text(motion.size)
    yield "shipped", "yes" if motion.shipped else ""
    yield "place", str(motion.place)


def _edited(edit: MotionEdit) -> str:
    """Such as 'blend of 2 motions: weight 0.7; weight 0.3, reverse True'."""
    count = len(edit.parts)
    what = "" if edit.mode == "one" else f"{edit.mode} of {count} motions: "
    return what + "; ".join(_changes(part) or "as learned" for part in edit.parts)


def _changes(part: MotionPart) -> str:
    changed = codec.to_dict(part).items() - codec.to_dict(MotionPart()).items()
    return ", ".join(f"{name} {value}" for name, value in sorted(changed))


def _learned(embedding: Embedding) -> str:
    """Such as 'quality 0.43, loss 0.02, 60 iterations'."""
    measured = {
        _NAMES.get(name, name.replace("_", " ")): value
        for name, value in codec.to_dict(embedding.quality).items()
        if value is not None
    }
    parts = [f"{name} {round(value, 3) + 0.0:.3g}" for name, value in measured.items()]
    settings = embedding.settings
    parts.append(f"{settings.iterations} iterations")
    if words := settings.motion_inversion:
        parts.append(f"{settings.num_frames} frames of {settings.width} x {settings.height} px")
        parts += [f"caption {words.caption!r}"] if words.caption else []
    return ", ".join(parts)
