"""Spatial and color augmentation shared by all frames of a clip. Imports torch only.

Reenact Anything, App. B.1: applying the same augmentation to every frame keeps the embedding from
encoding the appearance and position of its reference.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from mti_addon.wire.settings import Augmentation

_LUMA = (0.299, 0.587, 0.114)


def augment(pictures: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Apply one random augmentation to the whole clip; (F, 3, H, W) in [-1, 1] in and out."""
    if not settings.enabled:
        return pictures
    draw = torch.rand(8, generator=generator).tolist()
    pictures = _place(pictures, settings, draw[:4])
    return _colour((pictures + 1) / 2, settings, draw[4:]).clamp(0, 1) * 2 - 1


def _place(pictures: Tensor, settings: Augmentation, draw: list[float]) -> Tensor:
    """Crop randomly with the same aspect ratio, resize back, and possibly mirror."""
    scale = settings.crop_scale_min + (1 - settings.crop_scale_min) * draw[0]
    shift_x, shift_y = ((1 - scale) * (2 * d - 1) for d in draw[1:3])
    mirror = -1.0 if settings.horizontal_flip and draw[3] < 0.5 else 1.0
    if scale == 1.0 and mirror == 1.0:
        return pictures
    matrix = torch.tensor(
        [[mirror * scale, 0.0, shift_x], [0.0, scale, shift_y]],
        dtype=pictures.dtype,
        device=pictures.device,
    )
    grid = functional.affine_grid(
        matrix.expand(len(pictures), 2, 3), list(pictures.shape), align_corners=False
    )
    return functional.grid_sample(
        pictures, grid, mode="bicubic", padding_mode="border", align_corners=False
    ).clamp(-1, 1)


def _colour(pictures: Tensor, settings: Augmentation, draw: list[float]) -> Tensor:
    """Jitter brightness, contrast, saturation and hue, in that order; pictures in [0, 1]."""
    brightness, contrast, saturation, hue = (
        amount * (2 * d - 1)
        for amount, d in zip(
            (settings.brightness, settings.contrast, settings.saturation, settings.hue),
            draw,
            strict=True,
        )
    )
    luma = torch.tensor(_LUMA, dtype=pictures.dtype, device=pictures.device).view(3, 1, 1)
    pictures = pictures * (1 + brightness)
    middle = (pictures * luma).sum(1, keepdim=True).mean()
    pictures = middle + (pictures - middle) * (1 + contrast)
    grey = (pictures * luma).sum(1, keepdim=True)
    pictures = grey + (pictures - grey) * (1 + saturation)
    return torch.einsum("ij,fjhw->fihw", _hue_rotation(hue).to(pictures), pictures)


def _hue_rotation(turns: float) -> Tensor:
    """(3, 3) rotation of RGB about the gray axis, which leaves grays unchanged."""
    cos, sin = math.cos(2 * math.pi * turns), math.sin(2 * math.pi * turns) / math.sqrt(3)
    same, third = cos, (1 - cos) / 3
    return torch.tensor(
        [
            [same + third, third - sin, third + sin],
            [third + sin, same + third, third - sin],
            [third - sin, third + sin, same + third],
        ]
    )
