"""Keeps static regions pixel-identical to the target. Imports torch only. Not in the paper; off for
SVD.

An autoencoder reconstructs no image exactly, and sampling lets static regions drift and flicker.
Where a generated frame hardly differs from the target's reconstruction, the target's own pixels are
used.
"""

import torch
from torch import Tensor
from torch.nn import functional

_WINDOW = 5  # pixels over which differences are averaged to suppress noise


def hold_still(clip: Tensor, picture: Tensor, seen: Tensor, threshold: float) -> Tensor:
    """Blend a clip with its target, depending on how little each pixel has changed.

    Args:
        clip: Generated frames, (F, 3, H, W) in [-1, 1]. picture: The target, (3, H, W).
        seen: The target after encoding and decoding, (3, H, W): the appearance without motion.
        threshold: Scale of the difference (maximum over channels, averaged over 5 x 5 pixels). Much
            smaller differences are removed, much larger ones kept: weight exp(-(d / threshold)^2).
    Returns:
        (F, 3, H, W); the clip unchanged if threshold is 0.
    """
    if threshold <= 0:
        return clip
    difference = (clip - seen).abs().amax(1, keepdim=True)
    around = functional.avg_pool2d(difference, _WINDOW, 1, _WINDOW // 2, count_include_pad=False)
    return torch.lerp(clip, picture.expand_as(clip), torch.exp(-((around / threshold) ** 2)))
