"""The edit chosen in the panel: read, filled in again, and sketched."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from ...wire.edit import AS_LEARNED, MotionEdit
from ...wire.problem import Problem
from ...workflow.edits import fitted_chain, unfitted_chain
from ...workflow.motions import KnownMotion
from ..translations import translated
from .current import current_motion, motion_labelled
from .edit_parts import first_part, further_parts, plain
from .edit_properties import NAMES

_LEAST = 1.0
"""Smallest share of the first motion in a chain, in percent."""


def chosen_edit(props: Any) -> MotionEdit:
    """Return the edit of the panel. In a chain, speeds count from showing a motion in full."""
    first, further, mode = first_part(props), further_parts(props), props.edit_combine
    if mode == "blend":
        weights = [plain(props.edit_influence)]
    else:
        weights = [plain(each.get("share")) for each in further]
    left = round(max(1 - sum(weights), plain(_LEAST)), 5)
    parts = [each.read(weight) for each, weight in zip(further, weights, strict=True)]
    seam = plain(props.edit_seam) if mode == "chain" else AS_LEARNED.seam
    return MotionEdit(mode, seam, (first.read(left), *parts))


def chosen_motions(scene: Any) -> list[KnownMotion]:
    """Return the motions of the panel's edit, one for each part; those that exist."""
    labels = [each.get("motion") for each in further_parts(scene.mti)]
    found = [current_motion(scene), *map(motion_labelled, labels)]
    return [motion for motion in found if motion is not None]


def edit_problem(scene: Any) -> Problem | None:
    """Return why the motions after the first cannot be used, or None."""
    parts = further_parts(scene.mti)
    found = (part_problem(scene, place) for place in range(len(parts)))
    return next((problem for problem in found if problem), None) or shares_problem(scene.mti)


def part_problem(scene: Any, place: int) -> Problem | None:
    """Return why a motion after the first cannot be used, 0 being the second one; or None."""
    label = further_parts(scene.mti)[place].get("motion")
    if not label and place == 0:
        return Problem("no_second_motion", "Choose the second motion in Edit Motion")
    if not label:
        what = "Choose motion {number} in Edit Motion"
        return Problem("no_further_motion", what, values={"number": place + 2})
    first, other = current_motion(scene), motion_labelled(label)
    if other is None:
        what = "The motion {name} does not exist"
        return Problem("no_such_motion", what, values={"name": label})
    if first is not None and first.settings.model != other.settings.model:
        return _other_engine(first, other)
    return None


def _other_engine(first: KnownMotion, other: KnownMotion) -> Problem:
    what = "{first} was learned with {engine}, and {second} with {other}"
    values = {"first": first.name, "second": other.name,
              "engine": first.settings.model, "other": other.settings.model}  # fmt: skip
    return Problem("second_of_other_engine", what, values=values)


def shares_problem(props: Any) -> Problem | None:
    """Return that the motions after the first leave nothing of a chain to it, or None."""
    total = sum(each.get("share") for each in further_parts(props))
    if props.edit_combine != "chain" or total <= 100 - _LEAST + 1e-3:
        return None
    what = "The first motion has no share: the shares of the others add up to {total} %, lower one"
    return Problem("shares_full", what, values={"total": round(total)})


def is_edited(props: Any) -> bool:
    """Return whether anything differs from its default."""
    changed = any(props.is_property_set(name) and _differs(props, name) for name in NAMES)
    return changed or len(props.edit_further) > 0


def _differs(props: Any, name: str) -> bool:
    about = props.bl_rna.properties[name]
    return bool(getattr(props, name) != about.default)


def reset_edit(props: Any) -> None:
    """Set all of the edit to its defaults."""
    for name in NAMES:
        props.property_unset(name)
    props.edit_further.clear()


def fill_edit(props: Any, edit: MotionEdit, motions: Sequence[KnownMotion | None]) -> None:
    """Show an edit in the panel, as far as the panel can; `motions`: one for each of its parts.

    A motion that is an edit itself already has these numbers.
    """
    reset_edit(props)
    known = [motion for motion in motions if motion is not None]
    too_many = edit.mode == "blend" and len(edit.parts) > 2
    if too_many or any(motion.edit != AS_LEARNED for motion in known):
        return
    edit = shown_edit(edit)
    first_part(props).show(edit.parts[0])
    props.edit_combine = edit.mode
    if edit.mode == "one":
        return
    props.edit_seam = 100 * edit.seam
    for _ in edit.parts[2:]:
        props.edit_further.add()
    total = sum(part.weight for part in edit.parts)
    further = zip_longest(further_parts(props), edit.parts[1:], motions[1 : len(edit.parts)])
    for place, part, motion in further:
        place.show(part)
        place.set("share", 100 * part.weight / total)
        place.set("motion", motion.label if motion is not None else "")
    props.edit_influence = props.edit_share


def shown_edit(edit: MotionEdit) -> MotionEdit:
    """Return an edit of a request in the panel's numbers: a chain's speeds are relative."""
    return unfitted_chain(edit) if edit.mode == "chain" else edit


def edit_text(edit: MotionEdit, others: Sequence[str] = ()) -> str:
    """Return an edit of the panel in a few words, translated; empty if nothing is changed.

    `others`: names of the motions after the first, if they are known.
    """
    part, words = edit.parts[0], []
    if round(part.strength, 2) != 1:
        words.append(translated("strength {:.0%}", part.strength))
    if round(part.speed, 2) != 1:
        words.append(translated("speed {:.0%}", part.speed))
    if part.reverse:
        words.append(translated("in reverse"))
    if (round(part.start, 2), round(part.end, 2)) != (0, 1):
        words.append(translated("{:.0%} to {:.0%}", part.start, part.end))
    if edit.mode == "blend":
        known = [translated("blended with {}", name) for name in others]
        words += known or [translated("as a blend")]
    elif edit.mode == "chain":
        words += [translated("then {}", name) for name in others] or [translated("in succession")]
    return ", ".join(words)


def chosen_text(scene: Any) -> str:
    """Return the panel's edit in a few words, translated; empty if nothing is changed."""
    labels = [each.get("motion") for each in further_parts(scene.mti)]
    return edit_text(chosen_edit(scene.mti), [name_in(label) or "?" for label in labels])


def name_in(label: str) -> str:
    """Return the name of the motion with this label."""
    return label.rpartition(" (")[0] or label


def sketchable(scene: Any) -> tuple[list[KnownMotion], MotionEdit] | None:
    """Return the panel's motions and edit, or None if they cannot be sketched. Reads no file."""
    if edit_problem(scene) is not None:
        return None
    motions, edit = chosen_motions(scene), chosen_edit(scene.mti)
    if edit.mode == "chain":
        edit = fitted_chain(edit)
    whole = len(motions) == len(edit.parts) and all(len(each.files) == 1 for each in motions)
    return (motions, edit) if whole else None
