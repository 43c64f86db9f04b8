"""Baseline of `motion_inversion.py`: the released code's recipe on stock diffusers, without our
optimizations.

Uses nothing from `mti_backend.models` except the hooks that add the embeddings (which cost
nothing): torch's and diffusers' own layers, attention and checkpointing, autocast over float32
weights, torch's AdamW, and latents made once (Motion Inversion, released code; its config).
"""

from pathlib import Path
from typing import Any

import torch
from diffusers import AnimateDiffPipeline, DDIMScheduler, MotionAdapter
from torch import Tensor

from mti_backend.method.motion_inversion.embeddings import MotionEmbeddings
from mti_backend.method.motion_inversion.settings import LearningSettings, PlayingSettings
from mti_backend.models.temporal_injection import TemporalInjection, at_levels


class PlainMotionInversion:
    """AnimateDiffPipeline, of which `step` learns motion embeddings and `clip` makes a clip.

    autocast: dtype of matrix products, or None. checkpointing: diffusers' own.
    """

    def __init__(
        self,
        folder: Path,
        pictures: Tensor,
        settings: LearningSettings,
        *,
        caption: str,
        autocast: torch.dtype | None = None,
        checkpointing: bool = False,
        device: str = "cpu",
    ) -> None:
        """pictures: (F, 3, H, W) in [-1, 1]."""
        self.device, self.autocast, self.caption = torch.device(device), autocast, caption
        self.pipe = _pipeline(folder, self.device)
        unet, vae = self.pipe.unet, self.pipe.vae
        if checkpointing:
            unet.enable_gradient_checkpointing()
            unet.train()  # diffusers checkpoints in training mode only
        self.frames, _, self.height, self.width = pictures.shape
        side = 2 ** (len(vae.config.block_out_channels) - 1)
        self.size = self.height // side, self.width // side
        chosen = at_levels(unet, settings.levels, settings.mid_block)
        self.m = MotionEmbeddings(chosen, self.frames, self.size, device=self.device)
        self.injection = TemporalInjection(unet, chosen)
        self.injection.set(self.m.qk, self.m.v, self.size)
        self.optimizer = torch.optim.AdamW(
            [*self.m.parameters().values()], settings.learning_rate,
            weight_decay=settings.weight_decay,
        )  # fmt: skip
        self.generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            latents = vae.encode(pictures.to(self.device)).latent_dist.mode()
            self.latents = (latents * vae.config.scaling_factor).transpose(0, 1)[None]
            self.text = self.pipe.encode_prompt(caption, self.device, 1, False)[0]

    def step(self) -> float:
        """Run one iteration and return its loss."""
        g, scheduler = self.generator, self.pipe.scheduler
        noise = torch.randn(self.latents.shape, generator=g).to(self.latents)
        t = torch.randint(0, scheduler.config.num_train_timesteps, (1,), generator=g).to(
            self.device
        )
        noisy = scheduler.add_noise(self.latents, noise, t)
        target = noise
        if scheduler.config.prediction_type == "v_prediction":
            target = scheduler.get_velocity(self.latents, noise, t)
        self.optimizer.zero_grad(set_to_none=True)
        with self._precision():
            text = self.text.repeat_interleave(self.frames, 0)
            output = self.pipe.unet(noisy, t, text, return_dict=False)[0]
        loss = (output.float() - target).square().mean()
        loss.backward()
        self.optimizer.step()
        return float(loss.detach())

    @torch.no_grad()
    def clip(self, settings: PlayingSettings) -> Any:
        """Make one clip with the embeddings as they are."""
        with self._precision():
            return self.pipe(
                self.caption, num_frames=self.frames, height=self.height, width=self.width,
                num_inference_steps=settings.num_inference_steps,
                guidance_scale=settings.guidance_scale, output_type="pt",
                generator=torch.Generator().manual_seed(settings.seed),
            ).frames  # fmt: skip

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, self.autocast, enabled=self.autocast is not None)


def _pipeline(folder: Path, device: torch.device) -> Any:
    variant = "fp16" if list((folder / "unet").glob("*.fp16.safetensors")) else None
    how = {"torch_dtype": torch.float32, "variant": variant}
    adapter = MotionAdapter.from_pretrained(folder / "motion_adapter", **how)
    pipe = AnimateDiffPipeline.from_pretrained(folder, motion_adapter=adapter, **how)
    if not isinstance(pipe.scheduler, DDIMScheduler):
        pipe.scheduler = DDIMScheduler.from_config(
            pipe.scheduler.config, beta_schedule="linear", clip_sample=False,
            timestep_spacing="linspace",
        )  # fmt: skip
    pipe.set_progress_bar_config(disable=True)
    for part in (pipe.unet, pipe.vae, pipe.text_encoder):
        part.requires_grad_(False).eval()
    return pipe.to(device)
