"""What the panels know of files: looked at on Blender's timer, never while something is drawn.

Blender draws a panel, and asks every button in it whether it may be pressed, whenever the mouse
moves over it; a folder on a network drive would make each of these wait. So a question about files
is answered by what was seen last; the timer asks again those that were asked since, and has the
panels drawn again where an answer is another one now.
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
"""Without a window no timer runs, so nothing could be known that is not looked at."""
SECONDS = 1.0
"""Between two looks, while something is drawn again and again."""
SOON = 0.05

_answers: dict[Hashable, tuple[Callable[[], Any], Any]] = {}
"""Question -> how to find out, and what was found."""
_asked: set[Hashable] = set()
"""Questions since the last look; what nobody asks for is not looked for again."""
_listeners: list[Callable[[], None]] = []
"""Are called when the timer has seen something new."""


def glanced(find: Callable[..., T]) -> Callable[..., T]:
    """Have a function of hashable arguments, which looks at files and never raises, answer by what
    was seen last."""

    @functools.wraps(find)
    def answer(*arguments: Hashable) -> T:
        return glance((find, arguments), lambda: find(*arguments))

    return answer


def glance(question: Hashable, find: Callable[[], T]) -> T:
    """What find() gave when it was asked last; it is asked at once for what nobody has asked yet.

    The question must name everything in Blender that the answer depends on; files may change.
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


def look_again() -> bool:
    """Look now, for an operator that may have changed files; True if anything is otherwise."""
    changed = False
    for question, (find, before) in list(_answers.items()):
        now = find()
        changed |= bool(now != before)
        _answers[question] = (find, now)
    return changed


def on_change(tell: Callable[[], None]) -> None:
    """Have this called when the timer has seen something new."""
    _listeners.append(tell)


def forget() -> None:
    """Know nothing and nobody; for unregister()."""
    _listeners.clear()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    _answers.clear()
    _asked.clear()


@glanced
def is_file(path: Path | str) -> bool:
    """There is a file."""
    return os.path.isfile(path)


@glanced
def is_folder(path: Path | str) -> bool:
    """There is a folder."""
    return os.path.isdir(path)


@glanced
def file_state(path: str) -> tuple[str, int, int]:
    """A path, and the size and the time of the last change of the file there; zeros without one."""
    try:
        state = os.stat(path)
    except OSError:
        return path, 0, 0
    return path, state.st_size, state.st_mtime_ns


def _tick() -> float | None:
    if not _asked:
        return None  # nothing was drawn since; the next drawing begins again
    for question in _answers.keys() - _asked:
        del _answers[question]
    _asked.clear()
    if look_again():
        for tell in _listeners:
            tell()
    return SECONDS
