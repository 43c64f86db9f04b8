"""Options that change or combine motions. Imports the standard library and wire only."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

from mti_addon.wire.edit import MAX_PARTS, AfterEnd, MotionEdit, MotionPart
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem

from .motions import Found
from .options import Parser, number, numbers

_LISTS = {
    "strength": "amplitude, 0 to 1.5; 1 is as learned",
    "speed": "0.1 to 10; 2 is twice as fast",
    "start": "where in the motion to begin, 0 to 1",
    "end": "where in the motion to end, 0 to 1",
}
_OF_EACH = "; of several motions, one number for all, or one for each, such as 1,0.5"


def add_edit_options(parser: Parser) -> None:
    """Add the options that `edit_of` reads."""
    group = parser.add_argument_group("changing the motion, which stays as it was learned")
    for name, text in _LISTS.items():
        kind = numbers(MotionPart, name)
        group.add_argument(f"--{name}", type=kind, metavar="NUMBER", help=text + _OF_EACH)
    group.add_argument("--reverse", action="store_true", help="from the end to the start")
    group.add_argument(
        "--after-end",
        choices=get_args(AfterEnd),
        help="what is shown after the end of a faster or shorter motion (default: hold)",
    )
    others = group.add_mutually_exclusive_group()
    most = MAX_PARTS - 1
    others.add_argument(
        "--blend", action="append", metavar="MOTION", help=f"blend with it (up to {most} times)"
    )
    others.add_argument(
        "--then", action="append", metavar="MOTION", help=f"continue with it (up to {most} times)"
    )
    group.add_argument(
        "--weight",
        type=numbers(MotionPart, "weight"),
        metavar="NUMBERS",
        help="influence of each motion in a blend, or its share of the frames in a chain, such as "
        "0.7,0.3 (default: equal)",
    )
    group.add_argument(
        "--seam",
        type=number(MotionEdit, "seam"),
        metavar="NUMBER",
        help="in a chain, the share of the frames in which one motion becomes the next, 0 to 1 "
        f"(default: {MotionEdit().seam})",
    )


def edit_of(options: argparse.Namespace, motions: Sequence[Found]) -> MotionEdit:
    """The edit that the options describe of these motions, MOTION itself first.

    Raises BadRequest for what cannot be carried out."""
    combined = [motion for motion in motions if len(motion.preset.edit.parts) > 1]
    if combined:
        names = (*_LISTS, "reverse", "after_end", "weight", "seam")
        if len(motions) > 1 or any(_given(options, name) for name in names):
            raise _already_combined(combined[0])
        return combined[0].preset.edit
    if len(motions) > MAX_PARTS:
        what = "At most {most} motions can be combined."
        raise BadRequest(Problem("too_many_motions_given", what, "", {"most": MAX_PARTS}))
    parts = tuple(_part(options, motions, index) for index in range(len(motions)))
    for part in parts:
        if part.end <= part.start:
            what = "The motion's end, {end}, must be after its start, {start}."
            values = {"end": part.end, "start": part.start}
            raise BadRequest(Problem("part_empty", what, "Change --start or --end.", values))
    if len(motions) == 1:
        return MotionEdit(parts=parts)
    if options.blend:
        return MotionEdit(mode="blend", parts=parts)
    seam = MotionEdit().seam if options.seam is None else options.seam
    return MotionEdit(mode="chain", seam=seam, parts=parts)


def _given(options: argparse.Namespace, name: str) -> bool:
    value = getattr(options, name)
    return value is not None and value is not False


def _part(options: argparse.Namespace, motions: Sequence[Found], index: int) -> MotionPart:
    """A motion's own part of the edit; what the options say replaces what its folder says."""
    part, count = motions[index].preset.edit.parts[0], len(motions)
    for name in (*_LISTS, "weight"):
        values: tuple[float, ...] | None = getattr(options, name)
        if values is None:
            continue
        if len(values) not in (1, count):
            what = "--{option} has {given} numbers, but there are {count} motions."
            hint = "Give one number, or one for each motion, separated by commas."
            info = {"option": name, "given": len(values), "count": count}
            raise BadRequest(Problem("option_numbers_differ", what, hint, info))
        changed: dict[str, Any] = {name: values[index % len(values)]}
        part = replace(part, **changed)
    if options.reverse:
        part = replace(part, reverse=not part.reverse)
    return replace(part, after_end=options.after_end) if options.after_end else part


def _already_combined(motion: Found) -> BadRequest:
    what = "{name} is made of {count} motions, which cannot be changed here."
    hint = "Apply it as it is, or combine its motions again."
    values = {"name": motion.preset.name, "count": len(motion.preset.edit.parts)}
    return BadRequest(Problem("motion_already_combined", what, hint, values))
