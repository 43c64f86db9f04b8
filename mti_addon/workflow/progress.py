"""Report progress from deep inside long-running loops to the code that displays it. Imports no bpy.

An operator that blocks Blender installs the display (pointer_progress.py); the loops report to it.
Outside an operator, reports are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
Show = Callable[[float], None]
"""Called with the completed fraction, 0 to 1; restarts at 0 for the next part of the work."""

_show: Show | None = None


def steps(things: Sequence[T]) -> Iterator[T]:
    """Iterate over the items, reporting how many are done."""
    for done, thing in enumerate(things):
        tell(done, len(things))
        yield thing
    tell(len(things), len(things))


def tell(done: int, total: int) -> None:
    """Report that `done` of `total` items are done."""
    if _show is not None and total:
        _show(done / total)


@contextmanager
def shown_by(show: Show) -> Iterator[None]:
    """Display progress reported in this block; nested blocks keep the outermost display."""
    global _show
    if _show is not None:
        yield
        return
    _show = show
    try:
        yield
    finally:
        _show = None
