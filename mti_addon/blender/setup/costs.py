"""Estimate a job's time and memory before it is started."""

from __future__ import annotations

from typing import Any

from ...client.jobs.timings import memory_of, seconds_of
from ...wire import Settings
from ...wire.durations import clock
from ..common.drawing import paragraph
from ..queue import polling
from ..studio import place
from ..translations import translated
from .engines import guess


def estimate(settings: Settings, applies: bool, learns: bool = True) -> str:
    """Return text such as '120 iterations, about 2:05, 1.3 GB', based on the last similar job.

    Without one, 'roughly 2:05', the backend's estimate; or 'time not known yet'.
    """
    if place.at_studio():
        return _at_studio(settings, applies, learns)
    costs, word = polling.timings().costs(settings), "about {}"
    seconds = seconds_of(costs, settings, learns, applies)
    if seconds is None:
        costs, word = {**guess(settings), **costs}, "roughly {}"
        seconds = seconds_for(settings, learns, applies)
    memory = memory_of(costs, learns)
    parts = [_how(settings)] if learns else []
    if seconds is None:
        parts.append(translated("time not known yet"))
    else:
        parts.append(translated(word, clock(seconds)))
    if memory is not None:
        parts.append("{:.1f} GB".format(memory / 1024))
    return ", ".join(parts)


def _at_studio(settings: Settings, applies: bool, learns: bool) -> str:
    """Return the same for the studio, by what its last jobs took."""
    seconds = place.seconds(settings.model, learns, applies)
    parts = [_how(settings)] if learns else []
    if seconds is None:
        parts.append(translated("time not known yet"))
    else:
        parts.append(translated("about {}", clock(seconds)))
    return ", ".join(parts)


def _how(settings: Settings) -> str:
    """Return how a motion is learned."""
    if settings.motion_inversion is None and settings.inversion.token_init == "poses":
        return translated("from the poses")
    return translated("{} iterations", settings.iterations)


def seconds_for(settings: Settings, learns: bool, applies: bool) -> float | None:
    """Return the duration of such a job: of the last one, or as the backend estimates; or None."""
    costs = polling.timings().costs(settings)
    seconds = seconds_of(costs, settings, learns, applies)
    return seconds or seconds_of({**guess(settings), **costs}, settings, learns, applies)


def draw_resolution(context: Any, layout: Any, settings: Settings) -> None:
    """Draw a note on how limited the draft model is."""
    if settings.keeps_size:
        paragraph(context, layout, "Draft: moves the image's own pixels", "INFO")
