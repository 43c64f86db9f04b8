"""The sub-panel *Edit Motion*: how the chosen motion is changed when it is applied."""

from __future__ import annotations

from typing import Any

from ..common.drawing import button, field, own_words, paragraph
from ..translations import sentences
from . import edit_playing
from .edit import chosen_text, edit_problem

PICTURE = 6.0
"""Side of the moving sketch, in UNITs."""


def draw_edit(context: Any, layout: Any) -> None:
    """Draw the settings of the edit, or in a few words what is changed if they are closed."""
    props = context.scene.mti
    header, body = layout.panel("mti_edit_motion", default_closed=True)
    header.label(text="Edit Motion")
    if body is None:
        if text := chosen_text(context.scene):
            own_words(context, layout, text, "MODIFIER")
        return
    column = body.column()
    field(context, column, props, "edit_strength", slider=True)
    field(context, column, props, "edit_speed", slider=True)
    field(context, column, props, "edit_reverse")
    trim = body.column(align=True)
    field(context, trim, props, "edit_start", slider=True)
    field(context, trim, props, "edit_end", slider=True)
    field(context, body, props, "edit_after_end")
    _draw_second(context, body)
    if icon := edit_playing.icon(context):
        body.template_icon(icon_value=icon, scale=PICTURE)
    button(context, body, "mti.save_edit", "Save Edit as Motion", "ADD", short="Save Edit")
    button(context, body, "mti.reset_edit", "Reset", "LOOP_BACK")


def _draw_second(context: Any, body: Any) -> None:
    """Draw the second motion and how it is combined with the first."""
    props = context.scene.mti
    column = body.column()
    field(context, column, props, "edit_combine")
    if props.edit_combine == "one":
        return
    if props.edit_combine == "blend":
        field(context, column, props, "edit_influence", slider=True)
    else:
        field(context, column, props, "edit_share", slider=True)
        field(context, column, props, "edit_seam", slider=True)
    second = body.column()
    field(context, second, props, "edit_second", icon="ACTION")
    if problem := edit_problem(context.scene):
        paragraph(context, second, sentences(problem), "ERROR")
    field(context, second, props, "edit_second_strength", slider=True)
    field(context, second, props, "edit_second_speed", slider=True)
    field(context, second, props, "edit_second_reverse")
