"""The Learn panel: how to learn the captured motion."""

from __future__ import annotations

from typing import Any

from ...wire.settings import INCLUDED
from ...workflow.job_requests import knows_poses
from ...workflow.words import words_problem
from ..apply.vocabulary import draw_known, draw_unknown
from ..apply.words import plays_words
from ..apply.words_panel import draw_prompts
from ..common import addon
from ..common.drawing import button, field, paragraph
from ..common.file_cache import is_file
from ..queue.rows import draw_status
from ..setup.costs import draw_resolution, estimate
from ..setup.engines import EngineState, chosen_settings, engine_state
from ..setup.licenses import draw_licenses
from ..sketch.current import current_capture
from ..studio import place
from ..studio.drawing import draw_place
from ..translations import sentences, translated
from . import queueing
from .quality import planned_settings, uses_poses


def draw_learn(context: Any, layout: Any) -> None:
    """Draw the name, engine, quality, estimate, and what prevents the backend from starting."""
    props = context.scene.mti
    column = layout.column()
    field(context, column, props, "name")
    engine, prefs = addon.chosen_engine(), addon.preferences()
    by_words = prefs.method == "motion-inversion"
    field(context, column, prefs, "method", above=True)
    field(context, column, prefs, "words_engine" if by_words else "engine")
    if engine not in INCLUDED:
        field(context, column, prefs, "words_size" if by_words else "size")
    draw_place(context, column)
    state = engine_state(engine)
    if state.condition != "backend_missing":  # already shown in the box at the top
        paragraph(context, column, sentences(state.said), _icon(state))
    draw_licenses(context, column, engine)
    draw_resolution(context, column, chosen_settings())
    column = layout.column()
    if by_words:
        _draw_caption(context, column, engine)
        column = layout.column()
    capture, settings = current_capture(context.scene), chosen_settings()
    # videos have none
    has_poses = capture is not None and any(map(is_file, capture.poses_files))
    if knows_poses(settings):
        field(context, column, props, "from_poses")
    learned = column.column()
    learned.active = not uses_poses(props, settings, has_poses)
    field(context, learned, props, "quality")
    if props.quality == "CUSTOM":
        field(context, learned, props, "iterations")
    field(context, column, props, "also_apply")
    if by_words:
        if props.also_apply and not plays_words(context.scene):  # then they are drawn under Apply
            draw_prompts(context, layout, engine)
    else:
        header, body = layout.panel("mti_learn_options", default_closed=True)
        header.label(text="Options")
        if body:
            _draw_options(context, body)
    button(context, layout, "mti.learn", "Learn", "PLAY")
    text = estimate(planned_settings(props, settings, has_poses), props.also_apply)
    draw_status(context, layout, True, text)
    _draw_learned(context, layout)


def _draw_caption(context: Any, layout: Any, engine: str) -> None:
    """Draw what is seen in the capture, what is wrong with it, and what the engine knows."""
    props = context.scene.mti
    field(context, layout, props, "caption", above=True)
    if problem := words_problem(props.caption):
        paragraph(context, layout, sentences(problem), "ERROR")
    draw_unknown(context, layout, engine, (props.caption,))
    draw_known(context, layout, engine, "mti_words_of_caption")


def _icon(state: EngineState) -> str:
    """Return the icon of an engine's state; a studio that does not answer is no error."""
    if state.ready:
        return "CHECKMARK"
    return "INTERNET_OFFLINE" if place.at_studio() and not state.missing else "ERROR"


def _draw_learned(context: Any, layout: Any) -> None:
    """Draw a button to save what was learned last, and how many motions are still being queued.

    The button is always there, so that nothing moves when a job ends.
    """
    done, total = queueing.progress()
    if total:
        row = layout.row(align=True)
        text = translated("Queuing {} of {}", done, total)
        row.progress(factor=done / total, text=text, translate=False)
        row.operator("mti.stop_queueing", text="", icon="X")
    button(context, layout, "mti.save_to_library", "Save to Library", "ADD", short="Save")


def _draw_options(context: Any, layout: Any) -> None:
    """Draw rarely used options."""
    props, column = context.scene.mti, layout.column()
    capture = current_capture(context.scene)
    varied = column.column()
    # only what was drawn from poses
    varied.enabled = capture is None or any(map(is_file, capture.poses_files))
    field(context, varied, props, "variations")
    field(context, column, props, "flip_safe")
