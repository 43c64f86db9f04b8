"""A picture brought to an engine's shape, by cropping or padding, and its results brought back.

Imports numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Fit = Literal["CROP", "PAD"]
DITHER = 3
"""Of 255: how far apart two pixels of one color can be when they have been dithered."""
SAME_SHAPE = 0.01
"""Aspects that differ by less are one: what would be cut away cannot be seen."""


@dataclass(frozen=True)
class Fitted:
    """Where a picture lies in what was sent of it.

    size: width and height of the picture, pixels. box: left, top, right, bottom of the part of the
    sent picture that shows it, as shares of the sent picture's sides; all of it after a crop.
    kept: the share of the picture's area that was sent; 1 unless it was cropped.
    """

    size: tuple[int, int]
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    kept: float = 1.0

    @property
    def padded(self) -> bool:
        """Something was added around the picture."""
        return self.box != (0.0, 0.0, 1.0, 1.0)


def fitted(size: tuple[int, int], shape: tuple[int, int], how: Fit) -> Fitted:
    """How a picture of `size` fits an engine's `shape`; both width and height, in pixels."""
    (width, height), wide = size, size[0] * shape[1] / (size[1] * shape[0])
    if abs(wide - 1) < SAME_SHAPE:
        return Fitted((width, height))
    if how == "CROP":
        return Fitted((width, height), kept=min(wide, 1 / wide))
    if wide > 1:  # bars above and below
        return Fitted((width, height), (0.0, (1 - 1 / wide) / 2, 1.0, (1 + 1 / wide) / 2))
    return Fitted((width, height), ((1 - wide) / 2, 0.0, (1 + wide) / 2, 1.0))


def fit_picture(picture: Picture, shape: tuple[int, int], how: Fit) -> tuple[Picture, Fitted]:
    """A picture (H, W, C) with the aspect of `shape` (width, height), at its own scale.

    CROP keeps the middle. PAD continues the picture's outermost pixels: a bar of another colour
    would be an object of its own to a model, and it would move.
    """
    height, width = picture.shape[:2]
    about = fitted((width, height), shape, how)
    if about.padded:
        left, top, right, bottom = about.box
        across = max(0, round(width / (right - left)) - width)
        down = max(0, round(height / (bottom - top)) - height)
        around = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
        return np.pad(picture, around, mode="edge"), about
    if about.kept < 1:
        wide = width * shape[1] > height * shape[0]
        kept_width = max(1, round(width * about.kept)) if wide else width
        kept_height = height if wide else max(1, round(height * about.kept))
        x, y = (width - kept_width) // 2, (height - kept_height) // 2
        return np.ascontiguousarray(picture[y : y + kept_height, x : x + kept_width]), about
    return picture, about


def shrunk(picture: Picture, longest: int) -> Picture:
    """A picture (H, W, C) whose longer side has at most so many pixels, averaged down."""
    height, width = picture.shape[:2]
    scale = longest / max(width, height)
    if scale >= 1:
        return picture
    rows = _averaged(picture, max(1, round(height * scale)))
    columns = _averaged(rows.swapaxes(0, 1), max(1, round(width * scale)))
    return np.ascontiguousarray(np.rint(columns.swapaxes(0, 1)).astype(np.uint8))


def _averaged(table: NDArray[Any], count: int) -> NDArray[np.float32]:
    """A table (N, ...) as `count` rows, each the mean of the part of N that it covers."""
    edges = np.linspace(0, len(table), count + 1)
    whole = np.minimum(edges.astype(int), len(table) - 1)
    part = (edges - whole).astype(np.float32)
    found = np.empty((count, *table.shape[1:]), np.float32)
    for i in range(count):
        (first, last), (before, over) = whole[i : i + 2], part[i : i + 2]
        rows = table[first : last + 1].astype(np.float32)
        weights = np.ones(len(rows), np.float32)
        weights[0] -= before
        weights[-1] -= 1 - over
        found[i] = np.tensordot(weights / weights.sum(), rows, axes=1)
    return found


def is_flat(picture: Picture) -> bool:
    """All of a picture (H, W, 3 or 4) is of one color, or of none, but for what dithering adds."""
    colors = picture[..., :3].astype(np.int32)
    if picture.shape[2] == 4:
        colors = np.concatenate([colors * picture[..., 3:] // 255, picture[..., 3:]], axis=2)
    table = colors.reshape(-1, colors.shape[2])
    return bool((np.ptp(table, axis=0) <= DITHER).all())


def unpadded(picture: Picture, about: Fitted) -> Picture:
    """The part of a result (H, W, C) that shows the picture; all of it unless it was padded."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = _shown(about, (width, height))
    return np.ascontiguousarray(picture[y0:y1, x0:x1])


def _shown(about: Fitted, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a result's pixels that show the picture, be it in part: what was
    added beside them continues its edges."""
    (width, height), (left, top, right, bottom) = size, about.box
    x0, y0 = int(left * width + 1e-6), int(top * height + 1e-6)
    x1, y1 = int(np.ceil(right * width - 1e-6)), int(np.ceil(bottom * height - 1e-6))
    return x0, y0, max(x0 + 1, x1), max(y0 + 1, y1)


def covered(about: Fitted, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what a kept result covers of the picture that it was made of, as
    shares of the picture's sides; a little below 0 or above 1 where it reaches beyond.

    `size` is the result's as the engine made it, (width, height) in pixels, before it was unpadded.
    """
    if about.padded:
        left, top, right, bottom = about.box
        x0, y0, x1, y1 = _shown(about, size)
        across, down = right - left, bottom - top
        return (
            (x0 / size[0] - left) / across,
            (y0 / size[1] - top) / down,
            (x1 / size[0] - left) / across,
            (y1 / size[1] - top) / down,
        )
    cut = (1 - about.kept) / 2
    if about.size[0] * size[1] > about.size[1] * size[0]:
        return cut, 0.0, 1 - cut, 1.0
    return 0.0, cut, 1.0, 1 - cut


def placed(
    about: Fitted, size: tuple[int, int], frame: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Center (x to the right, y up, from the frame's center), width and height of a kept result in
    a frame of some width and height, so that it lies where the picture did that it was made of.

    All in the frame's units, in which pixels are square; another aspect is fitted in.
    """
    scale = min(frame[0] / about.size[0], frame[1] / about.size[1])
    width, height = about.size[0] * scale, about.size[1] * scale
    left, top, right, bottom = covered(about, size)
    return (
        ((left + right) / 2 - 0.5) * width,
        (0.5 - (top + bottom) / 2) * height,
        (right - left) * width,
        (bottom - top) * height,
    )
