"""Plays a sketch of the edited motion in the panel, before anything is generated."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...wire.errors import MtiError
from ..common import icons, playing
from .edit import chosen_edit, chosen_motions, edit_pictures, edit_problem

PLACE = "edit"
FPS = 10.0
"""Images per second: about as many as are captured of one."""


class Sketch:
    """The images of an edit, drawn when they are first loaded."""

    def __init__(self, key: str, scene: Any) -> None:
        self.key, self.fps, self.count = key, FPS, 0
        self._scene = scene.session_uid

    def load(self, _seconds: float) -> bool:
        """Draw all images; there are none if that cannot be done."""
        scene = next((s for s in bpy.data.scenes if s.session_uid == self._scene), None)
        try:
            pictures = edit_pictures(scene) if scene is not None else None
        except (MtiError, OSError, ValueError):  # files that are gone or damaged: Apply says why
            pictures = None
        if pictures is not None:
            for number, picture in enumerate(pictures):
                icons.draw(self._name(number), _as_pixels(picture))
            self.count = len(pictures)
        return True

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
    scene = context.scene
    if edit_problem(scene) is not None or not (motions := chosen_motions(scene)):
        return 0
    key = " ".join([PLACE, *(motion.label for motion in motions), str(chosen_edit(scene.mti))])
    return playing.icon(context, PLACE, key, lambda: Sketch(key, scene), keep=True)


def _as_pixels(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return an image (H, W, 3) as an icon's pixels: float32 (H, W, 4), bottom row first."""
    height, width = picture.shape[:2]
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = picture[::-1] / np.float32(255)
    return pixels
