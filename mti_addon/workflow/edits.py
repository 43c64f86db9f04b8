"""Motions and an edit as one thing to apply. Imports no bpy.

A motion of the library may be an edit itself: it has a file for each of its parts, and the numbers
by which they are changed. Further changes are merged with these, so that an edit never depends on
how it was arrived at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..wire import CaptureInfo, MtiError
from ..wire.contents import read_inside
from ..wire.edit import MAX_PARTS, MotionEdit, MotionPart
from ..wire.edit_timing import chain_windows
from ..wire.errors import BadRequest
from ..wire.library.tensors import check_tokens
from ..wire.problem import Problem
from .motions import KnownMotion

LONGEST_NAME = 64
_ALONE = MotionPart()
_SLOWEST, _FASTEST, _STRONGEST, _SHORTEST = 0.1, 10.0, 1.5, 1e-4


@dataclass(frozen=True)
class Combination:
    """What a job applies."""

    name: str
    files: tuple[Path, ...]
    """One for each part of the edit."""
    edit: MotionEdit
    capture: CaptureInfo
    """How long the clip is: the first motion's, or of a chain all motions' together."""
    parents: tuple[str, ...] = ()
    """ID of each part's motion in the library; empty for one that is not in it."""


def combined(motions: Sequence[KnownMotion], edit: MotionEdit) -> Combination:
    """Return the edit of motions, one for each of its parts, with the motions' own edits merged.

    In a chain, the speeds of `edit` count from showing each motion in full in its share. Raises
    BadRequest for motions of two models, or an edit that cannot be merged.
    """
    first = motions[0]
    for other in motions[1:]:
        _check_same_model(first, other)
    merged = _merged_alone(first, edit) if len(motions) == 1 else _merged_parts(motions, edit)
    files = tuple(file for motion in motions for file in motion.files)
    if len(files) > MAX_PARTS:
        what = "{name} would consist of {count} motions, and at most {most} can be combined."
        values = {"name": first.name, "count": len(files), "most": MAX_PARTS}
        raise BadRequest(Problem("too_many_motions", what, "Choose fewer.", values))
    capture = first.capture
    if merged.mode == "chain" and len(motions) > 1:
        capture = _as_long_as_all(motions, merged)
        merged = fitted_chain(merged)
    merged.check()
    name = " + ".join(dict.fromkeys(motion.name for motion in motions))[:LONGEST_NAME].strip()
    return Combination(name, files, merged, capture, parents_of(motions))


def parents_of(motions: Sequence[KnownMotion]) -> tuple[str, ...]:
    """Return the ID of each part's motion; empty for one that is not in the library."""
    return tuple(each for motion in motions for each in motion.parents or (motion.id,))


def fitted_chain(edit: MotionEdit) -> MotionEdit:
    """Return a chain whose speeds count from showing each motion in full: 1 ends with its share."""
    return replace(edit, parts=_with_speeds(edit, 1))


def unfitted_chain(edit: MotionEdit) -> MotionEdit:
    """Return the reverse of `fitted_chain`."""
    return replace(edit, parts=_with_speeds(edit, -1))


def _with_speeds(edit: MotionEdit, sign: int) -> tuple[MotionPart, ...]:
    parts = []
    for part, (start, end) in zip(edit.parts, chain_windows(edit), strict=True):
        whole = (part.end - part.start) / (end - start)
        speed = part.speed * whole**sign
        parts.append(replace(part, speed=min(max(speed, _SLOWEST), _FASTEST)))
    return tuple(parts)


def _check_same_model(first: KnownMotion, other: KnownMotion) -> None:
    if first.settings.model != other.settings.model:
        what = "{first} was learned with {engine}, and {second} with {other}."
        hint = "Choose two motions of one engine."
        values = {"first": first.name, "second": other.name,
                  "engine": first.settings.model, "other": other.settings.model}  # fmt: skip
        raise BadRequest(Problem("motions_of_two_engines", what, hint, values))


def _merged_alone(motion: KnownMotion, edit: MotionEdit) -> MotionEdit:
    """Return one motion's own edit, changed further."""
    own, more = motion.edit, edit.parts[0]
    if own.mode == "one":
        return replace(edit, parts=(_merged(own.parts[0], more),))
    if replace(more, strength=1.0, weight=1.0) != _ALONE:
        what = "{name} consists of several motions, and only its strength can be changed."
        hint = "Set everything but Strength to its default, or edit the motions it was made of."
        raise BadRequest(Problem("edit_of_combination", what, hint, {"name": motion.name}))
    strong = (min(part.strength * more.strength, _STRONGEST) for part in own.parts)
    parts = zip(own.parts, strong, strict=True)
    return replace(own, parts=tuple(replace(part, strength=value) for part, value in parts))


def _merged_parts(motions: Sequence[KnownMotion], edit: MotionEdit) -> MotionEdit:
    """Return the edit of several motions, each of which may be an edit of one motion."""
    for motion in motions:
        if motion.edit.mode != "one":
            what = "{name} consists of several motions already."
            hint = "Combine the motions that it was made of."
            raise BadRequest(
                Problem("combination_of_combination", what, hint, {"name": motion.name})
            )
    pairs = zip(motions, edit.parts, strict=True)
    parts = tuple(_merged(motion.edit.parts[0], more) for motion, more in pairs)
    return replace(edit, parts=parts)


def _merged(own: MotionPart, more: MotionPart) -> MotionPart:
    """Return one part with the changes of another: what `more` counts in, `own` shows."""
    length = own.end - own.start
    low, high = more.start, more.end
    if own.reverse:
        low, high = 1 - high, 1 - low
    start = own.start + low * length
    return MotionPart(
        strength=min(own.strength * more.strength, _STRONGEST),
        start=start,
        end=min(1.0, max(own.start + high * length, start + _SHORTEST)),
        speed=min(max(own.speed * more.speed, _SLOWEST), _FASTEST),
        reverse=own.reverse != more.reverse,
        after_end=own.after_end if more.after_end == _ALONE.after_end else more.after_end,
        weight=more.weight,
    )


def _as_long_as_all(motions: Sequence[KnownMotion], edit: MotionEdit) -> CaptureInfo:
    """Return the first motion's capture, made as long as what a chain shows of each motion."""
    first = motions[0].capture
    seconds = sum(
        motion.capture.seconds * (part.end - part.start) / part.speed
        for motion, part in zip(motions, edit.parts, strict=True)
    )
    frames = max(2, round(seconds * first.fps))
    return replace(first, frame_end=first.frame_start + frames - 1)


def names_in(files: Sequence[Path]) -> list[str]:
    """Return the names of the motions in these files; [] if one of them cannot be read."""
    try:
        return [check_tokens(read_inside(file.parent, file.name), file.name).meta.get("name", "")
                for file in files]  # fmt: skip
    except MtiError:
        return []
