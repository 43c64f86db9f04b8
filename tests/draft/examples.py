"""Motions and figures made by hand, whose pictures and joints can be worked out."""

from __future__ import annotations

from dataclasses import replace

import torch
from diffusers import UNetSpatioTemporalConditionModel
from torch import Tensor, nn

from mti_backend.draft.figures import JOINTS, Figures, random_figures
from mti_backend.draft.motions import CHANNELS, INDEX, Motions

SIZE = 64


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def held(grounded: bool = True, **channels: float) -> Motions:
    """One motion that never moves: the given channels, all others at zero."""

    def values(t: Tensor) -> Tensor:
        out = torch.zeros(t.shape[0], len(CHANNELS), t.shape[1])
        for name, value in channels.items():
            out[:, INDEX[name]] = value
        return out

    return Motions(values, torch.tensor([grounded]))


def plain_figure(radius: float = 0.1) -> Figures:
    """One blue body of discs and capsules of one radius, head red, flat, on plain grey."""
    figure = random_figures(1, generator(), "solid")
    colours = torch.tensor([0.0, 0.0, 1.0]).expand(1, 10, 3).clone()
    colours[:, 1] = torch.tensor([1.0, 0.0, 0.0])
    return replace(
        figure,
        height=torch.ones(1),
        radii=torch.full((1, 10, 2), radius),
        colours=colours,
        shading=torch.zeros(1),
        background=torch.full((1, 2, 3), 0.5),
        blobs=torch.zeros(1, 4, 7),
        floor=torch.zeros(1, 5),
        waves=torch.zeros(1, 3, 4),
    )


def joints_at(x: float, y: float, **depths: float) -> Tensor:
    """(1, 1, 15, 3): every joint at one place, some nearer or farther."""
    joints = torch.tensor([x, y, 0.0]).expand(1, 1, len(JOINTS), 3).clone()
    for name, z in depths.items():
        joints[..., JOINTS.index(name), 2] = z
    return joints


class MeanColour(nn.Module):
    """Encodes pictures as their 4 x 4 mean colours, twice over: six channels, in no time."""

    class _Posterior:
        def __init__(self, mean: Tensor) -> None:
            self.mean, self.latent_dist = mean, self

        def mode(self) -> Tensor:
            return self.mean

    def encode(self, pictures: Tensor) -> _Posterior:
        return self._Posterior(nn.functional.avg_pool2d(pictures, 4).repeat(1, 2, 1, 1))


def small_unet(seed: int = 0) -> UNetSpatioTemporalConditionModel:
    """The draft's interface at a fraction of its width."""
    torch.manual_seed(seed)
    return UNetSpatioTemporalConditionModel(
        sample_size=16,
        in_channels=12,
        out_channels=6,
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
