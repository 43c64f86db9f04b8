"""Losses of the draft's training stages. Imports torch, the method and the draft.

Every loss is a function of the step, which seeds its clips and noise. Flow error is the absolute
error in tenths of an image width: if a limb may be at either of two positions, an absolute error
favors one of them, whereas a squared error would put it in between.
"""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...method.noise import c_in, c_noise, c_out, c_skip
from ...models.motion_autoencoder import MotionAutoencoder, positions, relative_to
from ...models.precision import computing_in
from ...models.svd import clip_pixels
from ...models.temporal import pictures_only
from ...models.token_inflation import Inflation
from ..procedural.clips import time_code
from ..procedural.maps import MotionMaps
from ..procedural.motions import FRAMES, frame_times
from . import parallel
from .networks import make_autoencoder, make_image_processor
from .trainer import StageSettings, averaged
from .training_clips import Drawn, draw_clips

# Validation clips, far from the seeds of the training steps and of the evaluation.
_CHECK_SEED, _CHECKED = 950_000_000, 128
MICRO_CONDITIONING = (6.0, 127.0, 0.0)  # fps - 1, motion bucket, noise augmentation
TIMES = 4
"""Later times used per clip: rendering a first frame costs more than computing its motion."""
SIGMA_MAX = 80.0
_FAR = 1 / 8  # image widths from which on motion has its full weight
_SIGMA_MIN, _AT_MAX = 0.5, 0.75


class Drafts(nn.Module):
    """The networks trained together on single frames: the first frame's encoder and the UNet."""

    def __init__(self, autoencoder: MotionAutoencoder, unet: Any) -> None:
        super().__init__()
        self.autoencoder, self.unet = autoencoder, unet


def frames_loss(networks: Drafts, settings: StageSettings) -> Callable[[int], Tensor]:
    """Single frames: the first frame and one frame's tokens -> the motion between the two.

    The first frame's encoder also learns to predict the figure's parts and joints. batch counts
    frames.
    """

    def loss(step: int) -> Tensor:
        g = generator_at(settings, step)
        count = settings.batch // TIMES
        times = torch.cat([torch.zeros(count, 1), torch.rand(count, TIMES, generator=g)], 1)
        drawn = draw_clips(g, count, times)
        seen, known = _seen(networks.autoencoder, drawn)
        error, _ = motion_error(networks, seen, drawn, noise_levels(count * TIMES, g), g, 0.1)
        return error + known

    return loss


