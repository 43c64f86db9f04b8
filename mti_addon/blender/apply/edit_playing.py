"""Plays a sketch of the edited motion in the panel, before anything is generated."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...wire.edit import MotionEdit
from ...wire.errors import MtiError
from ...workflow.motions import KnownMotion
from ...workflow.sketch_sources import sketching
from ..common import icons, playing
from .edit import sketchable

PLACE = "edit"
FPS = 10.0
"""Images per second: about as many as are captured of one."""


class Sketch:
    """The images of an edit, drawn when they are first loaded."""

    def __init__(self, key: str, motions: Sequence[KnownMotion], edit: MotionEdit) -> None:
        self.key, self.fps, self.count = key, FPS, 0
        self._steps = sketching(motions, edit)

    def load(self, seconds: float) -> bool:
        """Read and draw for about so many seconds; return whether all is drawn.

        There are no images if that cannot be done.
        """
        deadline = time.perf_counter() + seconds
        try:
            next(self._steps)
            while time.perf_counter() < deadline:
                next(self._steps)
        except StopIteration as done:
            self._show(done.value)
            return True
        except (MtiError, OSError, ValueError):  # files that are gone or damaged: Apply says why
            return True
        return False

    def _show(self, pictures: NDArray[np.uint8] | None) -> None:
        if pictures is not None:
            for number, picture in enumerate(pictures):
                icons.draw(self._name(number), _as_pixels(picture))
            self.count = len(pictures)

    def icon(self, number: int) -> int:
        """Return the icon ID of an image."""
        return icons.drawn_icon(self._name(number))

    def free(self) -> None:
        """Free the images."""
        for number in range(self.count):
            icons.drop(self._name(number))

    def _name(self, number: int) -> str:
        return f"{number}/{self.key}"


def icon(context: Any) -> int:
    """Return the icon ID of the edit's current image; 0 if there is none (yet)."""
    if (found := sketchable(context.scene)) is None:
        return 0
    motions, edit = found
    key = " ".join([PLACE, *(motion.label for motion in motions), str(edit)])
    return playing.icon(context, PLACE, key, lambda: Sketch(key, motions, edit), keep=True)


def _as_pixels(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return an image (H, W, 3) as an icon's pixels: float32 (H, W, 4), bottom row first."""
    height, width = picture.shape[:2]
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = picture[::-1] / np.float32(255)
    return pixels
