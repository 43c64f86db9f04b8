"""The part "Learn" of the panel: how the captured motion is learned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..client.timings import memory_of, seconds_of
from ..wire import Settings
from . import addon, polling, this_file
from .drawing import button, field, paragraph
from .engines import chosen_settings, engine_state, guess
from .glance import is_file
from .job_rows import clock, draw_bar, draw_stop
from .operators_jobs import chosen_iterations, current_capture
from .translations import sentences, translated


def draw_learn(context: Any, layout: Any) -> None:
    """Name, engine, quality, what it will take, and what keeps the backend from starting."""
    props = context.scene.mti
    column = layout.column()
    field(context, column, props, "name")
    engine = addon.preferences().engine
    field(context, column, addon.preferences(), "engine")
    if engine != "draft":
        field(context, column, addon.preferences(), "size")
    state = engine_state(engine)
    if state.condition != "backend_missing":  # of which the box at the top tells
        paragraph(context, column, sentences(state.said), "CHECKMARK" if state.ready else "ERROR")
    draw_resolution(context, column, chosen_settings())
    column = layout.column()
    field(context, column, props, "quality")
    if props.quality == "CUSTOM":
        field(context, column, props, "iterations")
    field(context, column, props, "also_apply")
    header, body = layout.panel("mti_learn_options", default_closed=True)
    header.label(text="Options")
    if body:
        _draw_options(context, body)
    button(context, layout, "mti.learn", "Learn", "PLAY")
    text = estimate(planned_settings(props, chosen_settings()), props.also_apply)
    draw_status(context, layout, True, text)


def _draw_options(context: Any, layout: Any) -> None:
    """What is rarely changed."""
    props, column = context.scene.mti, layout.column()
    capture = current_capture(context.scene)
    varied = column.column()
    varied.enabled = capture is None or any(
        map(is_file, capture.poses_files)
    )  # only of keyed figures
    field(context, varied, props, "variations")
    field(context, column, props, "flip_safe")


def draw_resolution(context: Any, layout: Any, settings: Settings) -> None:
    """How little the draft is to be expected to show."""
    if settings.keeps_size:
        paragraph(context, layout, "Draft: moves the image's own pixels", "INFO")


def draw_status(context: Any, layout: Any, learns: bool, text: str) -> None:
    """Below the button that starts jobs: how far the running one is, else what the next one will
    take. One line in either case, so that nothing below it moves."""
    mine = [
        row
        for row in polling.jobs.rows[::-1]
        if row.active
        and row.request is not None
        and row.request.learns == learns
        and this_file.is_here(row.origin)
    ]
    if not mine:
        paragraph(context, layout, text, "TIME")
        return
    row = next((row for row in mine if row.at_work), mine[0])
    line = layout.row(align=True)
    draw_bar(context, line, row)
    draw_stop(line, row)


def planned_settings(props: Any, settings: Settings) -> Settings:
    """What the panel would ask for, as far as time and memory depend on it."""
    iterations = chosen_iterations(props, settings.model) or settings.inversion.iterations
    return replace(
        settings,
        inversion=replace(settings.inversion, iterations=iterations),
        sampling=replace(settings.sampling, takes=props.takes),
    )


def estimate(settings: Settings, applies: bool, learns: bool = True) -> str:
    """Such as '120 iterations, about 2:05, 1.3 GB', as the last job of this kind took.

    Before there was one, 'roughly 2:05', as the backend guesses; 'time not known yet' if it cannot.
    """
    costs, word = polling.timings().costs(settings), "about {}"
    seconds = seconds_of(costs, settings, learns, applies)
    if seconds is None:
        costs, word = {**guess(settings), **costs}, "roughly {}"
        seconds = seconds_of(costs, settings, learns, applies)
    memory = memory_of(costs, learns)
    parts = [translated("{} iterations", settings.inversion.iterations)] if learns else []
    if seconds is None:
        parts.append(translated("time not known yet"))
    else:
        parts.append(translated(word, clock(seconds)))
    if memory is not None:
        parts.append("{:.1f} GB".format(memory / 1024))
    return ", ".join(parts)