def frames_check(networks: Drafts) -> Callable[[], dict[str, float]]:
    """Validation error of the frames stage: fixed, held-out clips at the largest sigma.

    Shows memorization of training clips, which the training loss does not.
    """
    kept: list[Drawn] = []

    @torch.no_grad()
    def check() -> dict[str, float]:
        if not kept:
            g = generator(_CHECK_SEED)
            for _ in range(_CHECKED // 32):
                times = torch.cat([torch.zeros(32, 1), torch.rand(32, 1, generator=g)], 1)
                kept.append(draw_clips(g, 32, times))
        g = generator(_CHECK_SEED + 1)
        sums = {"loss": 0.0, "pixels": 0.0, "known": 0.0}
        for drawn in kept:
            seen, known = _seen(networks.autoencoder, drawn)
            sigma = torch.full((len(seen),), SIGMA_MAX)
            error, pixels = motion_error(networks, seen, drawn, sigma, g, 0.0)
            values = {"loss": error.item(), "pixels": pixels.item(), "known": known.item()}
            sums = {k: v + values[k] / len(kept) for k, v in sums.items()}
        return sums

    return check


def _seen(autoencoder: MotionAutoencoder, drawn: Drawn) -> tuple[Tensor, Tensor]:
    """Image latents (B, C, 16, 16) of first frames, and the error of the maps read from them."""
    with half_precision():
        features = autoencoder.first_frame.features(drawn.first)
        parts, figure = autoencoder.first_frame.dense(features)
        latents = autoencoder.first_frame.latents(features[-1])
        joints = autoencoder.first_frame.joints(latents)
    maps = drawn.maps
    step = drawn.parts.shape[-1] // parts.shape[-1]
    coarse = drawn.parts[:, 0, step // 2 :: step, step // 2 :: step]
    wrong_part = functional.cross_entropy(parts.float(), coarse + 1)
    shown = (drawn.parts[:, 0] >= 0).float()
    wrong_figure = functional.binary_cross_entropy_with_logits(figure[:, 0].float(), shown)
    near = functional.max_pool2d(maps.near, maps.near.shape[-1] // latents.shape[-1])
    off = (joints.float() - relative_to(drawn.joints[:, 0], positions(latents).float())).abs()
    wrong_joint = (off * near).mean() / near.mean().clamp(min=1e-3)
    return latents.float(), 0.3 * wrong_part + 0.3 * wrong_figure + 2.5 * wrong_joint


def motion_error(
    networks: Drafts, image_latents: Tensor, drawn: Drawn, sigma: Tensor, g: torch.Generator,
    perturbed: float,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Error of the denoised motion, and the figure's mean flow error in units of 1/64.

    Args:
        image_latents: (B, C, 16, 16). sigma: Noise levels (B T,). perturbed: Standard deviation of
            noise on the tokens, as large as that with which inversion starts.
    """
    maps, unet = drawn.maps, networks.unet
    times = maps.flow.shape[1]
    x0 = networks.autoencoder.to_latents(maps.flow.flatten(0, 1), maps.depth.flatten(0, 1))
    tokens = drawn.tokens.flatten(0, 1)
    tokens = tokens + perturbed * torch.randn(tokens.shape, generator=g)
    tokens, image = drop(tokens, image_latents.repeat_interleave(times, 0), g, perturbed)
    ids = torch.tensor(MICRO_CONDITIONING).expand(len(x0), 3)
    x = x0[:, None] + sigma.view(-1, 1, 1, 1, 1) * torch.randn(x0[:, None].shape, generator=g)
    with pictures_only(), half_precision():
        given = torch.cat([c_in(sigma) * x, image[:, None]], 2)
        output = unet(given, c_noise(sigma), tokens, ids).sample.float()
    denoised = (c_skip(sigma) * x + c_out(sigma) * output)[:, 0]
    return map_error(networks.autoencoder, denoised, maps)


def map_error(
    autoencoder: MotionAutoencoder, latents: Tensor, maps: MotionMaps
) -> tuple[Tensor, Tensor]:
    """Error of latents (B T, K, 16, 16), and the figure's mean flow error in units of 1/64."""
    flow, depth = autoencoder.to_maps(latents)
    times = maps.flow.shape[1]
    figure, near = (t.repeat_interleave(times, 0) for t in (maps.figure, maps.near))
    true = maps.flow.flatten(0, 1)
    # A camera moves the background as well. What moves far counts more: it is a thin limb as a
    # rule, and too little motion is the likelier error.
    far = (true.norm(dim=1, keepdim=True) / _FAR).clamp(max=1)
    weight = (0.1 + 0.4 * near + figure) * (1 + 2 * far)
    off = (flow - true).abs()
    wrong_depth = (depth - maps.depth.flatten(0, 1)).abs()
    error = 10 * (off * weight).mean() / weight.mean()
    error = error + 2 * (wrong_depth * near).mean() / near.mean().clamp(min=1e-3)
    pixels = (off * figure).sum() / (2 * figure.sum().clamp(min=1)) * flow.shape[-1]
    return error, pixels.detach()


def noise_levels(count: int, g: torch.Generator) -> Tensor:
    """(count,) sigmas: mostly the one where the draft's sampler starts, otherwise any below it.

    The motion is decided at the largest sigma; one sampling step is as good as four.
    """
    low, high = math.log(_SIGMA_MIN), math.log(SIGMA_MAX)
    other = (low + (high - low) * torch.rand(count, generator=g)).exp()
    return torch.where(torch.rand(count, generator=g) < _AT_MAX, SIGMA_MAX, other)


def drop(
    tokens: Tensor, image_latents: Tensor, g: torch.Generator, often: float = 0.1
) -> tuple[Tensor, Tensor]:
    """Zero the tokens, the image or both, each in 2 % of the frames; guidance needs both at once.

    Args:
        tokens: (N, ..., D). image_latents: (N, C, h, w). often: 0 drops nothing.
    """
    if not often:
        return tokens, image_latents
    draw = torch.rand(len(tokens), generator=g)
    motion = ((draw > 0.02) & (draw < 0.98)).float()
    picture = (draw > 0.04).float()
    motion = motion.view(-1, *[1] * (tokens.ndim - 1))
    return tokens * motion, image_latents * picture[:, None, None, None]


def pairs_loss(autoencoder: MotionAutoencoder, settings: StageSettings) -> Callable[[int], Tensor]:
    """Two images -> the motion between them; batch counts pairs. The image encoder is frozen.

    Each first frame is paired with several later ones.
    """
    count = settings.batch // TIMES

    def loss(step: int) -> Tensor:
        g = generator_at(settings, step)
        times = torch.cat([torch.zeros(count, 1), torch.rand(count, TIMES, generator=g)], 1)
        drawn = draw_clips(g, count, times, pictures=1 + TIMES)
        with half_precision():
            with torch.no_grad():
                seen = autoencoder.encode_image(drawn.pictures.flatten(0, 1))
            first, later = seen.unflatten(0, (count, -1)).split((1, TIMES), 1)
            first = first.expand_as(later)
            pair = first.flatten(0, 1), later.flatten(0, 1)
            latents = autoencoder.motion_between(*pair).float()
        return map_error(autoencoder, latents, drawn.maps)[0]

    return loss


def image_encoder_loss(encoder: Any, settings: StageSettings) -> Callable[[int], Tensor]:
    """Squared error between an image's embedding and the token of the pose it shows."""
    processor = make_image_processor()

    def loss(step: int) -> Tensor:
        g = generator_at(settings, step)
        count = settings.batch // 2
        times = torch.rand(count, 2, generator=g)
        drawn = draw_clips(g, count, torch.cat([times, times[:, :1]], 1), pictures=2)
        pixels = clip_pixels(drawn.pictures.flatten(0, 1), processor)
        with half_precision():
            embedding: Tensor = encoder(pixels).image_embeds.float()
        return (embedding - drawn.poses.flatten(0, 1)).square().mean()

    return loss


def clips_loss(networks: Drafts, settings: StageSettings) -> Callable[[int], Tensor]:
    """Whole clips with temporal layers; batch counts frames, FRAMES per clip.

    In every fourth step all frames share the tokens of all frames, each marked with its time. So
    tokens that are not assigned to frames can encode the motion, as in the paper's ablation (sec.
    5.3), where frames find their own by attention.
    """
    inflation = Inflation(networks.unet)
    count, marks = settings.batch // FRAMES, time_code(FRAMES)

    def loss(step: int) -> Tensor:
        g = generator_at(settings, step)
        drawn = draw_clips(g, count, torch.cat([torch.zeros(count, 1), frame_times(count)], 1))
        with torch.no_grad(), half_precision():
            image = networks.autoencoder.encode_image(drawn.first).float()
        tokens = drawn.tokens + 0.1 * torch.randn(drawn.tokens.shape, generator=g)
        tokens, image = drop(tokens, image, g)
        if step % 4 == 3:
            said = (tokens != 0).any(-1, keepdim=True)  # dropped tokens stay zero
            shared = (tokens + marks[:, None] * said).flatten(1, 2)
            inflation.set(shared[:, None].expand(-1, FRAMES, -1, -1), shared)
        else:
            inflation.set(tokens, tokens.mean(1))
        maps = drawn.maps
        x0 = networks.autoencoder.to_latents(maps.flow.flatten(0, 1), maps.depth.flatten(0, 1))
        x0 = x0.unflatten(0, (count, FRAMES))
        sigma = noise_levels(count, g)
        x = x0 + sigma.view(-1, 1, 1, 1, 1) * torch.randn(x0.shape, generator=g)
        ids = torch.tensor(MICRO_CONDITIONING).expand(count, 3)
        given = torch.cat([c_in(sigma) * x, image[:, None].expand(-1, FRAMES, -1, -1, -1)], 2)
        with half_precision():
            output = networks.unet(given, c_noise(sigma), tokens[:, 0, :1], ids).sample.float()
        denoised = c_skip(sigma) * x + c_out(sigma) * output
        return map_error(networks.autoencoder, denoised.flatten(0, 1), maps)[0]

    return loss


def frozen_autoencoder(folder: Path) -> MotionAutoencoder:
    """The autoencoder with the weights trained so far, frozen."""
    autoencoder = averaged(make_autoencoder(), folder, "frames", "autoencoder.")
    with suppress(FileNotFoundError):
        averaged(autoencoder.pair, folder, "pairs", "pair.")
    autoencoder.requires_grad_(False).eval()
    return autoencoder


def half_precision() -> AbstractContextManager[None]:
    """Compute in bfloat16 on the default training device; weights and losses stay float32."""
    return computing_in(torch.bfloat16, torch.float32, torch.get_default_device())


def generator(seed: int) -> torch.Generator:
    """Random generator on the default training device."""
    return torch.Generator(torch.get_default_device()).manual_seed(seed)


def generator_at(settings: StageSettings, step: int) -> torch.Generator:
    """Random generator of one step, different in each process."""
    return generator(settings.seed * 10_000_000 + step * parallel.count() + parallel.rank())
