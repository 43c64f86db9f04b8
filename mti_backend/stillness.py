"""Keeps still what does not move, to the pixel. Imports torch only. Not in the paper; off for SVD.

An autoencoder gives back no picture exactly, and a sampler lets what is still drift and flicker.
Where a generated frame hardly differs from what the autoencoder makes of the target itself, the
target's own pixels are the better answer.
"""

import torch
from torch import Tensor
from torch.nn import functional

_WINDOW = 5  # pixels: a difference counts with its neighbours', so that noise does not


def hold_still(clip: Tensor, picture: Tensor, seen: Tensor, threshold: float) -> Tensor:
    """Blend a clip with the picture it started from, by how little each pixel has changed.

    Args:
        clip: generated, (F, 3, H, W) in [-1, 1]. picture: the target, (3, H, W).
        seen: the target after encoding and decoding, (3, H, W): what no motion looks like.
        threshold: a difference (the largest of the channels', averaged over 5 x 5 pixels) much
            smaller than this is none, one much larger is kept: weight exp(-(d / threshold)^2).
    Returns:
        (F, 3, H, W). With threshold 0 the clip as it is.
    """
    if threshold <= 0:
        return clip
    difference = (clip - seen).abs().amax(1, keepdim=True)
    around = functional.avg_pool2d(difference, _WINDOW, 1, _WINDOW // 2, count_include_pad=False)
    return torch.lerp(clip, picture.expand_as(clip), torch.exp(-((around / threshold) ** 2)))
