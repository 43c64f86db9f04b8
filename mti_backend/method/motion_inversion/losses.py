"""The losses of Motion Inversion. Imports torch only.

A prediction and its target are the network's output and eps or v, (B, F, C, h, w). Means are over
all numbers.
"""

import math

import torch
from torch import Tensor


def plain(prediction: Tensor, target: Tensor) -> Tensor:
    """The model's own training loss, |e^ - e|^2."""
    return (prediction - target).square().mean()


def debiased(x: Tensor, anchor: int, beta: float = 1.0) -> Tensor:
    """phi(x)_i = sqrt(beta^2 + 1) x_i - beta x_r for every frame i and the anchor frame r.

    What all frames share, which is the appearance, counts less (MotionDirector, arXiv 2310.08465).
    x (B, F, C, h, w).
    """
    return math.sqrt(beta**2 + 1) * x - beta * x[:, anchor : anchor + 1]


def debiased_temporal(prediction: Tensor, target: Tensor, anchor: int, beta: float = 1.0) -> Tensor:
    """|e^ - e|^2 + |phi(e^) - phi(e)|^2 (MotionDirector)."""
    of_motion = plain(debiased(prediction, anchor, beta), debiased(target, anchor, beta))
    return plain(prediction, target) + of_motion


def of_frame(prediction: Tensor, target: Tensor, frame: int) -> Tensor:
    """The loss of the spatial LoRA on one frame r: prediction (B, 1, C, h, w), made of that frame
    alone, and target (B, F, C, h, w) (MotionDirector)."""
    return plain(prediction, target[:, frame : frame + 1])


def all_finite(*tensors: Tensor) -> bool:
    """Whether no number in any of them is NaN or infinite."""
    return bool(torch.stack([t.isfinite().all() for t in tensors]).all())
