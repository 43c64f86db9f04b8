"""Clips drawn for training, and a pool of them encoded. Imports torch, the draft's clips."""

from typing import Any

import torch
from torch import Tensor

from .clips import Clips, make_clips
from .figures import Figures, random_figures
from .motions import FRAMES, frame_times, random_motions


def draw_clips(generator: torch.Generator, clips: int, times: Tensor) -> Clips:
    """`clips` random bodies of any kind, some with companions, and motions at `times` (B, T)."""
    with torch.no_grad():
        figures = random_figures(clips, generator, kind="any")
        motions = random_motions(clips, generator)
        companions = crowd(figures, generator)
        drawn = make_clips(figures, motions, times, companions=companions)
        drawn.pixels = exposed(drawn.pixels, generator)
        return drawn


def exposed(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Darken a quarter of the clips, take contrast from a fifth; (B, T, 3, S, S) in [-1, 1]."""
    draw = torch.rand(2, len(pixels), 1, 1, 1, 1, generator=generator)
    light = torch.where(draw[0] < 0.25, 0.35 + 0.65 * draw[1], 1.0)
    contrast = torch.where(draw[0] > 0.8, 0.45 + 0.55 * draw[1], 1.0)
    bright = (pixels + 1) / 2
    mean = bright.mean((1, 2, 3, 4), keepdim=True)
    return 2 * light * (mean + contrast * (bright - mean)) - 1


def crowd(figures: Figures, generator: torch.Generator) -> list[tuple[Tensor, Figures]]:
    """Give one body in seven a companion beside it and one in twenty two; all become smaller.

    `figures` is changed in place.
    """
    count = len(figures.height)
    draw = torch.rand(count, generator=generator)
    movers = 1 + (draw < 0.2).long() + (draw < 0.05).long()
    several = movers > 1
    figures.height[several] = 0.4 + 0.25 * torch.rand(int(several.sum()), generator=generator)
    seat = torch.rand(count, 3, generator=generator).argsort(1)  # who stands where
    step = torch.where(movers == 2, 0.42, 0.31)

    def place_of(mover: int) -> Tensor:
        middle = torch.where(movers == 2, (seat[:, mover] % 2) - 0.5, seat[:, mover] - 1.0)
        if mover == 1:  # with two of them, beside the first
            middle = torch.where(movers == 2, 0.5 - seat[:, 0] % 2, middle)
        return step * middle + 0.08 * (torch.rand(count, generator=generator) - 0.5)

    figures.centre[several] = place_of(0)[several]
    companions = []
    for mover in (1, 2):
        rows = (movers > mover).nonzero()[:, 0]
        if len(rows):
            others = random_figures(len(rows), generator, kind="any")
            others.height = figures.height[rows] * (
                0.8 + 0.4 * torch.rand(len(rows), generator=generator)
            )
            others.centre = place_of(mover)[rows]
            others.ground = figures.ground[rows]
            companions.append((rows, others))
    return companions


class LatentPool:
    """Encoded clips, refreshed a few at a time: to draw and encode costs less than to train.

    A clip should not be drawn from it more than a few times: seen twenty times each, the training's
    clips were denoised to a loss of 0.17 where new ones had 0.26.

    A checkpoint does not hold it. A training that goes on fills it anew, with clips it has never
    seen, so its next steps see other clips than they would have: resumed, not bit for bit.
    """

    def __init__(self, vae: Any, frames: int, size: int, fresh: int) -> None:
        """
        Args:
            vae: a frozen AutoencoderKLTemporalDecoder. frames: T of a clip. size: clips kept.
            fresh: clips added by a refresh.
        """
        self.vae, self.frames, self.size, self.fresh = vae, frames, size, fresh
        self.latents: list[Tensor] = []
        self.tokens: list[Tensor] = []

    def fill(self, least: int, generator: torch.Generator) -> None:
        """`refresh` once, and until `least` clips are there."""
        self.refresh(generator)
        while len(self.latents) < least:
            self.refresh(generator)

    @torch.no_grad()
    def refresh(self, generator: torch.Generator) -> None:
        """Add `fresh` clips whose first frame is at time 0; drop the oldest beyond `size`."""
        if self.frames == FRAMES:
            times = frame_times(self.fresh)
        else:
            later = torch.rand(self.fresh, self.frames - 1, generator=generator)
            times = torch.cat([torch.zeros(self.fresh, 1), later], 1)
        clips = draw_clips(generator, self.fresh, times)
        with torch.autocast(clips.pixels.device.type, torch.bfloat16):
            latents = self.vae.encode(clips.pixels.flatten(0, 1)).latent_dist.mode().float()
        self.latents += list(latents.unflatten(0, (self.fresh, self.frames)))
        self.tokens += list(clips.tokens)
        del self.latents[: -self.size], self.tokens[: -self.size]

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Unscaled latents (B, T, C, h, w) and tokens (B, T, D) of `count` clips of the pool."""
        rows = torch.randint(len(self.latents), (count,), generator=generator).tolist()
        latents, tokens = ([pool[i] for i in rows] for pool in (self.latents, self.tokens))
        return torch.stack(latents), torch.stack(tokens)
