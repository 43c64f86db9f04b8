"""The draft model's networks: narrow variants of SVD's classes. Imports diffusers, transformers."""

import torch
from diffusers import EulerDiscreteScheduler, UNetSpatioTemporalConditionModel
from torch import nn
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

from ...models.motion_autoencoder import PATCH, MotionAutoencoder
from ...models.temporal import branch_ends
from ...models.token_layout import TOKEN_WIDTH
from ..procedural.body import PART_COUNT
from ..procedural.motions import FRAMES
from .training_clips import JOINTS, MAP_SIZE, PICTURE_SIZE

LATENT_CHANNELS = 20
IMAGE_LATENT_CHANNELS = 64


def make_autoencoder() -> MotionAutoencoder:
    """The motion autoencoder; its linear code has yet to be fitted."""
    autoencoder: MotionAutoencoder = MotionAutoencoder(
        sample_size=PICTURE_SIZE,
        latent_channels=LATENT_CHANNELS,
        image_latent_channels=IMAGE_LATENT_CHANNELS,
        parts=PART_COUNT,
        joints=len(JOINTS),
    )
    return autoencoder


def make_unet() -> UNetSpatioTemporalConditionModel:
    """UNet of three levels; the coarser two have spatial, temporal and motion-token attention.

    No level has fewer than 96 channels: these classes normalize in 32 groups, and groups of one or
    two channels erase constant values. Attention among the 256 positions of the finest level would
    double the time of a step. The output starts near zero, which at high noise is a still clip.
    """
    unet = UNetSpatioTemporalConditionModel(
        sample_size=MAP_SIZE // PATCH,
        in_channels=LATENT_CHANNELS + IMAGE_LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        down_block_types=("DownBlockSpatioTemporal", *("CrossAttnDownBlockSpatioTemporal",) * 2),
        up_block_types=(*("CrossAttnUpBlockSpatioTemporal",) * 2, "UpBlockSpatioTemporal"),
        block_out_channels=(96, 128, 128),
        num_attention_heads=(3, 4, 4),
        layers_per_block=1,
        cross_attention_dim=TOKEN_WIDTH,
        addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=96,
        num_frames=FRAMES,
    )
    start_temporal_layers_as_identity(unet)
    with torch.no_grad():
        unet.conv_out.weight.mul_(0.02)
        unet.conv_out.bias.zero_()
    return unet


def make_image_encoder() -> CLIPVisionModelWithProjection:
    """A small vision transformer whose projection is as wide as a motion token.

    Its input is 224 x 224 pixels, the size that SVD's pipeline always uses: a patch of 28 pixels
    covers 8 of the draft's own.
    """
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=128, intermediate_size=384, num_hidden_layers=4, num_attention_heads=4,
            image_size=224, patch_size=28, projection_dim=TOKEN_WIDTH, hidden_act="gelu",
        )
    )  # fmt: skip


def make_image_processor() -> CLIPImageProcessor:
    return CLIPImageProcessor()


def make_scheduler() -> EulerDiscreteScheduler:
    """SVD's scheduler with a smaller maximum sigma, for latents of a few hundred values."""
    return EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000,
        prediction_type="v_prediction", interpolation_type="linear", use_karras_sigmas=True,
        sigma_min=0.002, sigma_max=80.0, timestep_spacing="leading", timestep_type="continuous",
        steps_offset=1, rescale_betas_zero_snr=False,
    )  # fmt: skip


def start_temporal_layers_as_identity(model: nn.Module) -> None:
    """Zero the last layer of every temporal branch, so that an image model becomes a video model.

    SVD was built the same way: temporal layers inserted into a trained image model (Stable Video
    Diffusion, sec. 3).
    """
    with torch.no_grad():
        for module in model.modules():
            for layer in branch_ends(module):
                for parameter in layer.parameters():
                    parameter.zero_()


_TEMPORAL = (
    "temporal_res_block",
    "temporal_transformer",
    "time_pos_embed",
    "time_mixer",
    "time_conv_out",
)


def is_temporal(name: str) -> bool:
    """Whether the parameter `name` belongs to a temporal branch."""
    return any(part in name for part in _TEMPORAL)
