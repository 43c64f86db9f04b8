"""Fit an image to an engine's shape by cropping or padding, and map results back.

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
"""Maximum difference, of 255, between two pixels of one color after dithering."""
SAME_SHAPE = 0.01
"""Aspect ratios that differ by less are equal: what would be cropped is invisible."""


@dataclass(frozen=True)
class Fitted:
    """Where an image is in what was sent of it.

    size: width and height of the image, in pixels. box: left, top, right, bottom of the part of the
    sent image that shows it, as fractions of the sent image's sides; all of it after a crop. kept:
    the fraction of the image's area that was sent; 1 unless it was cropped.
    """

    size: tuple[int, int]
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    kept: float = 1.0

    @property
    def padded(self) -> bool:
        """Return whether anything was added around the image."""
        return self.box != (0.0, 0.0, 1.0, 1.0)


def fitted(size: tuple[int, int], shape: tuple[int, int], how: Fit) -> Fitted:
    """Return how an image of `size` fits an engine's `shape`; both width and height, in pixels."""
    (width, height), wide = size, size[0] * shape[1] / (size[1] * shape[0])
    if abs(wide - 1) < SAME_SHAPE:
        return Fitted((width, height))
    if how == "CROP":
        return Fitted((width, height), kept=min(wide, 1 / wide))
    if wide > 1:  # bars above and below
        return Fitted((width, height), (0.0, (1 - 1 / wide) / 2, 1.0, (1 + 1 / wide) / 2))
    return Fitted((width, height), ((1 - wide) / 2, 0.0, (1 + wide) / 2, 1.0))


def fit_picture(picture: Picture, shape: tuple[int, int], how: Fit) -> tuple[Picture, Fitted]:
    """Fit an image (H, W, C) to the aspect ratio of `shape` (width, height), at its own scale.

    CROP keeps the center. PAD extends the image's outermost pixels: to a model, a bar of another
    color would be a separate object, and it would move.
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
    """Average down an image (H, W, C) until its longer side has at most `longest` pixels."""
    height, width = picture.shape[:2]
    scale = longest / max(width, height)
    if scale >= 1:
        return picture
    rows = _averaged(picture, max(1, round(height * scale)))
    columns = _averaged(rows.swapaxes(0, 1), max(1, round(width * scale)))
    return np.ascontiguousarray(np.rint(columns.swapaxes(0, 1)).astype(np.uint8))


def _averaged(table: NDArray[Any], count: int) -> NDArray[np.float32]:
    """Average a table (N, ...) down to `count` rows, each the mean of its share of N."""
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
    """Return whether an image (H, W, 3 or 4) has a single color or none, except for dithering."""
    colors = picture[..., :3].astype(np.int32)
    if picture.shape[2] == 4:
        colors = np.concatenate([colors * picture[..., 3:] // 255, picture[..., 3:]], axis=2)
    table = colors.reshape(-1, colors.shape[2])
    return bool((np.ptp(table, axis=0) <= DITHER).all())


def unpadded(picture: Picture, about: Fitted) -> Picture:
    """Return the part of a result (H, W, C) that shows the image, without padding."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = _shown(about, (width, height))
    return np.ascontiguousarray(picture[y0:y1, x0:x1])


def _shown(about: Fitted, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of a result's pixels that at least partly show the image.

    The padding next to them extends their edges.
    """
    (width, height), (left, top, right, bottom) = size, about.box
    x0, y0 = int(left * width + 1e-6), int(top * height + 1e-6)
    x1, y1 = int(np.ceil(right * width - 1e-6)), int(np.ceil(bottom * height - 1e-6))
    return x0, y0, max(x0 + 1, x1), max(y0 + 1, y1)


def covered(about: Fitted, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of what a kept result covers of its original image.

    In fractions of the image's sides, slightly below 0 or above 1 where it extends beyond. `size`:
    that of the result as generated, (width, height) in pixels, before unpadding.
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
    """Return where a kept result in a frame lies exactly over its original image.

    The place is its center (x right, y up, from the frame's center), width and height.

    All in the frame's units, in which pixels are square; another aspect ratio is fitted in.
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
