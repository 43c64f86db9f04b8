"""Training clips of the draft model with their motion tokens. Imports torch only."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ...models.token_layout import MOTION_FEATURES, TOKEN_WIDTH, token_rotation
from .body import PARTS, Figures
from .motions import INDEX, Motions
from .pose import pose
from .render import draw, render, to_image

IMAGE_SIZE = 128


@dataclass
class Clips:
    """B clips of T images and their motion.

    pixels (B, T, 3, S, S) in [-1, 1]; tokens (B, T, D): the motion, one token per frame.
    """

    pixels: Tensor
    tokens: Tensor


@dataclass
class KnownClips(Clips):
    """Clips with the ground truth that evaluation needs.

    tracks (B, T, 10, 2): image positions (x right, y down, 0 .. 1) of the centers of PARTS; classes
    int64 (B, T, S, S): the part visible at a pixel, numbered as in PARTS + EXTRAS, -1 for none;
    background (B, T, 3, S, S) in [-1, 1]: the same images without figures.
    """

    tracks: Tensor
    classes: Tensor
    background: Tensor


def token_basis() -> Tensor:
    """The directions (46, 64) of the motion features in a token."""
    return token_rotation()[:MOTION_FEATURES]


def tokens_of(features: Tensor) -> Tensor:
    """Motion tokens (B, T, 2, D) of the times after the first, from features (B, 1 + T, 46).

    Each frame has two: the pose, and its change since the first frame. The second states what has
    to move, and a network learns from it about 1.4 times as fast as from the pose alone.
    """
    basis = token_basis()
    return torch.stack([features[:, 1:] @ basis, (features[:, 1:] - features[:, :1]) @ basis], 2)


def time_code(frames: int) -> Tensor:
    """(F, D) code that distinguishes the frames of a clip when all frames share the tokens.

    Waves over the clip, of unit amplitude, along the 18 directions not used by motion features.
    """
    free = TOKEN_WIDTH - MOTION_FEATURES
    t = torch.linspace(0, 1, frames)[:, None]
    turns = math.pi * torch.arange(free // 2)
    waves = torch.cat([torch.sin(turns * t), torch.cos(turns * t)], 1)
    return waves @ token_rotation()[MOTION_FEATURES:]


def make_clips(figures: Figures, motions: Motions, times: Tensor, size: int = IMAGE_SIZE) -> Clips:
    """Draw `figures` performing `motions` at `times` (B, T)."""
    posed = pose(figures, motions, times)
    pixels = render(figures, posed.ends, camera_of(motions, times), size)
    return Clips(2 * pixels - 1, posed.features @ token_basis())


def make_known_clips(
    figures: Figures, motions: Motions, times: Tensor, size: int = IMAGE_SIZE
) -> KnownClips:
    """Like `make_clips`, with tracks, parts and background for evaluation."""
    posed = pose(figures, motions, times)
    camera = camera_of(motions, times)
    drawing = draw(figures, posed.ends, camera, size)
    middles = posed.ends[:, :, : len(PARTS), :, :2].mean(3)
    return KnownClips(
        2 * drawing.pixels - 1,
        posed.features @ token_basis(),
        to_image(middles, camera[:, :, None]),
        drawing.classes,
        2 * drawing.background - 1,
    )


def camera_of(motions: Motions, times: Tensor) -> Tensor:
    """(B, T, 4) pan x, pan y (frame widths), ln zoom, roll (radians)."""
    values = motions.values(times)
    return torch.stack([values[:, INDEX[name]] for name in ("pan_x", "pan_y", "zoom", "roll")], -1)
