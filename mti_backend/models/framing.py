"""Which square of a picture the draft is shown. Imports torch and warp.

Whatever size and place a figure has, the model should see it as large as those that it was trained
on. The square is cut around what moves, and the result is put back to where it was, exactly.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from .warp import Box

SUBJECT_MARGIN = 0.18
"""Empty space on each side of a figure, as a share of the square's side: as in training."""
_SURE = 0.5
_SMALLEST = 12 / 128  # of the square that was looked at: smaller finds are noise


@dataclass(frozen=True)
class Framing:
    """What the animator wishes to be shown to the model.

    subject: cut to the figure; else the whole picture, as for a camera's move. box: the subject's
    own bounds, where they are known, left, top, right and bottom as shares of the picture (0 .. 1).
    """

    subject: bool = True
    box: tuple[float, float, float, float] | None = None


WHOLE = Framing(subject=False)


@dataclass(frozen=True)
class Framed:
    """A first frame: as it is, (3, H, W), as the model is shown it, (3, S, S), and which square of
    it that is (None: all of it)."""

    picture: Tensor
    shown: Tensor
    box: Box | None


def whole(height: int, width: int) -> Box:
    """The smallest square that holds a picture."""
    side = max(height, width)
    return Box((width - side) / 2, (height - side) / 2, side)


def around(left: float, top: float, right: float, bottom: float) -> Box:
    """The square around a subject's bounds, in pixels, with room on each side."""
    side = max(right - left, bottom - top, 8.0) / (1 - 2 * SUBJECT_MARGIN)
    return Box((left + right - side) / 2, (top + bottom - side) / 2, side)


def found(figure: Tensor, box: Box, height: int, width: int) -> Box | None:
    """The square around a figure seen in one; None where there is none, or no more than a speck.

    Args:
        figure: (m, m) in [0, 1], how sure a figure is seen at each place of `box`.
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
    """The largest connected part of a mask (m, m), corners included; None: all off."""
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
