"""A tiny model with SVD's real classes and layout and random weights; not a test double."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLTemporalDecoder,
    UNetSpatioTemporalConditionModel,
)
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from benchmarks.random_svd import write_rest

FRAMES = 4
SIZE = 32


def make_tiny_model(folder: Path, seed: int = 0, frames: int = FRAMES) -> Path:
    """Write `folder` like StableVideoDiffusionPipeline.save_pretrained; each seed gives another
    model. Takes seconds on a CPU."""
    torch.manual_seed(seed)
    _unet(frames).save_pretrained(folder / "unet")
    _vae().save_pretrained(folder / "vae")
    _image_encoder().save_pretrained(folder / "image_encoder")
    write_rest(folder)
    return folder


def _unet(frames: int) -> UNetSpatioTemporalConditionModel:
    return UNetSpatioTemporalConditionModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        sample_size=SIZE // 2,
        in_channels=8,
        out_channels=4,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        cross_attention_dim=32,
        num_attention_heads=(4, 4),
        projection_class_embeddings_input_dim=96,
        addition_time_embed_dim=32,
        num_frames=frames,
    )


def _vae() -> AutoencoderKLTemporalDecoder:
    return AutoencoderKLTemporalDecoder(
        block_out_channels=(32, 64),
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D", "DownEncoderBlock2D"),
        latent_channels=4,
        layers_per_block=1,
    )


def _image_encoder() -> CLIPVisionModelWithProjection:
    config = CLIPVisionConfig(
        hidden_size=32,
        projection_dim=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=224,
        intermediate_size=37,
        patch_size=32,
    )
    return CLIPVisionModelWithProjection(config)
