"""A picture brought to an engine's shape, by cropping or padding, and its results brought back.

Imports numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Fit = Literal["CROP", "PAD"]
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


def unpadded(picture: Picture, about: Fitted) -> Picture:
    """The part of a result (H, W, C) that shows the picture; all of it unless it was padded."""
    height, width = picture.shape[:2]
    left, top, right, bottom = about.box
    # whole pixels that lie inside: half a pixel of a bar would be a line at the edge
    x0, x1 = int(np.ceil(left * width - 1e-6)), int(right * width + 1e-6)
    y0, y1 = int(np.ceil(top * height - 1e-6)), int(bottom * height + 1e-6)
    if x1 <= x0 or y1 <= y0:  # thinner than a pixel
        return picture
    return np.ascontiguousarray(picture[y0:y1, x0:x1])
