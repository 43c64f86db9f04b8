"""The edit chosen in the panel: read, filled in again, and sketched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...wire.edit import AS_LEARNED, MotionEdit, MotionPart
from ...wire.problem import Problem
from ...workflow.edits import fitted_chain, unfitted_chain
from ...workflow.motions import KnownMotion
from ..translations import translated
from .current import current_motion, motion_labelled
from .edit_properties import NAMES


def chosen_edit(props: Any) -> MotionEdit:
    """Return the edit of the panel. In a chain, speeds count from showing a motion in full."""
    first = MotionPart(
        strength=props.edit_strength / 100,
        start=props.edit_start / 100,
        end=props.edit_end / 100,
        speed=props.edit_speed / 100,
        reverse=props.edit_reverse,
        after_end=props.edit_after_end,
    )
    mode = props.edit_combine
    if mode == "one":
        return MotionEdit(parts=(_rounded(first),))
    weight = (props.edit_influence if mode == "blend" else props.edit_share) / 100
    second = MotionPart(
        strength=props.edit_second_strength / 100,
        speed=props.edit_second_speed / 100,
        reverse=props.edit_second_reverse,
        weight=weight,
    )
    seam = _plain(props.edit_seam / 100) if mode == "chain" else AS_LEARNED.seam
    first = _rounded(first, weight=1 - weight)
    return MotionEdit(mode, seam, (first, _rounded(second, weight=weight)))


def _rounded(part: MotionPart, weight: float = 1.0) -> MotionPart:
    """Blender's numbers have 32 bits: 70 % would be 0.699999988."""
    numbers = (part.strength, part.start, part.end, part.speed)
    strength, start, end, speed = (_plain(number) for number in numbers)
    return MotionPart(strength, start, end, speed, part.reverse, part.after_end, _plain(weight))


def _plain(number: float) -> float:
    return round(number, 5)


def chosen_motions(scene: Any) -> list[KnownMotion]:
    """Return the motions of the panel's edit, one for each part; those that exist."""
    found = [current_motion(scene)]
    if scene.mti.edit_combine != "one":
        found.append(motion_labelled(scene.mti.edit_second))
    return [motion for motion in found if motion is not None]


def edit_problem(scene: Any) -> Problem | None:
    """Return why the second motion cannot be used, or None."""
    props = scene.mti
    if props.edit_combine == "one":
        return None
    if not props.edit_second:
        return Problem("no_second_motion", "Choose the second motion in Edit Motion")
    motions, count = chosen_motions(scene), 2
    if len(motions) == count - 1 and current_motion(scene) is not None:
        values = {"name": props.edit_second}
        return Problem("no_such_motion", "The motion {name} does not exist", values=values)
    if len(motions) == count and motions[0].settings.model != motions[1].settings.model:
        first, second = motions
        values = {"first": first.name, "second": second.name,
                  "engine": first.settings.model, "other": second.settings.model}  # fmt: skip
        what = "{first} was learned with {engine}, and {second} with {other}"
        return Problem("second_of_other_engine", what, values=values)
    return None


def is_edited(props: Any) -> bool:
    """Return whether anything differs from its default."""
    return any(props.is_property_set(name) and _differs(props, name) for name in NAMES)


def _differs(props: Any, name: str) -> bool:
    about = props.bl_rna.properties[name]
    return bool(getattr(props, name) != about.default)


def reset_edit(props: Any) -> None:
    """Set all of the edit to its defaults."""
    for name in NAMES:
        props.property_unset(name)


def fill_edit(props: Any, edit: MotionEdit, motions: Sequence[KnownMotion | None]) -> None:
    """Show an edit in the panel, as far as the panel can; `motions`: one for each of its parts.

    A motion that is an edit itself already has these numbers.
    """
    reset_edit(props)
    known = [motion for motion in motions if motion is not None]
    if any(motion.edit != AS_LEARNED for motion in known) or len(edit.parts) > 2:
        return
    edit = shown_edit(edit)
    first = edit.parts[0]
    # the end first: the start would push it
    props.edit_end, props.edit_start = 100 * first.end, 100 * first.start
    props.edit_strength, props.edit_speed = 100 * first.strength, 100 * first.speed
    props.edit_reverse, props.edit_after_end = first.reverse, first.after_end
    props.edit_combine = edit.mode
    if edit.mode == "one":
        return
    second = edit.parts[1]
    share = 100 * second.weight / (first.weight + second.weight)
    props.edit_influence = props.edit_share = share
    props.edit_seam = 100 * edit.seam
    props.edit_second_strength = 100 * second.strength
    props.edit_second_speed = 100 * second.speed
    props.edit_second_reverse = second.reverse
    if len(motions) > 1 and motions[1] is not None:
        props.edit_second = motions[1].label


def shown_edit(edit: MotionEdit) -> MotionEdit:
    """Return an edit of a request in the panel's numbers: a chain's speeds are relative."""
    return unfitted_chain(edit) if edit.mode == "chain" else edit


def edit_text(edit: MotionEdit, second: str = "") -> str:
    """Return an edit of the panel in a few words, translated; empty if nothing is changed."""
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
        words.append(translated("blended with {}", second) if second else translated("as a blend"))
    elif edit.mode == "chain":
        words.append(translated("then {}", second) if second else translated("in succession"))
    return ", ".join(words)


def chosen_text(scene: Any) -> str:
    """Return the panel's edit in a few words, translated; empty if nothing is changed."""
    label = scene.mti.edit_second
    return edit_text(chosen_edit(scene.mti), label.rpartition(" (")[0] or label or "?")


def sketchable(scene: Any) -> tuple[list[KnownMotion], MotionEdit] | None:
    """Return the panel's motions and edit, or None if they cannot be sketched. Reads no file."""
    if edit_problem(scene) is not None:
        return None
    motions, edit = chosen_motions(scene), chosen_edit(scene.mti)
    if edit.mode == "chain":
        edit = fitted_chain(edit)
    whole = len(motions) == len(edit.parts) and all(len(each.files) == 1 for each in motions)
    return (motions, edit) if whole else None
