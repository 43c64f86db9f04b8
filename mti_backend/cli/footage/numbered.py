"""Reads a folder of numbered images. Imports PIL."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.problem import Problem

from .animation import decoded, open_image

_NUMBERED = re.compile(r"(.*?)(\d{1,12})(\.(?:png|jpe?g|webp|tiff?|bmp))", re.IGNORECASE)


def numbered_files(folder: Path) -> list[Path]:
    """The longest sequence of numbered images in a folder, in order; empty if there is none."""
    sequences: dict[tuple[str, str], list[tuple[int, Path]]] = {}
    try:
        paths = list(folder.iterdir())
    except OSError:
        return []
    for path in paths:
        match = _NUMBERED.fullmatch(path.name)
        if match and not path.name.startswith("."):
            before, number, suffix = match.groups()
            sequences.setdefault((before, suffix.lower()), []).append((int(number), path))
    longest = max(sequences.items(), key=lambda item: (len(item[1]), item[0]), default=None)
    return [path for _, path in sorted(longest[1])] if longest else []


class Numbered:
    """Images of one size, one per frame."""

    def __init__(self, folder: Path, fps: float) -> None:
        """Raises UnreadableInput."""
        self.name, self.fps = folder.name or str(folder), fps
        self._files = numbered_files(folder)
        if len(self._files) < 2:
            what = "There are no numbered images in {path}."
            hint = "Numbered images are named like walk_0001.png, walk_0002.png."
            values = {"path": str(folder)}
            raise UnreadableInput(Problem("folder_without_images", what, hint, values))

    def count(self, start: float, end: float | None) -> int:
        """Number of images in [start, end) seconds."""
        first, last = self._range(start, end)
        return max(0, last - first)

    def images(
        self, start: float, end: float | None, offsets: Sequence[int]
    ) -> Iterator[Image.Image]:
        """Yield these images of the range, counted from 0."""
        first, _ = self._range(start, end)
        for offset in offsets:
            path = self._files[first + offset]
            with open_image(path) as image:
                yield decoded(image, path.name)

    def _range(self, start: float, end: float | None) -> tuple[int, int]:
        """The first image, and the one after the last."""
        count = len(self._files)
        last = count if end is None else min(count, math.ceil(end * self.fps - 1e-6))
        return min(count, round(start * self.fps)), last
