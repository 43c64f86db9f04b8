"""How far something long has come, told from deep inside it to whoever shows it. Imports no bpy.

An operator that works while Blender waits says who shows it (progress.py); the loops that take the
time say where they are. Outside of an operator nobody is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
Show = Callable[[float], None]
"""Is given how much is done, 0 to 1; begins again at 0 for the next part of the work."""

_show: Show | None = None


def steps(things: Sequence[T]) -> Iterator[T]:
    """Each of the things to work on, telling how many are done."""
    for done, thing in enumerate(things):
        tell(done, len(things))
        yield thing
    tell(len(things), len(things))


def tell(done: int, total: int) -> None:
    """So many of so many things are done."""
    if _show is not None and total:
        _show(done / total)


@contextmanager
def shown_by(show: Show) -> Iterator[None]:
    """What is told in this block is shown so; an operator in an operator keeps the outer one's."""
    global _show
    if _show is not None:
        yield
        return
    _show = show
    try:
        yield
    finally:
        _show = None
