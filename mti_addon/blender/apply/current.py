"""The motion that Apply uses, and a newer one if available."""

from __future__ import annotations

from typing import Any

from ...workflow.motions import KnownMotion, find_motion, learned_motions
from ..common import addon, this_file
from ..queue import polling
from ..setup import engines
from .sources import Shape


def current_motion(scene: Any) -> KnownMotion | None:
    """Return the motion chosen in the scene, or else the most recently learned one.

    The choice is pinned on first use: a job that finishes later does not change what is applied
    (newer_motion() offers its motion instead). Shipped motions are never used implicitly.
    """
    if scene.mti.motion:
        return find_motion(scene.mti.motion, polling.jobs, addon.presets_folder())
    return this_file.stay_with(_learned())


def newer_motion(scene: Any) -> KnownMotion | None:
    """Return a motion learned after the one used implicitly, or None."""
    if scene.mti.motion:
        return None
    motions = _learned()
    used = this_file.stay_with(motions)
    return motions[0] if used is not None and motions[0] != used else None


def shapes_sent(context: Any) -> tuple[Shape | None, ...]:
    """Return the shapes in which the panel would send a target now; None means its own shape."""
    motion, chosen = current_motion(context.scene), engines.chosen_settings().target_size
    shape = motion.settings.target_size if motion else chosen
    return (shape, chosen) if context.scene.mti.also_apply else (shape,)


def _learned() -> list[KnownMotion]:
    """Return the learned motions, newest first, those of this file before all others."""
    return learned_motions(polling.jobs, lambda row: this_file.is_here(row.origin))
