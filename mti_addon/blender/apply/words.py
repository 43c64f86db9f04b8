"""What the panel says about a motion applied from a text prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...wire.problem import Problem
from ...workflow.job_list import Row
from ...workflow.motions import KnownMotion, early_motions
from ...workflow.words import Playing, is_by_words, prompts_problem
from ..common.file_cache import is_file
from ..queue import polling
from .current import current_motion


def chosen_playing(props: Any) -> Playing:
    """Return the prompts of the panel, and how they are played."""
    return Playing(
        prompts=(props.prompt, *(each.text for each in props.more_prompts)),
        negative_prompt=props.negative_prompt,
        view=props.words_view,
        # Blender's numbers have 32 bits: 70 % would be 0.699999988
        strength=round(props.words_strength / 100, 5),
        noise_prior=round(props.follow_layout / 100, 5),
    )


def words_problem(props: Any) -> Problem | None:
    """Return why the panel's prompts cannot be sent, or None."""
    return prompts_problem(chosen_playing(props))


def plays_words(scene: Any) -> bool:
    """Return whether the current motion is applied from a text prompt, without a target."""
    motion = current_motion(scene)
    return motion is not None and is_by_words(motion.settings)


def fill_words(props: Any, playing: Playing) -> None:
    """Show in the panel how a result was played."""
    first, *others = playing.prompts or ("",)
    props.prompt = first
    props.more_prompts.clear()
    for text in others:
        props.more_prompts.add().text = text
    props.negative_prompt, props.words_view = playing.negative_prompt, playing.view
    props.words_strength = 100 * playing.strength
    props.follow_layout = 100 * playing.noise_prior


def early_states(motion: KnownMotion) -> dict[int, Path]:
    """Return earlier states of a motion whose job still exists: iterations -> file."""
    row = _row_of(motion)
    found = early_motions(row) if row is not None else {}
    return {iterations: path for iterations, path in found.items() if is_file(path)}


def chosen_state(props: Any, motion: KnownMotion) -> int:
    """Return the iterations of the state that is to be played; 0 for all of them."""
    return props.early_state if props.early_state_of == motion.label else 0


def chosen_files(props: Any, motion: KnownMotion) -> tuple[Path, ...]:
    """Return the motion's file, or that of the state that was stepped back to."""
    path = early_states(motion).get(chosen_state(props, motion))
    return motion.files if path is None else (path,)


def _row_of(motion: KnownMotion) -> Row | None:
    """Return the job that has learned a motion, also if it is in the library now."""
    if motion.job:
        return polling.jobs.find(motion.job)
    folders = {path.parent.parent for path in motion.files}
    kept = (row for row in polling.jobs.rows if row.keep and row.keep.saved and row.request)
    return next(
        (
            row
            for row in kept
            if row.keep and row.request and Path(row.keep.saved) in folders
            and row.request.settings == motion.settings
        ),
        None,
    )  # fmt: skip
