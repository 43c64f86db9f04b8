"""How long to learn a motion: the chosen quality as a number of iterations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...wire import Settings
from ...workflow.job_requests import knows_poses
from ...workflow.words import is_by_words, learned, played
from ..apply.words import chosen_playing

QUALITIES = {"FAST": 1 / 3, "BALANCED": 1.0, "BEST": 2.5}
"""Factors on the recommended iterations of a model."""


def chosen_iterations(props: Any, model: str) -> int:
    """Return the number of iterations of the chosen quality for a model; 0: as recommended."""
    if props.quality == "CUSTOM":
        return int(props.iterations)
    recommended = Settings.for_model(model).iterations
    share = QUALITIES[props.quality]
    return 0 if share == 1 else max(1, round(recommended * share))


def uses_poses(props: Any, settings: Settings, has_poses: bool) -> bool:
    """Return whether the panel would have a motion computed from its poses (`LearnOptions`)."""
    return bool(props.from_poses and has_poses and knows_poses(settings))


def planned_settings(props: Any, settings: Settings, has_poses: bool = False) -> Settings:
    """Return the settings the panel would request, as far as time and memory depend on them.

    `has_poses`: whether what is learned was captured with its poses.
    """
    if is_by_words(settings):
        return _planned_words(props, settings)
    inversion = settings.inversion
    if uses_poses(props, settings, has_poses):
        inversion = replace(inversion, token_init="poses")
    iterations = chosen_iterations(props, settings.model) or inversion.iterations
    return replace(
        settings,
        inversion=replace(inversion, iterations=iterations),
        sampling=replace(settings.sampling, takes=props.takes),
    )


def _planned_words(props: Any, settings: Settings) -> Settings:
    """Return the same for an engine that is told in words what to show."""
    iterations = chosen_iterations(props, settings.model)
    settings = learned(settings, "", "object", iterations, props.seed)
    return played(settings, chosen_playing(props), props.seed, props.takes)
