"""Play a motion in words again, from the recipe of a result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...wire import JobFolder
from ...workflow.motions import KnownMotion
from ...workflow.provenance import Recipe
from ...workflow.words import create_words_job_again, played, playing_of
from ..apply.words import fill_words
from ..common import addon


def create_job_again(recipe: Recipe, files: tuple[Path, ...], seed: int, takes: int) -> JobFolder:
    """Write a job that plays the recipe's prompts again. Raises the same as `create_words_job`."""
    playing = playing_of(recipe.settings)
    settings = played(recipe.settings, playing, seed, takes)
    return create_words_job_again(addon.jobs_folder(), recipe.name, settings, files, recipe.capture)


def fill_panel_again(
    scene: Any, recipe: Recipe, motion: KnownMotion | None, seed: int, takes: int
) -> None:
    """Restore the panel to how it was when the result was made, as far as things still exist."""
    props = scene.mti
    props.seed, props.takes = seed, takes
    if motion is not None:
        props.motion = motion.label
    fill_words(props, playing_of(recipe.settings))


def prompts_text(recipe: Recipe) -> str:
    """Return the prompts of a recipe, to be shown."""
    return "; ".join(recipe.settings.words.prompts)
