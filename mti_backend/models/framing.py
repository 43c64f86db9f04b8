"""Selects the square of an image that the draft model sees. Imports torch and warp.

Whatever a figure's size and position, the model should see it at the scale it was trained on. The
square is cropped around what moves, and the result is put back exactly where it was.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from .warp import Box

SUBJECT_MARGIN = 0.18
"""Margin on each side of a figure, as a fraction of the square's side; as in training."""
_SURE = 0.5
_SMALLEST = 12 / 128  # fraction of the searched square; smaller detections are noise


@dataclass(frozen=True)
class Framing:
    """The requested crop.

    subject: crop to the figure; otherwise use the whole image, as for camera motion. box: bounds of
    the subject, if known: left, top, right and bottom as fractions of the image (0 .. 1).
    """

    subject: bool = True
    box: tuple[float, float, float, float] | None = None


WHOLE = Framing(subject=False)


@dataclass(frozen=True)
class Framed:
    """A first frame: the original (3, H, W), the model's input (3, S, S), and the square it shows
    (None: the whole image)."""

    picture: Tensor
    shown: Tensor
    box: Box | None


def whole(height: int, width: int) -> Box:
    """The smallest square that contains the whole image."""
    side = max(height, width)
    return Box((width - side) / 2, (height - side) / 2, side)


def around(left: float, top: float, right: float, bottom: float) -> Box:
    """The square around a subject's bounds, in pixels, with a margin on each side."""
    side = max(right - left, bottom - top, 8.0) / (1 - 2 * SUBJECT_MARGIN)
    return Box((left + right - side) / 2, (top + bottom - side) / 2, side)


def found(figure: Tensor, box: Box, height: int, width: int) -> Box | None:
    """The square around a figure detected within `box`; None if there is none, or only a speck.

    Args:
        figure: (m, m) in [0, 1], probability of a figure at each position of `box`.
    """
    sure = _largest(figure > _SURE)
    if sure is None:
        return None
    size = figure.shape[-1]
    rows, columns = sure.any(1).nonzero()[:, 0], sure.any(0).nonzero()[:, 0]
    if max(len(rows), len(columns)) < _SMALLEST * size:
        return None
    scale = box.side / size
    left, right = box.left + scale * int(columns[0]), box.left + scale * (int(columns[-1]) + 1)
    top, bottom = box.top + scale * int(rows[0]), box.top + scale * (int(rows[-1]) + 1)
    return around(max(left, 0.0), max(top, 0.0), min(right, width), min(bottom, height))


def _largest(mask: Tensor) -> Tensor | None:
    """The largest 8-connected component of a mask (m, m); None if the mask is empty."""
    if not mask.any():
        return None
    labels = torch.arange(1, mask.numel() + 1).reshape(mask.shape).float() * mask
    while True:
        grown = torch.nn.functional.max_pool2d(labels[None], 3, 1, 1)[0] * mask
        if torch.equal(grown, labels):
            break
        labels = grown
    values, counts = labels[labels > 0].unique(return_counts=True)
    largest: Tensor = labels == values[counts.argmax()]
    return largest
