"""Clips drawn for training, and a pool of them encoded. Imports torch, the draft's clips."""

from typing import Any

import torch
from torch import Tensor

from .clips import Clips, make_clips
from .figures import random_figures
from .motions import FRAMES, frame_times, random_motions


def draw_clips(generator: torch.Generator, clips: int, times: Tensor) -> Clips:
    """`clips` random figures performing as many random motions at `times` (B, T)."""
    with torch.no_grad():
        return make_clips(random_figures(clips, generator), random_motions(clips, generator), times)


class LatentPool:
    """Encoded clips, refreshed a few at a time: to draw and encode costs less than to train."""

    def __init__(self, vae: Any, frames: int, size: int, fresh: int) -> None:
        """
        Args:
            vae: a frozen AutoencoderKLTemporalDecoder. frames: T of a clip. size: clips kept.
            fresh: clips added by a refresh.
        """
        self.vae, self.frames, self.size, self.fresh = vae, frames, size, fresh
        self.latents: list[Tensor] = []
        self.tokens: list[Tensor] = []

    @torch.no_grad()
    def refresh(self, generator: torch.Generator) -> None:
        """Add `fresh` clips whose first frame is at time 0; drop the oldest beyond `size`."""
        if self.frames == FRAMES:
            times = frame_times(self.fresh)
        else:
            later = torch.rand(self.fresh, self.frames - 1, generator=generator)
            times = torch.cat([torch.zeros(self.fresh, 1), later], 1)
        clips = draw_clips(generator, self.fresh, times)
        with torch.autocast("cpu", torch.bfloat16):
            latents = self.vae.encode(clips.pixels.flatten(0, 1)).latent_dist.mode().float()
        self.latents += list(latents.unflatten(0, (self.fresh, self.frames)))
        self.tokens += list(clips.tokens)
        del self.latents[: -self.size], self.tokens[: -self.size]

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Unscaled latents (B, T, C, h, w) and tokens (B, T, D) of `count` clips of the pool."""
        rows = torch.randint(len(self.latents), (count,), generator=generator).tolist()
        latents, tokens = ([pool[i] for i in rows] for pool in (self.latents, self.tokens))
        return torch.stack(latents), torch.stack(tokens)
