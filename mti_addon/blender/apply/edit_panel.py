"""The sub-panel *Edit Motion*: how the chosen motion is changed when it is applied."""

from __future__ import annotations

from typing import Any

from ..common.drawing import beginning, button, field, is_narrow, own_words, paragraph
from ..translations import sentences, translated
from . import edit_playing
from .edit import chosen_text, name_in, part_problem, shares_problem
from .edit_parts import PanelPart, first_part, full_problem, further_parts

PICTURE = 6.0
"""Side of the moving sketch, in UNITs."""
BUTTONS = 3
"""At the right of a chained motion's header, or below it in a narrow sidebar."""


def draw_edit(context: Any, layout: Any) -> None:
    """Draw the settings of the edit, or in a few words what is changed if they are closed."""
    props = context.scene.mti
    header, body = layout.panel("mti_edit_motion", default_closed=True)
    header.label(text="Edit Motion")
    if body is None:
        if text := chosen_text(context.scene):
            own_words(context, layout, text, "MODIFIER")
        return
    _draw_changes(context, body, first_part(props))
    _draw_others(context, body)
    if icon := edit_playing.icon(context):
        body.template_icon(icon_value=icon, scale=PICTURE)
    button(context, body, "mti.save_edit", "Save Edit as Motion", "ADD", short="Save Edit")
    button(context, body, "mti.reset_edit", "Reset", "LOOP_BACK")


def _draw_changes(context: Any, body: Any, part: PanelPart) -> None:
    """Draw how one motion is changed."""
    column = body.column()
    field(context, column, part.data, part.names["strength"], slider=True)
    field(context, column, part.data, part.names["speed"], slider=True)
    field(context, column, part.data, part.names["reverse"])
    trim = body.column(align=True)
    field(context, trim, part.data, part.names["start"], slider=True)
    field(context, trim, part.data, part.names["end"], slider=True)
    field(context, body, part.data, part.names["after_end"])


def _draw_others(context: Any, body: Any) -> None:
    """Draw the motions that are combined with the first, and how."""
    props, column = context.scene.mti, body.column()
    field(context, column, props, "edit_combine")
    if props.edit_combine == "blend":
        field(context, column, props, "edit_influence", slider=True)
        (second,) = further_parts(props)
        _draw_motion(context, body, second, 0)
        _draw_changes(context, body, second)
    elif props.edit_combine == "chain":
        field(context, column, props, "edit_seam", slider=True)
        if problem := shares_problem(props):
            paragraph(context, column, sentences(problem), "ERROR")
        parts = further_parts(props)
        for place, part in enumerate(parts):
            _draw_chained(context, body, part, place, place == len(parts) - 1)
        button(context, body, "mti.add_to_chain", "Add Motion", "ADD", short="Add")
        if problem := full_problem(props):
            paragraph(context, body, sentences(problem), "INFO")


def _draw_chained(context: Any, body: Any, part: PanelPart, place: int, is_last: bool) -> None:
    """Draw a motion of a chain, 0 being the second one, in a sub-panel of its own."""
    number, label = str(place + 2), part.get("motion")
    header, inner = body.panel("mti_chain_" + number, default_closed=False)
    text = number + ". " + (name_in(label) if label else translated("Choose a Motion"))
    narrow = is_narrow(context)
    header.label(text=beginning(context, text, 1 if narrow else 1 + BUTTONS), translate=False)
    if inner is not None or not narrow:
        _draw_order((inner if narrow else header).row(align=True), place, is_last)
    if inner is None:
        return
    column = inner.column()
    _draw_motion(context, column, part, place)
    field(context, column, part.data, part.names["share"], slider=True)
    _draw_changes(context, inner, part)


def _draw_order(row: Any, place: int, is_last: bool) -> None:
    """Draw the buttons that move a motion of a chain, or leave it out."""
    for step, icon in ((-1, "TRIA_UP"), (1, "TRIA_DOWN")):
        one = row.row(align=True)
        one.enabled = not is_last if step > 0 else place > 0
        move = one.operator("mti.move_in_chain", text="", icon=icon)
        move.number, move.step = place + 2, step
    row.operator("mti.remove_from_chain", text="", icon="X").number = place + 2


def _draw_motion(context: Any, layout: Any, part: PanelPart, place: int) -> None:
    """Draw which motion it is, and why it cannot be used."""
    field(context, layout, part.data, part.names["motion"], icon="ACTION")
    if problem := part_problem(context.scene, place):
        paragraph(context, layout, sentences(problem), "ERROR")
