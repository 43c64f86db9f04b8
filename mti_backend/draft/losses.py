"""What each stage of the draft's training minimises. Imports torch, the method and the draft.

Every loss is a function of the step, which seeds its clips and its noise.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..models.inflation import Inflation
from ..models.precision import computing_in
from ..models.svd import clip_pixels
from ..models.temporal import pictures_only
from ..noise import c_in, c_noise, draw_sigma, network_target
from . import parallel
from .clips import time_code
from .motions import FRAMES, frame_times
from .networks import (
    make_image_encoder,
    make_image_processor,
    make_vae,
)
from .pool import LatentPool, draw_clips
from .stage import StageSettings, averaged

# of the clips that a training is checked on: far from the seeds of its steps and of the evaluation
_CHECK_SEED, _CHECKED = 950_000_000, 192
MICRO_CONDITIONING = (6.0, 127.0, 0.0)  # fps - 1, motion bucket, noise augmentation


def vae_loss(vae: Any, settings: StageSettings) -> Callable[[int], Tensor]:
    """Squared and absolute error of reconstructed pictures, latents kept small, a little noise.

    No posterior is sampled: its unit variance at the start costs most of so short a training.
    Fixed noise of 0.05 on the latents keeps neighbouring ones alike, which is what diffusion needs
    of them.
    """

    def loss(step: int) -> Tensor:
        g = _generator(settings, step)
        times = torch.rand(settings.batch // 2, 2, generator=g)
        pictures = draw_clips(g, settings.batch // 2, times).pixels.flatten(0, 1)
        with pictures_only(), _half_precision():
            latents: Tensor = vae.encode(pictures).latent_dist.mode()
            noisy = latents + 0.05 * torch.randn(latents.shape, generator=g)
            decoded: Tensor = vae.decode(noisy, num_frames=1).sample.float()
        # what counts is the error beside what is to be seen: dim, pale pictures are as good as
        # others
        contrast = pictures.var((1, 2, 3), keepdim=True)
        error = (decoded - pictures) * (0.3 / (0.1 + contrast)).sqrt()
        return (
            error.square().mean()
            + 0.1 * error.abs().mean()
            + 1e-4 * latents.float().square().mean()
        )

    return loss


def image_encoder_loss(encoder: Any, settings: StageSettings) -> Callable[[int], Tensor]:
    """Squared error between a picture's embedding and the motion token of the frame it is."""
    processor = make_image_processor()

    def loss(step: int) -> Tensor:
        g = _generator(settings, step)
        times = torch.rand(settings.batch // 2, 2, generator=g)
        clips = draw_clips(g, settings.batch // 2, times)
        pixels = clip_pixels(clips.pixels.flatten(0, 1), processor)
        with _half_precision():
            embedding: Tensor = encoder(pixels).image_embeds.float()
        return (embedding - clips.tokens.flatten(0, 1)).square().mean()

    return loss


def predictor_loss(
    predictor: Any, folder: Path, settings: StageSettings
) -> Callable[[int], Tensor]:
    """Squared error of the tokens predicted from a whole clip's pictures; batch counts clips."""
    encoder = averaged(make_image_encoder(), folder, "image-encoder").requires_grad_(False).eval()
    processor = make_image_processor()

    def loss(step: int) -> Tensor:
        g = _generator(settings, step)
        clips = draw_clips(g, settings.batch, frame_times(settings.batch))
        pixels = clip_pixels(clips.pixels.flatten(0, 1), processor)
        with torch.no_grad(), _half_precision():
            embeddings = encoder(pixels).image_embeds.float()
        tokens: Tensor = predictor(clips.pixels, embeddings.unflatten(0, clips.tokens.shape[:2]))
        return (tokens - clips.tokens).square().mean()

    return loss


def frames_loss(unet: Any, folder: Path, settings: StageSettings) -> Callable[[int], Tensor]:
    """Single frames: the first frame's latent and one frame's token -> that frame."""
    vae = frozen_vae(folder)
    scale = latent_scale(vae)
    pool = LatentPool(vae, frames=2, size=4096, fresh=settings.batch // 4 + 1)

    def loss(step: int) -> Tensor:
        g = _generator(settings, step)
        pool.fill(512, g)
        latents, tokens = pool.draw(settings.batch, g)
        token, image = drop(perturb(tokens[:, 1:], g), latents[:, :1], g)
        return _frame_loss(unet, scale, latents, token, image, g)

    return loss


def frames_check(unet: Any, folder: Path, settings: StageSettings) -> Callable[[], float]:
    """The frames' loss on clips that are never trained on, always the same, with the same noise.

    What the training's own loss does not tell: whether clips are learned by heart.
    """
    vae = frozen_vae(folder)
    scale = latent_scale(vae)
    pool = LatentPool(vae, frames=2, size=_CHECKED, fresh=16)

    @torch.no_grad()
    def check() -> float:
        g = generator(_CHECK_SEED)
        if not pool.latents:
            pool.fill(_CHECKED, g)
        latents, tokens = torch.stack(pool.latents), torch.stack(pool.tokens)
        g = generator(_CHECK_SEED + 1)
        batches = [rows.split(settings.batch) for rows in (latents, tokens)]
        losses = [
            _frame_loss(unet, scale, latents, tokens[:, 1:], latents[:, :1], g).item()
            for latents, tokens in zip(*batches, strict=True)
        ]
        return sum(losses) / len(losses)

    return check


def _frame_loss(
    unet: Any, scale: float, latents: Tensor, token: Tensor, image: Tensor, g: torch.Generator
) -> Tensor:
    """Of clips of two frames, latents (B, 2, C, h, w); token (B, 1, D), image (B, 1, C, h, w)."""
    ids = torch.tensor(MICRO_CONDITIONING).expand(len(latents), 3)

    def call(x: Tensor, timestep: Tensor) -> Tensor:
        with pictures_only(), _half_precision():
            output: Tensor = unet(x, timestep, token, ids).sample
        return output

    return denoising_loss(latents[:, 1:] * scale, latents[:, :1], image, call, g)


def clips_loss(unet: Any, folder: Path, settings: StageSettings) -> Callable[[int], Tensor]:
    """Whole clips: per-frame tokens in the spatial, their mean in the temporal cross-attentions.

    In every fourth step all frames share the tokens of all frames instead, each marked with its
    time: what a clip does as a whole can then be told by tokens that know nothing of frames, as in
    the paper's ablation (sec. 5.3), where frames find their own by attention.
    """
    vae = frozen_vae(folder)
    scale = latent_scale(vae)
    pool = LatentPool(vae, frames=FRAMES, size=1024, fresh=settings.batch // FRAMES // 3 + 1)
    inflation = Inflation(unet)
    count, marks = settings.batch // FRAMES, time_code(FRAMES)

    def loss(step: int) -> Tensor:
        g = _generator(settings, step)
        pool.fill(128, g)
        latents, tokens = pool.draw(count, g)
        tokens, image = drop(perturb(tokens, g), latents[:, :1], g)
        if step % 4 == 3:
            shared = tokens + marks * (tokens != 0).any(-1, keepdim=True)  # dropped ones stay zero
            inflation.set(shared[:, None].expand(-1, FRAMES, -1, -1), shared)
        else:
            inflation.set(tokens[:, :, None], tokens.mean(1, keepdim=True))
        ids = torch.tensor(MICRO_CONDITIONING).expand(count, 3)

        def call(x: Tensor, timestep: Tensor) -> Tensor:
            with _half_precision():
                output: Tensor = unet(x, timestep, tokens[:, :1], ids).sample
            return output

        return denoising_loss(latents * scale, latents[:, :1], image, call, g)

    return loss


def denoising_loss(
    x0: Tensor,
    image_latents: Tensor,
    condition: Tensor,
    call: Callable[[Tensor, Tensor], Tensor],
    generator: torch.Generator,
    p_mean: float = 1.6,
    p_std: float = 1.4,
) -> Tensor:
    """SVD's loss: squared error of the network's own output, ln sigma ~ N(p_mean, p_std^2).

    Where the picture changes counts five times, since that is where the motion is. The noise is
    strong on average: the few steps of the draft's sampler decide the motion at sigma 80 and 10.

    Args:
        x0: scaled latents (B, T, C, h, w).
        image_latents: unscaled, of the first frame, (B, 1, C, h, w).
        condition: the same, zero where the picture is kept from the network.
        call: (unet input (B, T, 2C, h, w), timestep (B,)) -> network output (B, T, C, h, w), which
            is a v-prediction.
    """
    sigma = draw_sigma(len(x0), p_mean, p_std, generator)
    x = x0 + sigma.view(-1, 1, 1, 1, 1) * torch.randn(x0.shape, generator=generator)
    output = call(torch.cat([c_in(sigma) * x, condition.expand_as(x0)], 2), c_noise(sigma))
    target = network_target(x0, x, sigma)
    change = (image_latents * (x0.std() / image_latents.std()) - x0).abs().mean(2, keepdim=True)
    weight = 1 + 4 * (change > 0.15).float()
    return ((output.float() - target).square() * weight).mean() / weight.mean()


def perturb(tokens: Tensor, generator: torch.Generator) -> Tensor:
    """Noise of the size that inversion starts with; (B, T, D)."""
    return tokens + 0.1 * torch.randn(tokens.shape, generator=generator)


def drop(
    tokens: Tensor, image_latents: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Zero the tokens, the picture or both, each in 3 % of the clips.

    Guidance needs both at once, motion visualisation the picture alone.

    Args:
        tokens: (B, T, D). image_latents: (B, 1, C, h, w).
    """
    draw = torch.rand(len(tokens), generator=generator)
    motion = ((draw > 0.03) & (draw < 0.97)).float()
    picture = (draw > 0.06).float()
    return tokens * motion[:, None, None], image_latents * picture[:, None, None, None, None]


def frozen_vae(folder: Path) -> Any:
    """The trained autoencoder (AutoencoderKLTemporalDecoder), ready to encode."""
    return averaged(make_vae(), folder, "vae").requires_grad_(False).eval()


@torch.no_grad()
def latent_scale(vae: Any) -> float:
    """1 / standard deviation of a VAE's latents over 256 pictures: its `scaling_factor`."""
    g = generator(7)
    pictures = draw_clips(g, 128, torch.rand(128, 2, generator=g)).pixels.flatten(0, 1)
    latents: Tensor = vae.encode(pictures).latent_dist.mode()
    return 1 / latents.std().item()


def _half_precision() -> AbstractContextManager[None]:
    return computing_in(torch.bfloat16, torch.float32, torch.get_default_device())


def generator(seed: int) -> torch.Generator:
    """Random numbers on the device that training runs on."""
    return torch.Generator(torch.get_default_device()).manual_seed(seed)


def _generator(settings: StageSettings, step: int) -> torch.Generator:
    """Random numbers of one step, in each process others."""
    return generator(settings.seed * 10_000_000 + step * parallel.count() + parallel.rank())
