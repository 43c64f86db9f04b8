"""Handmade motions and figures whose images and joints can be calculated."""

from __future__ import annotations

from dataclasses import replace

import torch
from diffusers import UNetSpatioTemporalConditionModel
from torch import Tensor

from mti_backend.draft.procedural.body import PART_COUNT, PARTS, Figures
from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.procedural.motions import CHANNELS, INDEX, Motions
from mti_backend.draft.training.networks import IMAGE_LATENT_CHANNELS, LATENT_CHANNELS

SIZE = 64


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def held(grounded: bool = True, **channels: float) -> Motions:
    """One static motion: the given channels, all others zero."""

    def values(t: Tensor) -> Tensor:
        out = torch.zeros(t.shape[0], len(CHANNELS), t.shape[1])
        for name, value in channels.items():
            out[:, INDEX[name]] = value
        return out

    return Motions(values, torch.tensor([grounded]))


HEAD = 1  # its index in PARTS


def plain_figure(radius: float = 0.1) -> Figures:
    """One blue body, its ten parts of one radius, red head, flat, on plain gray, facing us."""
    figure = on_plain_grey(random_figures(1, generator(), "solid"))
    radii = torch.zeros(1, PART_COUNT, 2)
    radii[:, : len(PARTS)] = radius
    colours = torch.tensor([0.0, 0.0, 1.0]).expand(1, PART_COUNT, 3).clone()
    colours[:, HEAD] = torch.tensor([1.0, 0.0, 0.0])
    return replace(
        figure,
        height=torch.ones(1),
        centre=torch.zeros(1),
        facing=torch.zeros(1),
        radii=radii,
        square=torch.zeros(1, PART_COUNT, dtype=torch.bool),
        colours=colours,
        shading=torch.zeros(1),
    )


def on_plain_grey(figures: Figures) -> Figures:
    """The same bodies on plain gray."""
    figures.behind.paint_over(torch.ones_like(figures.height, dtype=torch.bool), torch.tensor(0.5))
    return figures


def ends_at(x: float, y: float, head: float = 0.0) -> Tensor:
    """(1, 1, P, 2, 3): every part at one position, the head nearer or farther."""
    ends = torch.tensor([x, y, 0.0]).expand(1, 1, PART_COUNT, 2, 3).clone()
    ends[..., HEAD, :, 2] = head
    return ends


# how far `each_channel` moves a channel that is not an angle
_STEPS = {"root_x": 0.2, "root_y": 0.2, "pan_x": 0.15, "pan_y": 0.15, "zoom": 0.3}


def each_channel() -> Motions:
    """One motion per channel: the i-th moves only channel i, from a relaxed stand."""
    stand = torch.zeros(len(CHANNELS))
    for name in ("arm_l", "arm_r", "elbow_l", "elbow_r", "knee_l", "knee_r", "leg_l", "leg_r"):
        stand[INDEX[name]] = 0.3
    step = torch.diag(torch.tensor([_STEPS.get(name, 0.6) for name in CHANNELS]))

    def values(t: Tensor) -> Tensor:
        return stand[:, None] + step[:, :, None] * t[:, None, :]

    return Motions(values, torch.zeros(len(CHANNELS), dtype=torch.bool))


def small_unet(seed: int = 0) -> UNetSpatioTemporalConditionModel:
    """The draft's interface with a fraction of its width."""
    torch.manual_seed(seed)
    return UNetSpatioTemporalConditionModel(
        sample_size=16,
        in_channels=LATENT_CHANNELS + IMAGE_LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        down_block_types=("DownBlockSpatioTemporal", "CrossAttnDownBlockSpatioTemporal"),
        up_block_types=("CrossAttnUpBlockSpatioTemporal", "UpBlockSpatioTemporal"),
        block_out_channels=(32, 32),
        num_attention_heads=(1, 1),
        layers_per_block=1,
        cross_attention_dim=64,
        addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=96,
        num_frames=14,
    )
