"""Clips and their motion tokens: what the draft model is trained on. Imports torch only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .body import PARTS, Figures
from .motions import INDEX, Motions
from .pose import MOTION_FEATURES, place, pose
from .render import background, draw, paint, to_image

# More bodies in some of the clips: figures[i] performs the motion of clip rows[i], (n,).
Companions = Sequence[tuple[Tensor, Figures]]

TOKEN_WIDTH = 64
IMAGE_SIZE = 64


@dataclass
class Clips:
    """B clips of T pictures and what is known of them.

    pixels (B, T, 3, S, S) in [-1, 1]; tokens (B, T, D): the motion, one token a frame.
    """

    pixels: Tensor
    tokens: Tensor


@dataclass
class KnownClips(Clips):
    """What evaluation wants to know besides.

    tracks (B, T, 10, 2): image places (x right, y down, 0 .. 1) of the middles of PARTS; classes
    int64 (B, T, S, S): the part seen at a pixel, numbered as PARTS + EXTRAS, -1 for nobody;
    background (B, T, 3, S, S) in [-1, 1]: the same pictures without anybody.
    """

    tracks: Tensor
    classes: Tensor
    background: Tensor


def token_basis() -> Tensor:
    """The fixed rotation (42, 64) that lays the motion features out over a token's whole width.

    A token is the features in another orthonormal basis, so that the image encoder can be trained
    to the same space on its own, and no direction of a token goes unused.
    """
    return _rotation()[:MOTION_FEATURES]


def time_code(frames: int) -> Tensor:
    """(F, D): what tells the tokens of a clip's frames apart where all frames share them.

    Waves over the clip, of unit size, along the 22 directions that motion features leave free.
    """
    free = TOKEN_WIDTH - MOTION_FEATURES
    t = torch.linspace(0, 1, frames)[:, None]
    turns = math.pi * torch.arange(free // 2)
    waves = torch.cat([torch.sin(turns * t), torch.cos(turns * t)], 1)
    return waves @ _rotation()[MOTION_FEATURES:]


def _rotation() -> Tensor:
    generator = torch.Generator("cpu").manual_seed(20240801)
    square = torch.randn(
        TOKEN_WIDTH, TOKEN_WIDTH, generator=generator, dtype=torch.float64, device="cpu"
    )
    rotation: Tensor = torch.linalg.qr(square).Q
    return rotation.float().to(torch.get_default_device())


def make_clips(
    figures: Figures,
    motions: Motions,
    times: Tensor,
    size: int = IMAGE_SIZE,
    companions: Companions = (),
) -> Clips:
    """Draw `figures` performing `motions` at `times` (B, T), and behind them their `companions`."""
    posed = pose(figures, motions, times)
    camera = camera_of(motions, times)
    pixels = background(figures, camera, size)
    for rows, others in companions:
        picture = pixels[rows]
        ends = place(others, motions.values(times)[rows], motions.grounded[rows])
        paint(others, ends, camera[rows], picture)
        pixels[rows] = picture
    paint(figures, posed.ends, camera, pixels)
    return Clips(2 * pixels - 1, posed.features @ token_basis())


def make_known_clips(
    figures: Figures, motions: Motions, times: Tensor, size: int = IMAGE_SIZE
) -> KnownClips:
    """As `make_clips`, with tracks, parts and background; for evaluation."""
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
