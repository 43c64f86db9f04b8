"""The part "Learn" of the panel: how the captured motion is learned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..client.timings import memory_of, seconds_of
from ..wire import Settings
from . import addon, polling
from .drawing import field, paragraph
from .engines import chosen_settings, engine_state, guess
from .glance import is_file
from .operators_jobs import chosen_iterations, current_capture
from .translations import translated


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
    if state.condition != "backend_missing":  # of which the button below tells
        paragraph(context, column, state.sentence, "CHECKMARK" if state.ready else "ERROR")
    column = layout.column()
    field(context, column, props, "quality")
    if props.quality == "CUSTOM":
        field(context, column, props, "iterations")
    capture = current_capture(context.scene)
    if capture is None or is_file(capture.take_file):
        field(context, column, props, "variations")
    else:
        column.label(text="Variations: only of keyed figures")
    field(context, column, props, "flip_safe")
    field(context, column, props, "also_apply")
    text = estimate(planned_settings(props, chosen_settings()), props.also_apply)
    paragraph(context, layout, text, "TIME")
    layout.operator("mti.learn", icon="PLAY")
    if state.missing:
        if state.condition == "backend_missing":
            paragraph(context, layout, state.sentence, "ERROR")
        layout.operator("preferences.addon_show", text="Preferences").module = addon.ADDON_ID


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
    parts = [translated("{} iterations").format(settings.inversion.iterations)] if learns else []
    if seconds is None:
        parts.append(translated("time not known yet"))
    else:
        parts.append(translated(word).format(clock(seconds)))
    if memory is not None:
        parts.append("{:.1f} GB".format(memory / 1024))
    return ", ".join(parts)


def clock(seconds: float) -> str:
    """Such as 1:05 or 2:01:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
