"""The motion that Apply uses, and a newer one if available."""

from __future__ import annotations

from typing import Any

from ...client.library import Entry
from ...client.setup.engines import LABELS
from ...wire.problem import Problem
from ...wire.settings import METHODS, ModelName
from ...workflow.motions import KnownMotion, find_learned, known_in
from ..common import addon, this_file
from ..common.file_cache import cached
from ..library import motions, shown
from ..library.problems import LOADING, NONE_CHOSEN
from ..queue import polling
from ..setup import engines
from .sources import Shape

_known_in = cached(known_in)


def current_motion(scene: Any) -> KnownMotion | None:
    """Return the motion chosen in the scene, or else the most recently learned one.

    A motion of the library is applied by the engine chosen in the preferences, or, if only the
    other method has learned it, by the one chosen for that; None if neither has learned it. A job's
    motion is applied by the engine that has learned it. The choice is pinned on first use: a job
    that finishes later does not change what is applied (newer_motion() offers its motion instead).
    Shipped motions are never used implicitly.
    """
    chosen = scene.mti.motion
    return motion_labelled(chosen) if chosen else shown.latest()


def motion_labelled(label: str) -> KnownMotion | None:
    """Return the motion with this label: of the library, by a chosen engine, or of a job."""
    entry = motions.labelled(label)
    if entry is not None:
        return _known_in(entry.folder, applying_engine(entry))
    return find_learned(label, polling.jobs)


def applying_engine(entry: Entry) -> ModelName:
    """Return the engine that applies a motion of the library: the chosen one, unless only the one
    chosen for the other method has learned the motion."""
    chosen = addon.chosen_engine()
    others = (addon.engine_of(method) for method in METHODS)
    return next((each for each in (chosen, *others) if each in entry.models), chosen)


def motion_problem(scene: Any) -> Problem | None:
    """Return why there is no current motion."""
    if current_motion(scene) is not None:
        return None
    chosen = scene.mti.motion
    if not chosen:
        return NONE_CHOSEN
    entry = motions.labelled(chosen)
    if entry is not None:
        what = "{name} is not learned for {engine} yet: learn it in the Library"
        values = {"name": entry.name, "engine": LABELS[addon.chosen_engine()]}
        return Problem("motion_not_learned_for_engine", what, values=values)
    if not motions.library().is_complete:
        return LOADING
    return Problem("no_such_motion", "The motion {name} does not exist", values={"name": chosen})


def newer_motion(scene: Any) -> KnownMotion | None:
    """Return a motion learned after the one used implicitly, or None."""
    if scene.mti.motion:
        return None
    learned = shown.learned()
    used = this_file.stay_with(learned)
    return learned[0] if used is not None and learned[0] != used else None


def shapes_sent(context: Any) -> tuple[Shape | None, ...]:
    """Return the shapes in which the panel would send a target now; None means its own shape."""
    motion, chosen = current_motion(context.scene), engines.chosen_settings().target_size
    shape = motion.settings.target_size if motion else chosen
    return (shape, chosen) if context.scene.mti.also_apply else (shape,)
