"""How much of the reference's appearance leaks into a result. Imports torch only."""

import torch
from torch import Tensor

from .pairs import Pair
from .tracks import palette

# Minimum number of figure pixels for a meaningful share.
_ENOUGH = 50
# Minimum RGB distance in [-1, 1] of a figure pixel from the background.
_NOT_BACKGROUND = 0.25
# Maximum share of the ground truth's own pixels that may look like the reference.
_ALIKE = 0.5


def leakage(result: Tensor, pair: Pair) -> float | None:
    """Excess share of figure pixels that look like the reference, compared to the ground truth.

    A figure pixel (frames 2..F, not background) looks like the reference if its nearest color among
    the parts of both figures is one of the reference's. With the share s of such pixels in the
    result and s* in the ground truth it is (s - s*) / (1 - s*): 0 is none, 1 all, below 0 fewer
    than in the ground truth. Colors count wherever the parts are, so a missed motion is not
    reported as leakage. Blurred colors may be nearer to the reference's by chance; the row 'no
    motion given', which never sees a reference, shows how often.

    None if the parts are unknown, hardly any figure is visible, or the figures look alike.

    Args:
        result: (F, 3, H, W) in [-1, 1].
    """
    if pair.classes is None or pair.background is None or pair.reference_classes is None:
        return None
    ours = palette(pair.answer, pair.classes, pair.background).colours
    theirs = palette(pair.reference, pair.reference_classes, pair.background).colours
    if not len(ours) or not len(theirs):
        return None
    share, right = (_share(clip, pair.background, ours, theirs) for clip in (result, pair.answer))
    if share is None or right is None or right > _ALIKE:
        return None
    return (share - right) / (1 - right)


def _share(pictures: Tensor, background: Tensor, ours: Tensor, theirs: Tensor) -> float | None:
    figure = (pictures - background)[1:].norm(dim=1) > _NOT_BACKGROUND
    pixels = pictures[1:].movedim(1, -1)[figure]  # (pixels, 3)
    if len(pixels) < _ENOUGH:
        return None
    nearer = torch.cdist(pixels, theirs).amin(1) < torch.cdist(pixels, ours).amin(1)
    return float(nearer.float().mean())
