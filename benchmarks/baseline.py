"""Baseline of the benchmarks: the paper's recipe on stock diffusers, without our optimizations.

Uses nothing from `mti_backend.models` except the hooks that give each frame its tokens (which cost
nothing): torch's and diffusers' own layers, attention and checkpointing, autocast over float32
weights, and the autoencoder on a newly augmented clip in every iteration (Reenact Anything, App.
B.1).
"""

from pathlib import Path

import torch
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
from torch import Tensor

from mti_addon.wire.settings import Augmentation
from mti_backend.method.augmentation import augment
from mti_backend.method.noise import c_in, c_noise, sample_sigmas, v_target
from mti_backend.models.token_inflation import Inflation


class PaperLike:
    """Optimizes one embedding on one clip, `step` by `step`.

    cached: compute the clip's latents once, without augmentation, rather than in every step.
    checkpointing: diffusers' own. autocast: dtype of matrix products, or None.
    """

    def __init__(
        self,
        folder: Path,
        pictures: Tensor,
        tokens: int = 5,
        *,
        cached: bool = False,
        checkpointing: bool = False,
        autocast: torch.dtype | None = None,
        device: str = "cpu",
    ) -> None:
        """pictures: (F, 3, H, W) in [-1, 1]."""
        self.device, self.autocast, self.cached = torch.device(device), autocast, cached
        variant = "fp16" if list((folder / "unet").glob("*.fp16.safetensors")) else None
        self.unet, self.vae = (
            cls.from_pretrained(folder, subfolder=part, variant=variant, torch_dtype=torch.float32)
            .to(self.device)
            .requires_grad_(False)
            .eval()
            for cls, part in (
                (UNetSpatioTemporalConditionModel, "unet"),
                (AutoencoderKLTemporalDecoder, "vae"),
            )
        )
        if checkpointing:
            self.unet.enable_gradient_checkpointing()
            self.unet.train()  # diffusers checkpoints in training mode only
        self.inflation = Inflation(self.unet)
        self.pictures = pictures.to(self.device)
        self.generator = torch.Generator().manual_seed(0)
        width = self.unet.config.cross_attention_dim
        shape = (1, len(pictures), tokens, width)
        self.frame_tokens, self.video_tokens = (
            (0.1 * torch.randn(s, generator=self.generator)).to(self.device).requires_grad_()
            for s in (shape, (1, tokens, width))
        )
        self.optimizer = torch.optim.Adam([self.frame_tokens, self.video_tokens], lr=1e-2)
        self._latents = self._encode(self.pictures) if cached else None

    @torch.no_grad()
    def _encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        latents = self.vae.encode(pictures).latent_dist.mode()[None]
        return latents * self.vae.config.scaling_factor, latents[:, :1]

    def step(self) -> float:
        """Run one iteration and return its loss."""
        g = self.generator
        x0, image = self._latents or self._encode(augment(self.pictures, Augmentation(), g))
        sigma = sample_sigmas(1, 2.8, 1.6, g).to(x0)
        noisy = x0 + sigma * torch.randn(x0.shape, generator=g).to(x0)
        self.inflation.set(self.frame_tokens, self.video_tokens)
        self.optimizer.zero_grad(set_to_none=True)
        with self._precision():
            output = self.unet(
                torch.cat([c_in(sigma) * noisy, image.expand_as(x0)], 2),
                c_noise(sigma),
                self.frame_tokens[:, 0],
                torch.tensor([[6.0, 127.0, 0.02]], device=self.device),
                return_dict=False,
            )[0]
        loss = (output.float() - v_target(x0, noisy, sigma)).square().mean()
        loss.backward()
        self.optimizer.step()
        return float(loss.detach())

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, self.autocast, enabled=self.autocast is not None)
