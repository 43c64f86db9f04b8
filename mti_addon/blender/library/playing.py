"""Plays the chosen motion's captured images as its picture."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ...client.library import Entry
from ..common import icons, playing

PLACE = "library"
MOST_BYTES = 4 * 2**20
"""Of one image; a larger one would block Blender."""


class Captured:
    """The images that a motion was captured as."""

    def __init__(self, entry: Entry) -> None:
        self.key = key_of(entry)
        self.fps = entry.fps
        self.paths = entry.references
        self._loaded = 0

    @property
    def count(self) -> int:
        """Return the number of images; fewer if one is too large."""
        return len(self.paths)

    def load(self, seconds: float) -> bool:
        """Load images for about so many seconds, in order; return whether all are loaded."""
        deadline = time.perf_counter() + seconds
        while self._loaded < self.count:
            if _is_too_large(self.paths[self._loaded]):
                self.paths = self.paths[: self._loaded]
                break
            icons.load_now(self._name(self._loaded), self.paths[self._loaded])
            self._loaded += 1
            if time.perf_counter() > deadline:
                break
        return self._loaded >= self.count

    def icon(self, number: int) -> int:
        """Return the icon ID of an image."""
        return icons.sure_icon(self._name(number), lambda: self.paths[number])

    def free(self) -> None:
        """Free the images."""
        for number in range(self._loaded):
            icons.drop(self._name(number))

    def _name(self, number: int) -> str:
        return f"{number}/{self.key}"


def can_play(entry: Entry) -> bool:
    """Return whether a motion has images to play."""
    return entry.num_references > 1


def icon(context: Any, entry: Entry) -> int:
    """Return the icon ID of a motion's current image; 0 if it does not play (yet)."""
    if not can_play(entry):
        return 0
    return playing.icon(context, PLACE, key_of(entry), lambda: Captured(entry))


def key_of(entry: Entry) -> str:
    """Return what tells a motion's images from others."""
    return f"{entry.id} {entry.folder}"


def _is_too_large(path: Path) -> bool:
    try:
        return path.stat().st_size > MOST_BYTES
    except OSError:
        return True
