"""The networks of the text-to-video draft: narrow variants of AnimateDiff's classes. Imports
diffusers and transformers."""

from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    MotionAdapter,
    UNet2DConditionModel,
    UNetMotionModel,
)
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from ..training.stages import plainly_attending
from .scenes import SIZE
from .tokenizer import LENGTH, make_tokenizer, vocabulary

LATENT_CHANNELS = 4
PIXELS_PER_LATENT = 4
TEXT_WIDTH = 64
_WIDTHS = (96, 128, 192)
_GROUPS = 16
MAX_FRAMES = 32


def make_autoencoder() -> AutoencoderKL:
    """Images of 64 x 64 pixels as 4 channels of 16 x 16; without attention."""
    return AutoencoderKL(
        block_out_channels=(24, 48, 96), layers_per_block=1, norm_num_groups=8, sample_size=SIZE,
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        latent_channels=LATENT_CHANNELS, mid_block_add_attention=False, scaling_factor=1.0,
    )  # fmt: skip


def make_text_encoder() -> CLIPTextModel:
    numbers, _ = vocabulary()
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(numbers), hidden_size=TEXT_WIDTH, intermediate_size=4 * TEXT_WIDTH,
            num_hidden_layers=3, num_attention_heads=4, max_position_embeddings=LENGTH,
            bos_token_id=len(numbers) - 2, eos_token_id=len(numbers) - 1,
            pad_token_id=len(numbers) - 1,
        )
    )  # fmt: skip


def make_unet() -> UNet2DConditionModel:
    """The image model: three levels, of which the coarser two attend to places and text."""
    return plainly_attending(
        UNet2DConditionModel(
            sample_size=SIZE // PIXELS_PER_LATENT,
            in_channels=LATENT_CHANNELS, out_channels=LATENT_CHANNELS,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            block_out_channels=_WIDTHS, layers_per_block=1, norm_num_groups=_GROUPS,
            cross_attention_dim=TEXT_WIDTH, attention_head_dim=4,
        )
    )  # fmt: skip


def make_motion_adapter() -> MotionAdapter:
    """Motion modules on all levels and in the middle, at first the identity."""
    adapter = MotionAdapter(
        block_out_channels=_WIDTHS, motion_layers_per_block=1, motion_norm_num_groups=_GROUPS,
        motion_num_attention_heads=4, motion_max_seq_length=MAX_FRAMES, use_motion_mid_block=True,
    )  # fmt: skip
    with torch.no_grad():
        for name, parameter in adapter.named_parameters():
            if ".proj_out." in name:
                parameter.zero_()
    return adapter


def with_motion(unet: UNet2DConditionModel, adapter: MotionAdapter) -> UNetMotionModel:
    """The image model with motion modules; only these are trained."""
    video = plainly_attending(UNetMotionModel.from_unet2d(unet, adapter))
    for name, parameter in video.named_parameters():
        parameter.requires_grad_("motion_modules" in name)
    return video


def make_scheduler() -> DDIMScheduler:
    """SD 1.5's noise, rescaled so that its end is noise alone.

    Latents are so few that the mean of an image would otherwise be readable from the noisiest of
    them, and sampling, which starts from noise alone, could not choose a background.
    """
    return DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
        prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing",
        clip_sample=False, set_alpha_to_one=True, steps_offset=1,
    )  # fmt: skip


class Painter(nn.Module):
    """What the pictures stage trains together: the text encoder and the image model."""

    def __init__(self, text_encoder: CLIPTextModel, unet: Any) -> None:
        super().__init__()
        self.text_encoder, self.unet = text_encoder, unet
        self._tokenizer = make_tokenizer()

    def encode(self, prompts: list[str]) -> Tensor:
        """Text embeddings (B, L, D), as the engine encodes a prompt."""
        padded = self._tokenizer(
            prompts, padding="max_length", max_length=LENGTH, return_tensors="pt"
        )
        ids = padded.input_ids.to(self.text_encoder.device)
        found: Tensor = self.text_encoder(ids)[0]
        return found


@torch.no_grad()
def whiten(autoencoder: AutoencoderKL, pixels: Tensor) -> None:
    """Give every latent channel mean 0 and variance 1 over pixels (B, 3, S, S), in place.

    The affine map is merged into the 1 x 1 convolutions between encoder, latents and decoder, so
    images come back as before.
    """
    latents = autoencoder.encode(pixels).latent_dist.mean
    mean, std = latents.mean((0, 2, 3)), latents.std((0, 2, 3)).clamp(min=1e-4)
    before, after = autoencoder.quant_conv, autoencoder.post_quant_conv
    channels = len(mean)
    after.bias += after.weight[:, :, 0, 0] @ mean
    after.weight *= std[None, :, None, None]
    before.weight[:channels] /= std[:, None, None, None]
    before.bias[:channels] = (before.bias[:channels] - mean) / std
    before.bias[channels:] -= 2 * std.log()  # the logarithms of the variances
