"""Frozen text-to-video models with temporal attentions of their own. Wraps diffusers.

Images are float (F, 3, H, W) in [-1, 1]; latents (B, F, C, h, w); text embeddings (B, L, D).
The families are in animatediff.py and zeroscope.py.
"""

from abc import abstractmethod
from bisect import bisect_right
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMInverseScheduler,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
)
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer
from transformers.utils.logging import disable_progress_bar

from mti_addon.wire.errors import BadRequest, ModelMissing
from mti_addon.wire.motion_inversion import SchedulerName
from mti_addon.wire.problem import Problem

from ..failures import in_short, is_out_of_memory
from .attention import attend_by_shape
from .frozen import memory_efficient_backward
from .gradient_checkpointing import Checkpointed
from .placement import Placed
from .svd import identity, weights_variant
from .weight_checks import check_classes, check_weights

_SCHEDULERS: dict[str, Any] = {
    "ddim": DDIMScheduler,
    "dpmsolver++": DPMSolverMultistepScheduler,
    "euler": EulerDiscreteScheduler,
}


class TextToVideoModel(Checkpointed, Placed):
    """A text-to-video model with all its parts, frozen and in eval mode.

    Attributes:
        name: 'animatediff' or 'zeroscope'. folder: where it was loaded from.
        identity: 16 hex digits, the same for the same weights.
        num_frames: F it was trained on; other lengths are possible.
        scheduler_config: DDIM's, which both the training noise and every sampler follow.
        device, dtype: of the UNet and the text encoder. The autoencoder is always float32.
    """

    classes: dict[str, str] = {}
    """Class of each part with weights, by its folder."""
    num_frames: int = 16

    def __init__(
        self, name: str, folder: Path, device: str = "cpu", dtype: torch.dtype = torch.float32
    ) -> None:
        """Load from a folder in the hub's layout. Raises ModelMissing."""
        check_classes(name, folder, self.classes, ("tokenizer", "scheduler"))
        disable_progress_bar()
        self.name, self.folder = name, folder
        self.device, self.dtype = torch.device(device), dtype
        try:
            self.identity = identity(folder, tuple(part for part in self.classes if part != "vae"))
            self.unet: nn.Module = self._load_unet().to(self.device).requires_grad_(False).eval()
            self._unet_config: Any = self.unet.config
            self.vae = self._load(AutoencoderKL, "vae", torch.float32)
            self.text_encoder = self._load(CLIPTextModel, "text_encoder", dtype)
            self.tokenizer = CLIPTokenizer.from_pretrained(folder, subfolder="tokenizer")
            self.scheduler_config = self._load_scheduler_config()
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            if is_out_of_memory(error):
                raise
            raise ModelMissing(
                Problem(
                    "model_not_loaded",
                    "The model {name} in {folder} cannot be loaded: {reason}",
                    "Copy the model again.",
                    {"name": name, "folder": folder, "reason": in_short(error)},
                ),
            ) from error
        parts = {"unet": self.unet, "vae": self.vae, "text_encoder": self.text_encoder}
        check_weights(name, folder, parts)
        memory_efficient_backward(self.unet)
        attend_by_shape(self.unet)
        self._noising = DDIMScheduler.from_config(self.scheduler_config)

    def _load(self, cls: Any, part: str, dtype: torch.dtype) -> Any:
        variant = weights_variant(self.folder / part, dtype)
        # The two libraries name this argument differently.
        precision = "dtype" if cls is CLIPTextModel else "torch_dtype"
        model = cls.from_pretrained(
            self.folder, subfolder=part, variant=variant, **{precision: dtype}
        )
        return model.to(self.device).requires_grad_(False).eval()

    @abstractmethod
    def _load_unet(self) -> nn.Module:
        """The UNet in `dtype`. Raises what from_pretrained raises."""

    def _load_scheduler_config(self) -> dict[str, Any]:
        """DDIM's config of the model's training noise."""
        return dict(DDIMScheduler.load_config(self.folder, subfolder="scheduler"))

    def _text_rows(self, text: Tensor, frames: int) -> Tensor:
        """Text (B, L, D) as the UNet's cross-attentions expect it."""
        return text

    def beside_unet(self) -> list[Any]:
        return [self.vae, self.text_encoder]

    @property
    def latent_channels(self) -> int:
        return int(self._unet_config.in_channels)

    @property
    def pixels_per_latent(self) -> int:
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    @property
    def train_timesteps(self) -> int:
        """T: timesteps are 0 to T - 1."""
        return int(self._noising.config.num_train_timesteps)

    def latent_size(self, width: int, height: int) -> tuple[int, int]:
        """Height and width of the latents of a clip, given in pixels. Raises BadRequest."""
        side = self.pixels_per_latent
        if width % side or height % side:
            raise BadRequest(
                Problem(
                    "size_not_multiple",
                    "A clip of {width} x {height} px does not suit {model}.",
                    "Choose a width and a height that are multiples of {side}.",
                    {"width": width, "height": height, "model": self.name, "side": side},
                )
            )
        return height // side, width // side

    @property
    def max_frames(self) -> int:
        """Longest clip that the network can compute."""
        return 128

    def clip_size(self, width: int, height: int, frames: int) -> tuple[int, int]:
        """`latent_size`, for a clip of 2 to `max_frames` frames. Raises BadRequest."""
        if not 2 <= frames <= self.max_frames:
            raise BadRequest(
                Problem(
                    "clip_length",
                    "{model} makes clips of 2 to {most} frames, not of {frames}.",
                    "Choose another length.",
                    {"model": self.name, "most": self.max_frames, "frames": frames},
                )
            )
        return self.latent_size(width, height)

    @property
    def max_tokens(self) -> int:
        """L: tokens that the text encoder reads, with the two that begin and end a prompt."""
        return int(self.text_encoder.config.max_position_embeddings)

    def check_prompt(self, prompt: str) -> None:
        """Raise BadRequest for a prompt that is too long, naming the words that do not fit."""
        limit, words = self.max_tokens, prompt.split()
        fitting = bisect_right(
            range(len(words) + 1), limit, key=lambda n: self._length(" ".join(words[:n]))
        )
        if fitting <= len(words):
            raise BadRequest(
                Problem(
                    "prompt_too_long",
                    "The prompt is longer than the {limit} tokens that {model} reads: {cut!r} "
                    "does not fit.",
                    "Shorten the prompt.",
                    {"limit": limit, "model": self.name, "cut": _short(words[fitting - 1 :])},
                )
            )

    @torch.no_grad()
    def encode_prompt(self, prompt: str) -> Tensor:
        """The text encoder's last hidden state (1, L, D). Raises BadRequest if the prompt is
        longer than the L tokens that it reads, naming the words that do not fit."""
        self.check_prompt(prompt)
        padded = self.tokenizer(
            prompt, padding="max_length", max_length=self.max_tokens, return_tensors="pt"
        ).to(self.device)
        wants_mask = getattr(self.text_encoder.config, "use_attention_mask", False)
        mask = padded.attention_mask if wants_mask else None
        found: Tensor = self.text_encoder(padded.input_ids, attention_mask=mask)[0]
        return found

    def _length(self, prompt: str) -> int:
        """Tokens of a prompt, with the two that begin and end it."""
        return len(self.tokenizer(prompt, verbose=False).input_ids)

    @torch.no_grad()
    def encode_video(self, pictures: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Scaled latents (1, F, C, h, w) of a clip (F, 3, H, W): a sample of the posterior, or its
        mode without a generator (on the CPU)."""
        pictures = pictures.to(self.device, torch.float32)
        parts = pictures.split(len(pictures) if self.device.type == "cpu" else 1)
        found = [self.vae.encode(part).latent_dist for part in parts]
        latents = torch.cat([each.mean for each in found])
        if generator is not None:
            noise = torch.randn(latents.shape, generator=generator).to(latents)
            latents = latents + torch.cat([each.std for each in found]) * noise
        scaled: Tensor = latents * self.vae.config.scaling_factor
        return scaled[None].to(self.dtype)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Frames (F, 3, H, W) in [-1, 1] from scaled latents (1, F, C, h, w).

        The decoder treats frames independently, so on a GPU it gets one at a time.
        """
        rows = latents[0].to(torch.float32) / self.vae.config.scaling_factor
        parts = rows.split(len(rows) if self.device.type == "cpu" else 1)
        return torch.cat([self.vae.decode(part).sample for part in parts]).clamp(-1, 1)

    def network(self, x: Tensor, timestep: Tensor, text: Tensor) -> Tensor:
        """Run the UNet once: x (B, F, C, h, w), timestep (B,) or (), text (B, L, D).

        Returns the raw output (B, F, C, h, w), eps or v by `scheduler_config`.
        """
        rows = self._text_rows(text.to(self.dtype), x.shape[1])
        clips = x.transpose(1, 2).to(self.dtype)
        output: Tensor = self.unet(clips, timestep, rows, return_dict=False)[0]
        return output.transpose(1, 2)

    def scheduler(self, name: SchedulerName = "ddim") -> Any:
        """A new sampler with the model's noise schedule. Samplers keep a state; use one a clip."""
        return _SCHEDULERS[name].from_config(self.scheduler_config)

    def inverse_scheduler(self) -> Any:
        """A new DDIM inversion with the model's noise schedule.

        diffusers' knows no 'linspace' spacing; 'leading' takes its place, as in the paper's code.
        """
        spacing = self.scheduler_config.get("timestep_spacing", "leading")
        spacing = "leading" if spacing == "linspace" else spacing
        return DDIMInverseScheduler.from_config(self.scheduler_config, timestep_spacing=spacing)

    def add_noise(self, x0: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """sqrt(abar_t) x0 + sqrt(1 - abar_t) noise for latents (B, ...) and timesteps (B,)."""
        noisy: Tensor = self._noising.add_noise(x0, noise, timesteps)
        return noisy

    def target(self, x0: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """What the network's output is trained to be: eps, or v = sqrt(abar) eps - sqrt(1 - abar)
        x0."""
        if self._noising.config.prediction_type == "v_prediction":
            velocity: Tensor = self._noising.get_velocity(x0, noise, timesteps)
            return velocity
        return noise


def _short(words: list[str]) -> str:
    text = " ".join(words)
    return text if len(text) <= 60 else f"{text[:57]}..."
