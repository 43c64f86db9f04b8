"""Reads animated GIF, WebP and PNG files. Imports PIL."""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageOps

from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.problem import Problem

from ... import frames

FORMATS = ("GIF", "WEBP", "PNG")
_STILL_FORMATS = (*FORMATS, "JPEG", "TIFF", "BMP")
MAX_SIDE = 8192
MAX_FRAMES = 10_000
_DEFAULT_MS, _LEAST_MS = 100, 10
"""What browsers show a frame for that says 0 ms; and the least that is taken seriously."""


def is_animated(path: Path) -> bool:
    """True if it is an image file with several frames. Never raises."""
    try:
        with open_image(path, FORMATS) as image:
            return int(getattr(image, "n_frames", 1)) > 1
    except (UnreadableInput, *frames.DECODING):
        return False


def open_image(path: Path, formats: tuple[str, ...] = _STILL_FORMATS) -> Image.Image:
    """Open an image without decoding it. Raises UnreadableInput, also if it is too large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path, formats=formats)
    except FileNotFoundError as error:
        what = "There is no file {path}."
        raise UnreadableInput(Problem("picture_missing", what, "", {"path": str(path)})) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path.name) from error
    except frames.DECODING as error:
        raise _unreadable(path.name) from error
    if max(image.size) > MAX_SIDE:
        image.close()
        raise _too_large(path.name)
    return image


def decoded(image: Image.Image, name: str) -> Image.Image:
    """The current frame as RGB, over white, turned upright. Raises UnreadableInput."""
    try:
        image.load()
        return frames.over_white(ImageOps.exif_transpose(image))
    except frames.DECODING as error:
        raise _unreadable(name) from error


def _too_large(name: str) -> UnreadableInput:
    what = "{name} has more than {most} pixels per side."
    values = {"name": name, "most": MAX_SIDE}
    return UnreadableInput(Problem("picture_too_large", what, "Make the image smaller.", values))


def _unreadable(name: str) -> UnreadableInput:
    what = "{name} is not an image that can be read."
    hint = "Save it again as a PNG or JPEG."
    return UnreadableInput(Problem("picture_unreadable", what, hint, {"name": name}))


class Animation:
    """An animated image, in which each frame is shown for its own time."""

    def __init__(self, path: Path) -> None:
        """Raises UnreadableInput."""
        self.name, self._path = path.name, path
        with open_image(path, FORMATS) as image:
            shown = self._durations(image)
        self._starts = [0, *itertools.accumulate(shown)]
        """Of each frame, in ms; the last is the end."""
        self.fps = 1000 / min(shown)

    def _durations(self, image: Image.Image) -> list[int]:
        """How long each frame is shown, in ms."""
        shown = []
        try:
            for index in range(min(MAX_FRAMES, int(getattr(image, "n_frames", 1)))):
                image.seek(index)
                image.load()  # WebP knows only then
                shown.append(max(_LEAST_MS, int(image.info.get("duration") or _DEFAULT_MS)))
        except frames.DECODING as error:
            raise _unreadable(self.name) from error
        return shown

    def count(self, start: float, end: float | None) -> int:
        """Number of frames at the constant rate in [start, end) seconds."""
        whole = self._starts[-1] / 1000
        last = whole if end is None else min(end, whole)
        return max(0, math.ceil((last - start) * self.fps - 1e-6))

    def images(
        self, start: float, end: float | None, offsets: Sequence[int]
    ) -> Iterator[Image.Image]:
        """Yield what is shown at these frames of the range, counted from 0."""
        with open_image(self._path, FORMATS) as image:
            for offset in offsets:
                at = start * 1000 + offset * 1000 / self.fps
                # in the middle of the frame, so that rounding never shows its neighbor
                index = bisect.bisect_right(self._starts, at + 500 / self.fps) - 1
                try:
                    image.seek(min(index, len(self._starts) - 2))
                except frames.DECODING as error:
                    raise _unreadable(self.name) from error
                yield decoded(image, self.name)
