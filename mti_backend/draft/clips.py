"""Clips and their motion tokens: what the draft model is trained on. Imports torch only."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .figures import Figures
from .motions import INDEX, Motions
from .pose import MOTION_FEATURES, pose
from .render import render

TOKEN_WIDTH = 64
IMAGE_SIZE = 64


@dataclass
class Clips:
    """pixels (B, T, 3, S, S) in [-1, 1]; tokens (B, T, D): the motion, one token a frame."""

    pixels: Tensor
    tokens: Tensor


def token_basis() -> Tensor:
    """The fixed rotation (42, 64) that lays the motion features out over a token's whole width.

    A token is the features in another orthonormal basis, so that the image encoder can be trained
    to the same space on its own, and no direction of a token goes unused.
    """
    generator = torch.Generator().manual_seed(20240801)
    square = torch.randn(TOKEN_WIDTH, TOKEN_WIDTH, generator=generator, dtype=torch.float64)
    rotation: Tensor = torch.linalg.qr(square).Q
    return rotation[:MOTION_FEATURES].float()


def make_clips(figures: Figures, motions: Motions, times: Tensor, size: int = IMAGE_SIZE) -> Clips:
    """Draw `figures` performing `motions` at `times` (B, T)."""
    joints, features = pose(figures, motions, times)
    values = motions.values(times)
    camera = torch.stack(
        [values[:, INDEX[name]] for name in ("pan_x", "pan_y", "zoom", "roll")], -1
    )
    pixels = render(figures, joints, camera, size)
    return Clips(2 * pixels - 1, features @ token_basis())
