"""Tiny text-to-video models with the real classes and folder layouts, and random weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    MotionAdapter,
    UNet2DConditionModel,
    UNet3DConditionModel,
    UNetMotionModel,
)
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from benchmarks.random_text_to_video import write_scheduler, write_tokenizer
from mti_backend.method.motion_inversion.embeddings import MotionEmbeddings
from mti_backend.method.motion_inversion.motion import Header, Layer, Motion
from mti_backend.models.temporal_injection import temporal_attentions
from mti_backend.models.text_to_video import TextToVideoModel

WIDTH = 32
"""Of the text encoder's tokens."""
SCALE = 2
"""Pixels per latent: the tiny autoencoder has two levels."""


_PARTS = {
    "vae": ["diffusers", "AutoencoderKL"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
}
_INDEX: dict[str, dict[str, Any]] = {
    "animatediff": _PARTS
    | {
        "_class_name": "StableDiffusionPipeline",
        "unet": ["diffusers", "UNet2DConditionModel"],
        "scheduler": ["diffusers", "PNDMScheduler"],
    },
    "zeroscope": _PARTS
    | {
        "_class_name": "TextToVideoSDPipeline",
        "unet": ["diffusers", "UNet3DConditionModel"],
        "scheduler": ["diffusers", "DDIMScheduler"],
    },
}


def make_tiny_text_to_video(
    name: str, folder: Path, seed: int = 0, levels: int = 2, scale: int = SCALE
) -> Path:
    """Write `folder` as 'animatediff' or 'zeroscope' lies on the hub; each seed gives another
    model. Takes a second on a CPU.

    levels: of the UNet; with three, animatediff has the level that the defaults learn at. scale:
    pixels per latent, a power of two; with 8, as in the real ones, the panel's sizes are quick."""
    torch.manual_seed(seed)
    if name == "animatediff":
        _animatediff(folder, levels)
    else:
        _zeroscope(folder)
    _fill(_vae(scale)).save_pretrained(folder / "vae")
    write_tokenizer(folder / "tokenizer")
    _text_encoder().save_pretrained(folder / "text_encoder")
    (folder / "model_index.json").write_text(json.dumps(_INDEX[name]))
    return folder


def unet_3d() -> UNet3DConditionModel:
    """ZeroScope's class: temporal attention at both levels and in the middle."""
    return _fill(
        UNet3DConditionModel(
            down_block_types=("CrossAttnDownBlock3D", "CrossAttnDownBlock3D"),
            up_block_types=("CrossAttnUpBlock3D", "CrossAttnUpBlock3D"),
            block_out_channels=(16, 32),
            layers_per_block=1,
            norm_num_groups=8,
            cross_attention_dim=WIDTH,
            attention_head_dim=8,
            sample_size=8,
        )  # fmt: skip
    )


def unet_2d(levels: int = 2) -> UNet2DConditionModel:
    """The image model below AnimateDiff, as SD 1.5 but for its size."""
    return _fill(
        UNet2DConditionModel(
            down_block_types=(*["CrossAttnDownBlock2D"] * (levels - 1), "DownBlock2D"),
            up_block_types=("UpBlock2D", *["CrossAttnUpBlock2D"] * (levels - 1)),
            block_out_channels=(16, *[32] * (levels - 1)),
            layers_per_block=1,
            norm_num_groups=8,
            cross_attention_dim=WIDTH,
            attention_head_dim=2,
            sample_size=8,
        )  # fmt: skip
    )


def motion_adapter(levels: int = 2) -> MotionAdapter:
    """Motion modules for `unet_2d`, at all levels and, as in version 1-5-3, none between."""
    return _fill(
        MotionAdapter(
            block_out_channels=(16, *[32] * (levels - 1)),
            motion_layers_per_block=1,
            motion_norm_num_groups=8,
            motion_num_attention_heads=2,
            motion_max_seq_length=32,
            use_motion_mid_block=False,
        )  # fmt: skip
    )


def _animatediff(folder: Path, levels: int) -> None:
    unet_2d(levels).save_pretrained(folder / "unet")
    motion_adapter(levels).save_pretrained(folder / "motion_adapter")
    write_scheduler(folder / "scheduler")


def _zeroscope(folder: Path) -> None:
    unet_3d().save_pretrained(folder / "unet")
    DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
        set_alpha_to_one=False, steps_offset=1,
    ).save_pretrained(folder / "scheduler")  # fmt: skip


def _vae(scale: int = SCALE) -> AutoencoderKL:
    levels = scale.bit_length()
    return AutoencoderKL(
        block_out_channels=(8, *[16] * (levels - 1)), layers_per_block=1, norm_num_groups=8,
        down_block_types=("DownEncoderBlock2D",) * levels, sample_size=16, latent_channels=4,
        up_block_types=("UpDecoderBlock2D",) * levels,
    )  # fmt: skip


def _text_encoder() -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=514,
            hidden_size=WIDTH,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            bos_token_id=512,
            eos_token_id=513,
            pad_token_id=513,
        )  # fmt: skip
    )


@torch.no_grad()
def _fill(module: Any) -> Any:
    """Random numbers where these classes start at zero, so that every layer has an effect."""
    for p in module.parameters():
        if not p.any():
            p.normal_(0, 0.1)
    return module.requires_grad_(False).eval()


def randomised(tables: dict[str, nn.Parameter], scale: float = 1.0, seed: int = 1) -> None:
    """Fill parameters in place with seeded normal numbers."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for table in tables.values():
            table.copy_(scale * torch.randn(table.shape, generator=g))


def unet_motion() -> UNetMotionModel:
    """AnimateDiff's class: temporal attention at both levels."""
    unet: UNetMotionModel = UNetMotionModel.from_unet2d(unet_2d(), motion_adapter())
    return unet.requires_grad_(False).eval()


UNETS: dict[str, Callable[[], nn.Module]] = {"animatediff": unet_motion, "zeroscope": unet_3d}
"""Both classes of UNet, by the engine that uses it."""


def random_motion(
    model: TextToVideoModel, frames: int, width: int, height: int, scale: float = 1.0,
    values: bool = True,
) -> Motion:  # fmt: skip
    """A motion of seeded normal numbers for every temporal attention of a model."""
    size = model.latent_size(width, height)
    attentions = temporal_attentions(model.unet)
    m = MotionEmbeddings(attentions, frames, size)
    randomised(m.parameters(), scale)
    z = torch.randn(1, frames, 4, *size, generator=torch.Generator().manual_seed(8))
    header = Header(
        method="motion-inversion", engine=model.name, model=model.identity,
        layers=tuple(Layer(a.name, a.width, a.places(size)) for a in attentions),
        frames=frames, width=width, height=height, view="object", values=values,
        noise=tuple(z.shape), about={"name": "wave"},
    )  # fmt: skip
    qk, v = ({n: p.detach() for n, p in table.items()} for table in (m.qk, m.v))
    return Motion(header, qk, v if values else {}, z)
