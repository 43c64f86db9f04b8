"""How much of the reference's look is found in a result. Imports torch only."""

import torch
from torch import Tensor

from .pairs import Pair
from .tracks import palette

# pixels of a figure that are needed to speak of its colours
_ENOUGH = 50
# RGB distance in [-1, 1] from the background that a pixel of a figure has at least
_NOT_BACKGROUND = 0.25
# share of the right answer's own pixels that may look like the reference's
_ALIKE = 0.5


def leakage(result: Tensor, pair: Pair) -> float | None:
    """How much more of the figure looks like the reference than in the right answer.

    A pixel of the figure (frames 2..F, not the background's) looks like the reference where its
    nearest colour among the parts of both figures is one of the reference's. With the share s of
    such pixels in the result and s* in the right answer it is (s - s*) / (1 - s*): 0 none, 1 all,
    below 0 fewer than in the right answer. Wherever the parts are, their colours count, so that a
    motion that was missed is not called leakage. Blurred colours may be nearer to the reference's
    by chance: the row 'no motion given', which has never seen a reference, tells how often.

    None where the parts are not known, hardly anybody is seen, or the two figures look alike.

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
