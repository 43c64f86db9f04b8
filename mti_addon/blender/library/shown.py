"""Which motions the library shows, and which one is chosen. Reads no file."""

from __future__ import annotations

from typing import Any

from ...client.library import Entry, Query
from ...workflow.motions import KnownMotion, find_learned, learned_motions
from ..common import addon, this_file
from ..queue import polling
from . import motions, saving

ORDERS = {"NAME": "name", "DATE": "date", "USED": "used"}


def query(window: Any) -> Query:
    """Return what the search and the filters ask for; `window`: the window manager's settings."""
    tag, engine, origin = window.library_tag.strip(), window.library_engine, window.library_origin
    return Query(
        text=window.library_search.strip(),
        kinds=frozenset(window.library_kinds),
        tags=frozenset((tag,)) if tag else frozenset(),
        model=None if engine == "ANY" else engine,
        origin=None if origin == "ANY" else origin,
        favorites=window.library_favorites,
        order=ORDERS[addon.preferences().library_order],  # type: ignore[arg-type]
    )


def found(window: Any) -> list[Entry]:
    """Return the motions that are shown, in order. The list must not be changed."""
    return motions.library().entries(query(window))


def total() -> int:
    """Return the number of motions in all libraries."""
    return len(motions.library().entries())


def chosen(scene: Any) -> Entry | None:
    """Return the motion of the library that is chosen in a scene; None if it is a job's.

    If none is chosen, this is the motion learned last, if it was saved in the library.
    """
    global _chosen
    label = scene.mti.motion
    question = label, motions.library(), motions.library().revision, polling.jobs.rows
    if not label or _chosen[0] != question:
        _chosen = question, motions.labelled(label) or _saved(label)
    return _chosen[1]


def latest() -> KnownMotion | None:
    """Return the motion of a job to use if none is chosen in the scene.

    It is pinned on first use: a job that finishes later does not change what is applied.
    """
    return this_file.stay_with(learned())


def learned() -> list[KnownMotion]:
    """Return the motions of jobs, newest first, those of this file before all others."""
    return learned_motions(polling.jobs, lambda row: this_file.is_here(row.origin))


def forget() -> None:
    """Reset all state; for unregister()."""
    global _chosen
    _chosen = (), None


def _saved(label: str) -> Entry | None:
    """Return where a job's motion was saved in the library."""
    motion = find_learned(label, polling.jobs) if label else latest()
    row = polling.jobs.find(motion.job) if motion is not None else None
    return saving.entry_of_job(row) if row is not None else None


_chosen: tuple[tuple[Any, ...], Entry | None] = (), None
"""The last question, and its answer: each row of the grid asks."""
