"""Cached file lookups for panels, refreshed on Blender's timer and never while drawing.

Blender redraws a panel, and polls all of its buttons, whenever the mouse moves over it, and a
network drive would stall each redraw. Lookups therefore return the last known answer; the timer
repeats those requested since its last run, and redraws the panels if an answer has changed.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

import bpy

T = TypeVar("T")

ON_TIMER = not bpy.app.background
"""Without a window no timer runs, so lookups must be immediate."""
SECONDS = 1.0
"""Interval between refreshes while panels keep being drawn."""
SOON = 0.05

_answers: dict[Hashable, tuple[Callable[[], Any], Any]] = {}
"""Question -> the function that answers it, and its last answer."""
_asked: set[Hashable] = set()
"""Questions asked since the last refresh; others are not repeated."""
_listeners: list[Callable[[], None]] = []
"""Called when a refresh finds a change."""


def cached(find: Callable[..., T]) -> Callable[..., T]:
    """Make a function return its last known answer.

    Its arguments must be hashable; it reads files and never raises.
    """

    @functools.wraps(find)
    def answer(*arguments: Hashable) -> T:
        return cached_answer((find, arguments), lambda: find(*arguments))

    return answer


def cached_answer(question: Hashable, find: Callable[[], T]) -> T:
    """Return the last answer of find(), calling it immediately if the question is new.

    The question must contain everything in Blender that the answer depends on; files may change.
    """
    if not ON_TIMER:
        return find()
    if question not in _answers:
        _answers[question] = (find, find())
    _asked.add(question)
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=SOON, persistent=True)
    answer: T = _answers[question][1]
    return answer


def refresh() -> bool:
    """Refresh immediately, for operators that may have changed files; True if anything changed."""
    changed = False
    for question, (find, before) in list(_answers.items()):
        now = find()
        changed |= bool(now != before)
        _answers[question] = (find, now)
    return changed


def on_change(tell: Callable[[], None]) -> None:
    """Call a function whenever a refresh finds a change."""
    _listeners.append(tell)


def forget() -> None:
    """Clear all answers and listeners; for unregister()."""
    _listeners.clear()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    _answers.clear()
    _asked.clear()


@cached
def is_file(path: Path | str) -> bool:
    """Return whether the path is a file."""
    return os.path.isfile(path)


@cached
def is_folder(path: Path | str) -> bool:
    """Return whether the path is a folder."""
    return os.path.isdir(path)


@cached
def file_state(path: str) -> tuple[str, int, int]:
    """Return a path with the size and modification time of its file; zeros if there is none."""
    try:
        state = os.stat(path)
    except OSError:
        return path, 0, 0
    return path, state.st_size, state.st_mtime_ns


def _tick() -> float | None:
    if not _asked:
        return None  # nothing was drawn since; the next redraw restarts the timer
    for question in _answers.keys() - _asked:
        del _answers[question]
    _asked.clear()
    if refresh():
        for tell in _listeners:
            tell()
    return SECONDS
