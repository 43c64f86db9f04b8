"""Stable Video Diffusion and models of the same layout: draft, svd, svd-xt. Wraps diffusers.

Details of SVD that must be exact are noted where they apply; docs/method.md lists them with their
tests. Images are float (F, 3, H, W) in [-1, 1]; latents (B, F, C, h, w).
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    UNetSpatioTemporalConditionModel,
)
from diffusers.pipelines.stable_video_diffusion.pipeline_stable_video_diffusion import (
    _resize_with_antialiasing,
)
from safetensors import SafetensorError, safe_open
from torch import Tensor
from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection
from transformers.utils.logging import disable_progress_bar

from mti_addon.wire.errors import ModelMissing
from mti_addon.wire.problem import Problem

from ..failures import in_short, is_out_of_memory
from .attention import attend_by_shape
from .compiled import COMPILE_VARIABLE, MODES, Compiled
from .framing import WHOLE, Framed, Framing
from .frozen import memory_efficient_backward
from .gradient_checkpointing import Checkpointed
from .placement import Placed
from .pose_tokens import Poses
from .temporal import leave_out_identities
from .token_inflation import Inflation
from .token_layout import TokenLayout
from .warp import Box
from .weight_checks import check_folder, check_weights

PARTS = ("unet", "vae", "image_encoder", "scheduler", "feature_extractor")
_CLIP_SIZE = 224
_READ_WHOLE = 64 * 2**20
"""Size in bytes above which a weights file is fingerprinted by samples."""


class SvdModel(Checkpointed, Placed):
    """A frozen image-to-video model with all its parts.

    Its autoencoder is SVD's, which encodes each frame's colors at an eighth of the size. The
    draft's (draft.py) encodes the motion of the first frame; so encoding takes whole clips, and
    decoding takes the first frame.

    Attributes:
        name: 'draft', 'svd' or 'svd-xt'. folder: where it was loaded from.
        identity: 16 hex digits, the same for the same weights.
        token_width: D of its motion tokens. num_frames: F it was trained on.
        device, dtype: of the UNet.
    """

    autoencoder_class: Any = AutoencoderKLTemporalDecoder
    plain_tokens: int = 1
    """Tokens per frame without a motion."""
    keeps_size: bool = False
    """True if a clip has the size of its target rather than that of the settings."""
    token_layout: TokenLayout = TokenLayout()
    """What the model's frame tokens are known to mean."""

    def __init__(
        self, name: str, folder: Path, device: str = "cpu", dtype: torch.dtype = torch.float32
    ) -> None:
        """Load from a folder in the hub's layout. Raises ModelMissing."""
        check_folder(name, folder, PARTS, self.autoencoder_class.__name__)
        disable_progress_bar()  # for loading weights; it would interleave with our own progress
        self.name, self.device, self.dtype = name, torch.device(device), dtype
        self.folder = folder

        def load(cls: Any, part: str, as_type: torch.dtype) -> Any:
            variant = weights_variant(folder / part, as_type)
            # The two libraries name this argument differently.
            precision = "dtype" if cls is CLIPVisionModelWithProjection else "torch_dtype"
            model = cls.from_pretrained(
                folder, subfolder=part, variant=variant, **{precision: as_type}
            )
            return model.to(self.device).requires_grad_(False).eval()

        try:
            self.identity = identity(folder)
            self.unet = load(UNetSpatioTemporalConditionModel, "unet", dtype)
            # Always float32: the encoder overflows in half precision (config: force_upcast).
            self.vae = load(self.autoencoder_class, "vae", torch.float32)
            if self.device.type == "cuda" and hasattr(self.vae, "decoder"):
                self.vae.decoder.to(torch.float16)  # as diffusers' pipeline decodes
            self.image_encoder = load(CLIPVisionModelWithProjection, "image_encoder", dtype)
            self.scheduler = EulerDiscreteScheduler.from_pretrained(folder, subfolder="scheduler")
            self.feature_extractor = CLIPImageProcessor.from_pretrained(
                folder, subfolder="feature_extractor"
            )
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
        check_weights(name, folder, {p: getattr(self, p) for p in PARTS[:3]})
        leave_out_identities(self.unet)
        leave_out_identities(self.vae)
        memory_efficient_backward(self.unet)
        attend_by_shape(self.unet)
        self.inflation = Inflation(self.unet)
        self._none_is_enough = all(
            getattr(module.processor, "shares_context", False)
            for name, module in self.unet.named_modules()
            if name.endswith(".attn2")
        )
        wish = os.environ.get(COMPILE_VARIABLE, "")
        if wish in MODES and self.device.type == "cuda":
            self.compiled = Compiled(self.unet, wish)

    def beside_unet(self) -> list[Any]:
        return [self.vae, self.image_encoder]

    @property
    def token_width(self) -> int:
        return int(self.unet.config.cross_attention_dim)

    @property
    def num_frames(self) -> int:
        return int(self.unet.config.num_frames)

    @property
    def latent_channels(self) -> int:
        return int(self.unet.config.out_channels)

    def framed(self, picture: Tensor, framing: Framing = WHOLE) -> Framed:
        """A first frame (3, H, W) as the model sees it: SVD uses the whole image."""
        return Framed(picture, picture, None)

    def box_of(self, pictures: Tensor, framing: Framing = WHOLE) -> Box | None:
        """The square of a clip (F, 3, H, W) that the model sees; None: the whole image."""
        return None

    def framed_clip(self, pictures: Tensor, framing: Framing = WHOLE) -> Tensor:
        """A reference (F, 3, H, W) as the model sees it."""
        return pictures

    @torch.no_grad()
    def image_embeddings(self, pictures: Tensor) -> Tensor:
        """CLIP embeddings (F, D) of images (F, 3, H, W), computed as in SVD's pipeline."""
        shown = clip_pixels(pictures.to(self.device, torch.float32), self.feature_extractor)
        embeddings: Tensor = self.image_encoder(shown.to(self.dtype)).image_embeds
        return embeddings

    def tokens_from(self, embeddings: Tensor, count: int) -> Tensor:
        """Frame tokens (F, N, D): a clip's image embeddings (F, D), each N times (sec. 4.2)."""
        return embeddings[:, None].repeat(1, count, 1)

    def pose_embeddings(self, poses: Poses) -> Tensor | None:
        """The embedding (F, D) of each captured pose; None if it is not known, as of CLIP's."""
        return None

    def estimated_pose_embeddings(self, pictures: Tensor) -> Tensor | None:
        """The embedding (F, D) of the pose in each image of a clip (F, 3, H, W); None if the model
        estimates none, as SVD."""
        return None

    @torch.no_grad()
    def encode_video(self, pictures: Tensor) -> Tensor:
        """Scaled latents (1, F, C, h, w) of a clip: the posterior's mode times the scaling
        factor."""
        pictures = pictures.to(self.device, torch.float32)
        # The encoder treats images independently; fourteen at once would need 21 GB on a GPU.
        parts = pictures.split(len(pictures) if self.device.type == "cpu" else 1)
        latents = torch.cat([self.vae.encode(part).latent_dist.mode() for part in parts])
        scaled: Tensor = latents * self.vae.config.scaling_factor
        return scaled[None].to(self.dtype)

    @torch.no_grad()
    def encode_image(
        self, picture: Tensor, noise: Tensor | None = None, strength: float = 0.0
    ) -> Tensor:
        """Conditioning latent (1, 1, C, h, w) of one image (3, H, W).

        Noise is added to the pixels, and the latent is the posterior's mode, NOT scaled.
        """
        picture = picture.to(self.device, torch.float32)
        if noise is not None:
            picture = picture + strength * noise.to(picture)
        latents: Tensor = self.vae.encode(picture[None]).latent_dist.mode()
        return latents[None].to(self.dtype)

    def time_ids(
        self, fps: int, motion_bucket_id: int, noise_aug_strength: float, batch: int = 1
    ) -> Tensor:
        """(B, 3) micro-conditions in SVD's order; the network is conditioned on fps - 1."""
        ids = torch.tensor(
            [[fps - 1, motion_bucket_id, noise_aug_strength]], dtype=self.dtype, device=self.device
        )
        return ids.expand(batch, 3)

    def network(
        self,
        x: Tensor,
        timestep: Tensor,
        image_latents: Tensor,
        frame_tokens: Tensor,
        video_tokens: Tensor,
        time_ids: Tensor,
    ) -> Tensor:
        """Run the UNet once with motion tokens.

        Args:
            x: Noisy latents after c_in, (B, F, C, h, w). timestep: ln(sigma) / 4, (B,) or ().
            image_latents: (B, 1, C, h, w) from encode_image. time_ids: (B, 3).
            frame_tokens: (B, F, N, D). video_tokens: (B, N, D). N may be 0 for no motion, which is
                equivalent to zero tokens but cheaper.
        Returns:
            The network's raw output (v-prediction), (B, F, C, h, w).
        """
        self.inflation.set(frame_tokens, video_tokens)
        stacked = torch.cat([x, image_latents.expand(-1, x.shape[1], -1, -1, -1)], dim=2).to(
            self.dtype
        )
        # Every cross-attention replaces this value; only its shape matters.
        placeholder = stacked.new_zeros(len(x), 1, frame_tokens.shape[-1])
        output: Tensor = self.unet(
            stacked,
            timestep,
            encoder_hidden_states=placeholder,
            added_time_ids=time_ids,
            return_dict=False,
        )[0]
        return output

    def no_motion(self, frames: int) -> tuple[Tensor, Tensor]:
        """Null frame and video tokens for one clip; see `network`."""
        # A cross-attention of another form than SVD's keeps its processor, which needs a token.
        count = 0 if self._none_is_enough else 1
        width = self.token_width
        return (
            torch.zeros(1, frames, count, width, device=self.device),
            torch.zeros(1, count, width, device=self.device),
        )

    def images(
        self, latents: Tensor, first: Framed, chunk: int, in_between: int
    ) -> Iterator[Tensor]:
        """The frames of `decode` one by one, (3, H, W) each, with `in_between` more after each but
        the last; SVD has none."""
        yield from self.decode(latents, first, chunk)

    @torch.no_grad()
    def decode(self, latents: Tensor, first: Framed, chunk: int = 0) -> Tensor:
        """Frames (F, 3, H, W) in [-1, 1] from scaled latents (1, F, C, h, w) and the first frame,
        which SVD's decoder ignores.

        The decoder mixes time within a chunk, so the chunk size changes pixels; 0, all frames at
        once, is best. If a chunk does not fit in memory, its size is halved.
        """
        rows = latents[0].to(torch.float32) / self.vae.config.scaling_factor
        rows = rows.to(next(self.vae.decoder.parameters()).dtype)
        chunk = chunk or len(rows)
        while True:
            try:
                parts = [
                    self.vae.decode(part, num_frames=len(part)).sample for part in rows.split(chunk)
                ]
                return torch.cat(parts).float().clamp(-1, 1)
            except Exception as error:
                if chunk == 1 or not is_out_of_memory(error):
                    raise
            chunk = -(-chunk // 2)
            print(f"Out of memory; decoding in chunks of {chunk} instead.", flush=True)


def weights_variant(folder: Path, dtype: torch.dtype) -> str | None:
    """File variant to read: full precision, unless only fp16 exists or fp16 is sufficient."""
    whole = any(folder.glob("*model.safetensors"))
    halves = any(folder.glob("*model.fp16.safetensors"))
    return "fp16" if halves and (not whole or dtype != torch.float32) else None


def clip_pixels(pictures: Tensor, processor: CLIPImageProcessor) -> Tensor:
    """Preprocess images (B, 3, H, W) in [-1, 1] for CLIP as SVD's pipeline does.

    Returns (B, 3, 224, 224): resized with antialiasing, neither cropped nor rescaled, normalized.
    """
    resized: Tensor = _resize_with_antialiasing(pictures, (_CLIP_SIZE, _CLIP_SIZE))
    mean, std = (
        torch.tensor(values, device=pictures.device).view(3, 1, 1)
        for values in (processor.image_mean, processor.image_std)
    )
    return ((resized + 1) / 2 - mean) / std


def identity(folder: Path, parts: tuple[str, ...] = ("unet", "image_encoder")) -> str:
    """Short fingerprint of some parts' configs and weights; by default those that use the tokens.

    16 hex digits.
    """
    digest = hashlib.sha256()
    for part in parts:
        config = json.loads((folder / part / "config.json").read_text(encoding="utf-8"))
        digest.update(
            json.dumps(
                {k: v for k, v in config.items() if not k.startswith("_")}, sort_keys=True
            ).encode()
        )
        paths = sorted((folder / part).glob("*.safetensors"))
        if any(path.stat().st_size > _READ_WHOLE for path in paths):
            _sample(paths[0], digest)
            continue
        for path in paths:
            data, half = path.read_bytes(), _READ_WHOLE // 2
            digest.update(len(data).to_bytes(8, "little"))
            # A file smaller than half of _READ_WHOLE is hashed twice, and must remain so: learned
            # motions identify the model by this hash.
            digest.update(data[:half] + data[max(0, len(data) - half) :])
    return digest.hexdigest()[:16]


def _sample(path: Path, digest: Any) -> None:
    """Hash every tensor's name, shape, and first and last row in half precision; reading 3 GB would
    take too long.

    The result is the same for the hub's full- and half-precision files of a model, so that a motion
    learned with one can be used with the other.
    """
    with safe_open(path, "pt") as file:
        for name in sorted(file.keys()):
            part = file.get_slice(name)
            shape = part.get_shape()
            digest.update(f"{name} {shape}".encode())
            if shape:
                for row in (part[:1], part[shape[0] - 1 :]):
                    digest.update(row.half().numpy().tobytes())
            else:
                digest.update(file.get_tensor(name).half().numpy().tobytes())
