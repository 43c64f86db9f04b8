"""Draws figures and backgrounds as anti-aliased pictures, many at a time. Imports torch only."""

import torch
from torch import Tensor

from .figures import JOINTS, PARTS, Figures

_START = [JOINTS.index(part[1]) for part in PARTS]
_END = [JOINTS.index(part[2]) for part in PARTS]
_LIGHT = (-0.45, 0.6, 0.66)


def render(figures: Figures, joints: Tensor, camera: Tensor, size: int = 64) -> Tensor:
    """Draw B clips.

    Args:
        figures: B bodies with their backgrounds.
        joints: (B, T, 15, 3), frame widths, as `figures.pose` returns them.
        camera: (B, T, 4) pan x, pan y (frame widths), ln zoom, roll (radians).
        size: pixels along each side.
    Returns:
        (B, T, 3, size, size) in [0, 1].
    """
    batch, times = joints.shape[:2]
    rows = figures.repeat(times)
    joints, camera = joints.flatten(0, 1), camera.flatten(0, 1)
    x, y = _to_world(size, camera)  # (N, P)
    pixel = (-camera[:, 2:3]).exp() / size  # (N, 1) the width of a pixel in the world
    picture = _background(rows, x, y, pixel)
    _paint_parts(rows, joints, x, y, pixel, picture)
    return picture.reshape(batch, times, 3, size, size)


def _to_world(size: int, camera: Tensor) -> tuple[Tensor, Tensor]:
    """World x and y behind the centre of each pixel, each (N, P), rows from the top."""
    axis = (torch.arange(size) + 0.5) / size - 0.5
    y, x = torch.meshgrid(-axis, axis, indexing="ij")
    x, y = x.reshape(1, -1), y.reshape(1, -1)
    pan_x, pan_y, zoom, roll = camera[:, :, None].unbind(1)
    cos, sin = roll.cos() / zoom.exp(), roll.sin() / zoom.exp()
    return x * cos - y * sin + pan_x, x * sin + y * cos + pan_y


def _background(rows: Figures, x: Tensor, y: Tensor, pixel: Tensor) -> Tensor:
    """(N, 3, P): a gradient, waves, soft blobs and a floor, whichever the clip has."""
    gradient = rows.gradient[:, :, None]
    mix = (x * gradient[:, 0] + y * gradient[:, 1] + gradient[:, 2] + 0.5).clamp_(0, 1)
    picture = torch.lerp(
        rows.background[:, 0, :, None], rows.background[:, 1, :, None], mix[:, None]
    )
    for k in range(rows.waves.shape[1]):
        w = rows.waves[:, k, :, None]
        on = w[:, 3, 0] > 0
        if on.any():
            w = w[on]
            picture[on] += (w[:, 3] * torch.sin(w[:, 0] * x[on] + w[:, 1] * y[on] + w[:, 2]))[
                :, None
            ]
    for k in range(rows.blobs.shape[1]):
        b = rows.blobs[:, k, :, None]
        on = b[:, 3, 0] > 0
        if on.any():
            b = b[on]
            far = (x[on] - b[:, 0]) ** 2 + (y[on] - b[:, 1]) ** 2
            alpha = b[:, 3] * torch.exp(-far / b[:, 2] ** 2)
            picture[on] = torch.lerp(picture[on], b[:, 4:], alpha[:, None])
    floor = rows.floor[:, :, None]
    alpha = ((floor[:, 0] - y) / pixel + 0.5).clamp_(0, 1) * floor[:, 1]
    return torch.lerp(picture, floor[:, 2:], alpha[:, None]).clamp_(0, 1)


def _paint_parts(
    rows: Figures, joints: Tensor, x: Tensor, y: Tensor, pixel: Tensor, picture: Tensor
) -> None:
    """Paint the ten rounded, tapered parts into `picture` (N, 3, P) from back to front."""
    start, end = joints[:, _START], joints[:, _END]  # (N, 10, 3)
    order = (start[..., 2] + end[..., 2]).argsort(dim=1, stable=True)
    pick = torch.arange(len(order))
    for k in range(order.shape[1]):
        part = order[:, k]
        a, axis = start[pick, part, :2], (end - start)[pick, part, :2]  # (N, 2)
        radius = rows.radii[pick, part] * rows.height[:, None]  # (N, 2)
        off_x, off_y = x - a[:, :1], y - a[:, 1:]
        along = axis / (axis.square().sum(-1, keepdim=True) + 1e-8)
        h = (off_x * along[:, :1]).addcmul_(off_y, along[:, 1:]).clamp_(0, 1)  # (N, P)
        off_x.addcmul_(h, axis[:, :1], value=-1)
        off_y.addcmul_(h, axis[:, 1:], value=-1)
        r = torch.lerp(radius[:, :1], radius[:, 1:], h)
        square = (off_x * off_x).addcmul_(off_y, off_y)
        alpha = (r - square.sqrt()).div_(pixel).add_(0.5).clamp_(0, 1)
        facing = off_x.mul_(_LIGHT[0]).add_(off_y, alpha=_LIGHT[1]).div_(r)
        facing += square.div_(r.square_()).neg_().add_(1).clamp_(min=0).sqrt_().mul_(_LIGHT[2])
        shade = facing.clamp_(0, 1).mul_(0.55).sub_(0.35).mul_(rows.shading[:, None]).add_(1)
        colour = (rows.colours[pick, part][:, :, None] * shade[:, None]).clamp_(max=1)
        picture.lerp_(colour, alpha[:, None])
