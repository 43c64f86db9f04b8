"""Metrics of motion transfer. Imports torch only; the motion gain is in gain.py."""

import math

from torch import Tensor

MAX_PSNR = 60.0
"""dB; the value for identical images."""
# Maximum difference in [-1, 1] of a background pixel; more is an edge or a shadow.
_BACKGROUND = 0.02
# Minimum change of a pixel in [-1, 1]; less is shading or an edge.
_CHANGED = 0.3


def psnr(result: Tensor, answer: Tensor) -> float:
    """Peak signal-to-noise ratio in dB for pixels in [-1, 1], at most MAX_PSNR."""
    error = float((result - answer).square().mean())
    return min(MAX_PSNR, 10 * math.log10(4 / error)) if error > 0 else MAX_PSNR


def background_psnr(result: Tensor, answer: Tensor, background: Tensor) -> float | None:
    """PSNR in dB over frames 2..F, where the first frame and the ground truth show background.

    Pixels that the figure covered are excluded, so a figure that stays behind, which the motion
    gain measures, does not count as a damaged background. None if there are no such pixels.

    Args:
        result, answer, background: (F, 3, H, W) in [-1, 1], background without figures.
    """
    nobody = (answer - background).abs().amax(1) < _BACKGROUND
    nobody = nobody[1:] & nobody[:1]
    if not nobody.any():
        return None
    return psnr(result[1:].movedim(1, 0)[:, nobody], answer[1:].movedim(1, 0)[:, nobody])


def drawn(result: Tensor, answer: Tensor, classes: Tensor | None) -> float | None:
    """Share of the newly covered pixels that are nearer to the ground truth than to the first
    frame: 1 if every limb is drawn where it belongs, 0 if limbs are erased.

    A pixel counts if the ground truth has changed by more than 0.3 and shows a part that was not
    there at first. None if the parts are unknown or nothing is newly covered.

    Args:
        result, answer: (F, 3, H, W) in [-1, 1]. classes: int64 (F, H, W), -1 for none.
    """
    if classes is None:
        return None
    covered = (classes[1:] >= 0) & (classes[1:] != classes[:1])
    return _nearer(result, answer, covered)


def cleared(result: Tensor, answer: Tensor, classes: Tensor | None) -> float | None:
    """The same for the pixels that the figure uncovers: how much of its old position is removed."""
    if classes is None:
        return None
    return _nearer(result, answer, (classes[1:] < 0) & (classes[:1] >= 0))


def _nearer(result: Tensor, answer: Tensor, where: Tensor) -> float | None:
    first = answer[:1]
    counted = where & ((answer[1:] - first).abs().amax(1) > _CHANGED)
    if not counted.any():
        return None
    right = (result[1:] - answer[1:]).square().sum(1)
    still = (result[1:] - first).square().sum(1)
    return float((right < still)[counted].float().mean())
