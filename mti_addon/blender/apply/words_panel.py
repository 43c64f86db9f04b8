"""The part of the Apply panel for motions applied from a text prompt."""

from __future__ import annotations

from typing import Any

from ...wire.motion_inversion import MAX_PROMPTS
from ...workflow.motions import KnownMotion
from ..common.drawing import button, field, paragraph
from ..translations import sentences
from .vocabulary import draw_known, draw_unknown
from .words import chosen_playing, chosen_state, early_states, words_problem


def draw_words(context: Any, layout: Any, motion: KnownMotion) -> None:
    """Draw the prompts, the view, and how closely the motion is followed."""
    props = context.scene.mti
    draw_prompts(context, layout, motion.settings.model)
    draw_known(context, layout, motion.settings.model, "mti_words_of_prompts")
    column = layout.column()
    field(context, column, props, "negative_prompt", above=True)
    field(context, column, props, "words_view")
    field(context, column, props, "words_strength", slider=True)
    field(context, column, props, "follow_layout", slider=True)
    _draw_states(context, layout, motion)


def draw_prompts(context: Any, layout: Any, model: str) -> None:
    """Draw a field for each prompt, to add and to remove some, what is wrong with them, and what
    the engine `model` does not know."""
    props, column = context.scene.mti, layout.column(align=True)
    field(context, column, props, "prompt", above=True)
    for number, each in enumerate(props.more_prompts):
        row = column.row(align=True)
        row.use_property_split = False
        row.prop(each, "text", text="")
        row.operator("mti.remove_prompt", text="", icon="X").number = number
    if len(props.more_prompts) < MAX_PROMPTS - 1:
        button(context, column, "mti.add_prompt", "Add Prompt", "ADD", short="Add")
    if problem := words_problem(props):
        paragraph(context, layout, sentences(problem), "INFO")
    playing = chosen_playing(props)
    texts = (*playing.prompts, playing.negative_prompt)
    draw_unknown(context, layout, model, texts)


def _draw_states(context: Any, layout: Any, motion: KnownMotion) -> None:
    """Draw the states of the motion, to step back to one; nothing if there is only one."""
    states = early_states(motion)
    if not states:
        return
    chosen, last = chosen_state(context.scene.mti, motion), motion.settings.iterations
    layout.label(text="Learned Until Iteration", translate=True)
    row = layout.row(align=True)
    for iterations in (*states, last):
        key = 0 if iterations == last else iterations
        back = row.operator(
            "mti.step_back", text=str(iterations), translate=False, depress=key == chosen
        )
        back.iterations, back.motion = key, motion.label
