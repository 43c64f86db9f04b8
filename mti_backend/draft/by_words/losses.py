"""Losses of the text-to-video draft's training stages. Imports torch and the draft.

Every loss is a function of the step, which seeds its clips and noise.
"""

from collections.abc import Callable
from typing import Any

import torch
from diffusers import AutoencoderKL, UNetMotionModel
from torch import Tensor
from torch.nn import functional

from ..training.losses import generator, generator_at, half_precision
from ..training.trainer import StageSettings
from .movers import FRAMES
from .networks import Painter, make_scheduler
from .scenes import Scene, random_scenes, said, show_scenes

_CHECK_SEED, _CHECKED = 960_000_000, 48
_AT_ONCE = 16
"""Images drawn at once; more would not fit a core's cache."""
_EDGES, _KL = 0.5, 1e-4
"""Weights of the error of edges, and of the divergence from a normal distribution."""


def draw_pictures(count: int, g: torch.Generator) -> tuple[Tensor, list[Scene]]:
    """`count` frames (B, 3, S, S) in [-1, 1], each at a random time of another clip."""
    pixels, every = [], []
    for start in range(0, count, _AT_ONCE):
        scenes = random_scenes(min(_AT_ONCE, count - start), g)
        times = torch.rand(len(scenes), 1, generator=g)
        pixels.append(show_scenes(scenes, g, times).pixels[:, 0])
        every += scenes
    return torch.cat(pixels), every


def autoencoder_loss(
    autoencoder: AutoencoderKL, settings: StageSettings
) -> Callable[[int], Tensor]:
    """Absolute error of images and of their edges; batch counts images."""

    def loss(step: int) -> Tensor:
        g = generator_at(settings, step)
        pixels, _ = draw_pictures(settings.batch, g)
        with half_precision():
            found = autoencoder.encode(pixels).latent_dist
            noise = torch.randn(found.mean.shape, generator=g)
            again = autoencoder.decode(found.mean + found.std * noise).sample.float()
        divergence = 0.5 * (found.mean.square() + found.var - 1 - found.logvar).float().mean()
        error: Tensor = image_error(again, pixels) + _KL * divergence
        return error

    return loss


def image_error(found: Tensor, pixels: Tensor) -> Tensor:
    """Absolute error of images (B, 3, S, S), and of the differences of neighboring pixels."""
    off = found - pixels
    edges = off.diff(dim=-1).abs().mean() + off.diff(dim=-2).abs().mean()
    return off.abs().mean() + _EDGES * edges


def pictures_loss(
    painter: Painter, autoencoder: AutoencoderKL, settings: StageSettings
) -> Callable[[int], Tensor]:
    """Single images with captions; batch counts images."""
    scheduler = make_scheduler()

    def loss(step: int) -> Tensor:
        g = generator_at(settings, step)
        pixels, scenes = draw_pictures(settings.batch, g)
        prompts = [said(scene, g) for scene in scenes]
        x0 = encoded(autoencoder, pixels)
        timesteps, noise = _draw_noise(x0, scheduler, g)
        with half_precision():
            text = painter.encode(prompts)
        return _error(painter.unet, scheduler, x0, noise, timesteps, text)

    return loss


def clips_loss(
    video: UNetMotionModel, painter: Painter, autoencoder: AutoencoderKL, settings: StageSettings
) -> Callable[[int], Tensor]:
    """Whole clips with captions, for the motion modules; batch counts images, FRAMES per clip."""
    scheduler, count = make_scheduler(), max(1, settings.batch // FRAMES)

    def loss(step: int) -> Tensor:
        g = generator_at(settings, step)
        scenes = random_scenes(count, g)
        pixels = show_scenes(scenes, g).pixels
        with torch.no_grad(), half_precision():
            text = painter.encode([said(scene, g) for scene in scenes])
        x0 = encoded(autoencoder, pixels.flatten(0, 1)).unflatten(0, (count, FRAMES))
        x0 = x0.transpose(1, 2)  # (B, C, F, h, w)
        timesteps, noise = _draw_noise(x0, scheduler, g)
        text = text.repeat_interleave(FRAMES, 0)
        return _error(video, scheduler, x0, noise, timesteps, text)

    return loss


def pictures_check(painter: Painter, autoencoder: AutoencoderKL) -> Callable[[], dict[str, float]]:
    """Error on fixed, new images, with their own captions and with those of others.

    The difference of the two is what the network knows from words.
    """
    scheduler = make_scheduler()
    g = generator(_CHECK_SEED)
    pixels, scenes = draw_pictures(_CHECKED, g)
    prompts = [scene.caption.text() for scene in scenes]
    x0 = encoded(autoencoder, pixels)
    _, noise = _draw_noise(x0, scheduler, g)
    timesteps = torch.linspace(100, 999, _CHECKED).long()

    @torch.no_grad()
    def check() -> dict[str, float]:
        found = {}
        for name, words in (("loss", prompts), ("other_words", [*prompts[7:], *prompts[:7]])):
            with half_precision():
                text = painter.encode(words)
            error = _error(painter.unet, scheduler, x0, noise, timesteps, text)
            found[name] = error.item()
        return found

    return check


@torch.no_grad()
def encoded(autoencoder: AutoencoderKL, pixels: Tensor) -> Tensor:
    """Latents (B, C, h, w) of images (B, 3, S, S)."""
    with half_precision():
        latents: Tensor = autoencoder.encode(pixels).latent_dist.mean.float()
    return latents


def _draw_noise(x0: Tensor, scheduler: Any, g: torch.Generator) -> tuple[Tensor, Tensor]:
    steps = scheduler.config.num_train_timesteps
    timesteps = torch.randint(steps, (len(x0),), generator=g)
    return timesteps, torch.randn(x0.shape, generator=g)


def _error(
    unet: Any, scheduler: Any, x0: Tensor, noise: Tensor, timesteps: Tensor, text: Tensor
) -> Tensor:
    noisy = scheduler.add_noise(x0, noise, timesteps)
    with half_precision():
        output = unet(noisy, timesteps, text, return_dict=False)[0].float()
    target = scheduler.get_velocity(x0, noise, timesteps)
    return functional.mse_loss(output, target)
