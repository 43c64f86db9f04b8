"""What each stage of the draft's training minimises. Imports torch, the method and the draft.

Every loss is a function of the step, which seeds its clips and its noise.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..models.inflation import Inflation
from ..models.svd import clip_pixels
from ..noise import c_in, c_noise, draw_sigma, network_target
from .motions import FRAMES
from .networks import make_image_processor, make_vae, pictures_only
from .pool import LatentPool, draw_clips
from .stage import StageSettings, averaged

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
        with pictures_only(), torch.autocast("cpu", torch.bfloat16):
            latents: Tensor = vae.encode(pictures).latent_dist.mode()
            noisy = latents + 0.05 * torch.randn(latents.shape, generator=g)
            decoded: Tensor = vae.decode(noisy, num_frames=1).sample.float()
        error = decoded - pictures
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
        with torch.autocast("cpu", torch.bfloat16):
            embedding: Tensor = encoder(pixels).image_embeds.float()
        return (embedding - clips.tokens.flatten(0, 1)).square().mean()

    return loss


def frames_loss(unet: Any, folder: Path, settings: StageSettings) -> Callable[[int], Tensor]:
    """Single frames: the first frame's latent and one frame's token -> that frame."""
    vae, scale = frozen_vae(folder), latent_scale(folder)
    pool = LatentPool(vae, frames=4, size=4096, fresh=5)
    filler = torch.Generator().manual_seed(settings.seed)

    def loss(step: int) -> Tensor:
        g = _generator(settings, step)
        while len(pool.latents) < 512:
            pool.refresh(filler)
        pool.refresh(g)
        latents, tokens = pool.draw(settings.batch, g)
        which = torch.randint(1, pool.frames, (settings.batch,), generator=g)
        rows = torch.arange(settings.batch)
        x0, token = latents[rows, which][:, None] * scale, tokens[rows, which][:, None]
        token = perturb(token, g)
        ids = torch.tensor(MICRO_CONDITIONING).expand(settings.batch, 3)

        def call(x: Tensor, timestep: Tensor) -> Tensor:
            with pictures_only(), torch.autocast("cpu", torch.bfloat16):
                output: Tensor = unet(x, timestep, token, ids).sample
            return output

        return denoising_loss(x0, latents[:, :1], call, g)

    return loss


def clips_loss(unet: Any, folder: Path, settings: StageSettings) -> Callable[[int], Tensor]:
    """Whole clips: per-frame tokens in the spatial, their mean in the temporal cross-attentions."""
    vae, scale = frozen_vae(folder), latent_scale(folder)
    pool = LatentPool(vae, frames=FRAMES, size=1024, fresh=2)
    filler = torch.Generator().manual_seed(settings.seed)
    inflation = Inflation(unet)
    count = settings.batch // FRAMES

    def loss(step: int) -> Tensor:
        g = _generator(settings, step)
        while len(pool.latents) < 128:
            pool.refresh(filler)
        pool.refresh(g)
        latents, tokens = pool.draw(count, g)
        tokens = perturb(tokens, g)[:, :, None]  # (B, F, 1, D)
        inflation.set(tokens, tokens.mean(1))
        ids = torch.tensor(MICRO_CONDITIONING).expand(count, 3)

        def call(x: Tensor, timestep: Tensor) -> Tensor:
            with torch.autocast("cpu", torch.bfloat16):
                output: Tensor = unet(x, timestep, tokens[:, 0], ids).sample
            return output

        return denoising_loss(latents * scale, latents[:, :1], call, g)

    return loss


def denoising_loss(
    x0: Tensor,
    image_latents: Tensor,
    call: Callable[[Tensor, Tensor], Tensor],
    generator: torch.Generator,
    p_mean: float = 0.8,
    p_std: float = 1.4,
) -> Tensor:
    """SVD's loss: squared error of the network's own output, ln sigma ~ N(p_mean, p_std^2).

    Where the picture changes counts five times, since that is where the motion is.

    Args:
        x0: scaled latents (B, T, C, h, w).
        image_latents: unscaled, of the first frame, (B, 1, C, h, w).
        call: (unet input (B, T, 2C, h, w), timestep (B,)) -> network output (B, T, C, h, w), which
            is a v-prediction.
    """
    sigma = draw_sigma(len(x0), p_mean, p_std, generator)
    x = x0 + sigma.view(-1, 1, 1, 1, 1) * torch.randn(x0.shape, generator=generator)
    kept = (torch.rand(len(x0), generator=generator) > 0.05).float().view(-1, 1, 1, 1, 1)
    image = (kept * image_latents).expand_as(x0)
    output = call(torch.cat([c_in(sigma) * x, image], 2), c_noise(sigma))
    target = network_target(x0, x, sigma)
    change = (image_latents * (x0.std() / image_latents.std()) - x0).abs().mean(2, keepdim=True)
    weight = 1 + 4 * (change > 0.15).float()
    return ((output.float() - target).square() * weight).mean() / weight.mean()


def perturb(tokens: Tensor, generator: torch.Generator) -> Tensor:
    """Noise of the size that inversion starts with; 5 % of the clips lose their tokens; (B, T, D).

    Those without tokens are what guidance needs.
    """
    tokens = tokens + 0.1 * torch.randn(tokens.shape, generator=generator)
    return tokens * (torch.rand(len(tokens), 1, 1, generator=generator) > 0.05)


def frozen_vae(folder: Path) -> Any:
    """The trained autoencoder (AutoencoderKLTemporalDecoder), ready to encode."""
    return averaged(make_vae(), folder, "vae").requires_grad_(False).eval()


@torch.no_grad()
def latent_scale(folder: Path) -> float:
    """1 / standard deviation of the latents over 256 pictures: the VAE's `scaling_factor`."""
    g = torch.Generator().manual_seed(7)
    pictures = draw_clips(g, 128, torch.rand(128, 2, generator=g)).pixels.flatten(0, 1)
    latents: Tensor = frozen_vae(folder).encode(pictures).latent_dist.mode()
    return 1 / latents.std().item()


def _generator(settings: StageSettings, step: int) -> torch.Generator:
    return torch.Generator().manual_seed(settings.seed * 10_000_000 + step)
