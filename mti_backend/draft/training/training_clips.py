"""Random training clips with ground-truth motion of every first-frame pixel. Imports torch only.

Only the first frame of a clip is rendered: of the others the network needs only the motion, which
is computed.
"""

from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from ..procedural.body import FACE, Figures
from ..procedural.clips import camera_of, token_basis, tokens_of
from ..procedural.figures import random_figures
from ..procedural.maps import MotionMaps, motion_maps
from ..procedural.motions import Motions, random_motions
from ..procedural.pose import Posed, pose
from ..procedural.render import draw, to_image

PICTURE_SIZE = 128
"""Side in pixels of the model's input."""
MAP_SIZE = 64
_AT_ONCE = 8
"""Clips rendered at once; more would not fit a core's cache."""
# (part, end): joints whose positions image latents encode
JOINTS = (
    (0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (3, 1), (4, 0), (4, 1), (5, 1),
    (6, 0), (6, 1), (7, 1), (8, 0), (8, 1), (9, 1),
)  # fmt: skip


@dataclass
class Drawn:
    """B clips of a first frame and T later times; S = 128 pixels, maps of 64.

    pictures: (B, n, 3, S, S) in [-1, 1], the first n frames. maps: see MotionMaps.
    parts: int64 (B, n, S, S), the visible part, -1 for none.
    joints: (B, n, 15, 3) image positions (0 .. 1) and depth of JOINTS. tokens: (B, T, 2, D).
    poses: (B, n, D) token of the pose that each image shows.
    """

    pictures: Tensor
    maps: MotionMaps
    parts: Tensor
    joints: Tensor
    tokens: Tensor
    poses: Tensor

    @property
    def first(self) -> Tensor:
        """(B, 3, S, S)"""
        return self.pictures[:, 0]


@torch.no_grad()
def draw_clips(generator: torch.Generator, clips: int, times: Tensor, pictures: int = 1) -> Drawn:
    """Draw random bodies and motions for training; the first `pictures` frames are rendered.

    times: (B, 1 + T) in [0, 1], starting with the first frame's.
    """
    parts = []
    for rows in times.split(_AT_ONCE):
        figures = random_figures(len(rows), generator, kind="any")
        framed(figures, generator)
        motions = random_motions(len(rows), generator, figures.kind == FACE)
        parts.append(known(figures, motions, rows, pictures, generator))
    return joined(parts)


def joined(parts: list[Drawn]) -> Drawn:
    """Concatenate the clips of several draws."""

    def cat(name: str, of: list[Any]) -> Tensor:
        return torch.cat([getattr(part, name) for part in of])

    maps = [part.maps for part in parts]
    return Drawn(
        maps=MotionMaps(**{f.name: cat(f.name, maps) for f in fields(MotionMaps)}),
        **{f.name: cat(f.name, parts) for f in fields(Drawn) if f.name != "maps"},
    )


@torch.no_grad()
def known(
    figures: Figures, motions: Motions, times: Tensor, pictures: int = 1,
    exposure: torch.Generator | None = None,
) -> Drawn:  # fmt: skip
    """Render these figures performing these motions; `exposure` darkens or fades some of them."""
    posed, camera = pose(figures, motions, times), camera_of(motions, times)
    drawing = draw(figures, posed.ends[:, :pictures], camera[:, :pictures], PICTURE_SIZE)
    pixels = 2 * drawing.pixels - 1
    step = PICTURE_SIZE // MAP_SIZE
    coarse = drawing.classes[:, 0, step // 2 :: step, step // 2 :: step]
    return Drawn(
        pixels if exposure is None else exposed(pixels, exposure),
        motion_maps(figures, posed.ends, coarse, camera),
        drawing.classes,
        _joints(posed, camera, pictures),
        tokens_of(posed.features),
        posed.features[:, :pictures] @ token_basis(),
    )


def _joints(posed: Posed, camera: Tensor, pictures: int) -> Tensor:
    points = torch.stack([posed.ends[:, :pictures, part, end] for part, end in JOINTS], 2)
    places = to_image(points[..., :2], camera[:, :pictures, None])
    return torch.cat([places, points[..., 2:]], -1)


def framed(figures: Figures, generator: torch.Generator) -> None:
    """Place figures as in crops around a subject, in place.

    Six in ten fill the frame like a target; three are smaller and off center, as in a crop around a
    whole motion; the others stay where they are, as when the whole frame is used.
    """
    count = len(figures.height)

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator)

    draw = uniform(0, 1)
    close, wide = draw < 0.6, (draw >= 0.6) & (draw < 0.9)
    height = torch.where(close, uniform(0.6, 0.88), uniform(0.38, 0.65))
    centre = torch.where(close, uniform(-0.1, 0.1), uniform(-0.22, 0.22))
    ground = -height / 2 + torch.where(close, uniform(-0.06, 0.06), uniform(-0.12, 0.12))
    kept = ~(close | wide)
    figures.height = torch.where(kept, figures.height, height)
    figures.centre = torch.where(kept, figures.centre, centre)
    figures.ground = torch.where(kept, figures.ground, ground)


def exposed(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Darken a quarter of the clips, reduce a fifth's contrast; (B, T, 3, S, S) in [-1, 1]."""
    draw = torch.rand(2, len(pixels), 1, 1, 1, 1, generator=generator)
    light = torch.where(draw[0] < 0.25, 0.35 + 0.65 * draw[1], 1.0)
    contrast = torch.where(draw[0] > 0.8, 0.45 + 0.55 * draw[1], 1.0)
    bright = (pixels + 1) / 2
    mean = bright.mean((1, 2, 3, 4), keepdim=True)
    return 2 * light * (mean + contrast * (bright - mean)) - 1
