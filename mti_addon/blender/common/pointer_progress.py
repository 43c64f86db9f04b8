"""Progress at the mouse pointer while an operator blocks Blender's interface."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...workflow.progress import shown_by

AFTER_SECONDS = 0.25
"""Shorter operations show nothing: a flickering pointer is worse than a short wait."""
_WHOLE = 100


@contextmanager
def shown(manager: Any) -> Iterator[None]:
    """Show progress reported in this block at the pointer, in percent.

    `manager`: Blender's window manager; in background mode it shows nothing.
    """
    began, begun = time.monotonic(), False

    def show(fraction: float) -> None:
        nonlocal begun
        if not begun:
            if time.monotonic() - began < AFTER_SECONDS:
                return
            manager.progress_begin(0, _WHOLE)
            begun = True
        manager.progress_update(round(_WHOLE * fraction))

    try:
        with shown_by(show):
            yield
    finally:
        if begun:
            manager.progress_end()
