"""Batched rendering of figures and backgrounds with anti-aliasing. Imports torch only."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .backgrounds import paint_background
from .body import NECK, PART_COUNT, Figures

_LIGHT = (-0.45, 0.6, 0.66)
NOBODY = -1


@dataclass
class Drawing:
    """B clips of T images: `pixels` and `background` (the same without figures), (B, T, 3, S, S) in
    [0, 1]; `classes` int64 (B, T, S, S): the visible part, or NOBODY."""

    pixels: Tensor
    background: Tensor
    classes: Tensor


def render(figures: Figures, ends: Tensor, camera: Tensor, size: int = 64) -> Tensor:
    """Render B clips; (B, T, 3, size, size) in [0, 1].

    Args:
        figures: B bodies with their backgrounds. ends: (B, T, P, 2, 3), frame widths, as returned
        by
            `pose`.
        camera: (B, T, 4) pan x, pan y (frame widths), ln zoom, roll (radians).
        size: Side in pixels.
    """
    picture = background(figures, camera, size)
    paint(figures, ends, camera, picture)
    return picture


def draw(figures: Figures, ends: Tensor, camera: Tensor, size: int = 64) -> Drawing:
    """Like `render`, with the ground truth that evaluation needs."""
    behind = background(figures, camera, size)
    picture = behind.clone()
    return Drawing(picture, behind, paint(figures, ends, camera, picture))


def background(figures: Figures, camera: Tensor, size: int) -> Tensor:
    """Render the backgrounds, (B, T, 3, size, size), with parallax."""
    batch, times = camera.shape[:2]
    behind = figures.behind.pick(torch.arange(batch).repeat_interleave(times))
    rows = camera.flatten(0, 1).clone()
    rows[:, :2] *= behind.parallax[:, None]
    x, y = to_world(size, rows)
    picture = paint_background(behind, x, y, _pixel(size, rows))
    return picture.reshape(batch, times, 3, size, size)


def paint(figures: Figures, ends: Tensor, camera: Tensor, picture: Tensor) -> Tensor:
    """Paint the figures into `picture` (B, T, 3, S, S), in place.

    Returns the visible part of each pixel, int64 (B, T, S, S), or NOBODY.
    """
    batch, times, _, size = picture.shape[:4]
    rows = figures.repeat(times)
    camera = camera.flatten(0, 1)
    x, y = to_world(size, camera)  # (N, S * S)
    flat = picture.view(batch * times, 3, -1)
    _paint_shadow(rows, ends.flatten(0, 1), x, y, flat)
    seen = _paint_parts(rows, ends.flatten(0, 1), x, y, _pixel(size, camera), flat)
    return seen.reshape(batch, times, size, size)


def to_world(size: int, camera: Tensor) -> tuple[Tensor, Tensor]:
    """World x and y of the pixel centers, each (N, P), rows from the top; camera (N, 4)."""
    axis = (torch.arange(size) + 0.5) / size - 0.5
    y, x = torch.meshgrid(-axis, axis, indexing="ij")
    x, y = x.reshape(1, -1), y.reshape(1, -1)
    pan_x, pan_y, zoom, roll = camera[:, :, None].unbind(1)
    cos, sin = roll.cos() / zoom.exp(), roll.sin() / zoom.exp()
    return x * cos - y * sin + pan_x, x * sin + y * cos + pan_y


def to_image(points: Tensor, camera: Tensor) -> Tensor:
    """Project world points (..., 2) with cameras (..., 4): x right, y down, 0 .. 1."""
    pan_x, pan_y, zoom, roll = camera.unbind(-1)
    x, y = points[..., 0] - pan_x, points[..., 1] - pan_y
    cos, sin, scale = roll.cos(), roll.sin(), zoom.exp()
    return torch.stack([0.5 + scale * (x * cos + y * sin), 0.5 - scale * (y * cos - x * sin)], -1)


def _pixel(size: int, camera: Tensor) -> Tensor:
    """(N, 1) width of a pixel in the world."""
    return (-camera[:, 2:3]).exp() / size


def _paint_shadow(rows: Figures, ends: Tensor, x: Tensor, y: Tensor, picture: Tensor) -> None:
    """Darken the ground under the figures: a blob that extends away from the light, or the shadow
    cast by a lamp."""
    _cast_shadow(rows, ends, x, y, picture)
    on = ((rows.shadow[:, 0] > 0) & (rows.shadow[:, 2] == 0)).nonzero()[:, 0]
    if not len(on):
        return
    strength, light, _ = rows.shadow[on].unsqueeze(-1).unbind(1)
    height, ground = rows.height[on, None], rows.ground[on, None]
    middle = ends[on, 0, 0, :1]  # start of the trunk
    across = (x[on] - middle - 0.12 * light * height) / (0.22 * height)
    down = (y[on] - ground) / (0.05 * height)
    dark = strength * torch.exp(-across.square() - down.square())
    picture[on] *= 1 - dark[:, None]


def _cast_shadow(rows: Figures, ends: Tensor, x: Tensor, y: Tensor, picture: Tensor) -> None:
    """Project the figure onto the ground, away from the light, with soft edges."""
    on = ((rows.shadow[:, 0] > 0) & (rows.shadow[:, 2] != 0)).nonzero()[:, 0]
    if not len(on):
        return
    strength, light, reach = rows.shadow[on].unsqueeze(-1).unbind(1)  # (n, 1)
    ground, height = rows.ground[on, None, None], rows.height[on, None]
    up = ends[on, ..., 1] - ground  # (n, parts, 2)
    across = ends[on, ..., 0] - 1.3 * light[..., None] * up
    along = ground + reach[..., None] * up
    x, y = x[on], y[on]
    dark = torch.zeros_like(x)
    for part in range(PART_COUNT):
        radius = 0.8 * rows.radii[on, part].mean(1, keepdim=True) * height
        if not (radius > 0).any():
            continue
        ax, ay = across[:, part, :1], along[:, part, :1]
        bx, by = across[:, part, 1:] - ax, along[:, part, 1:] - ay
        share = ((x - ax) * bx + (y - ay) * by) / (bx.square() + by.square() + 1e-8)
        share = share.clamp_(0, 1)
        far = ((x - ax - share * bx).square() + (y - ay - share * by).square()).sqrt()
        cover = ((radius - far) / (0.02 * height) + 0.5).clamp_(0, 1) * (radius > 0)
        dark = torch.maximum(dark, cover)
    picture[on] *= 1 - (strength * dark)[:, None]


def _paint_parts(
    rows: Figures, ends: Tensor, x: Tensor, y: Tensor, pixel: Tensor, picture: Tensor
) -> Tensor:
    """Paint the parts into `picture` (N, 3, P) back to front; returns the visible part (N, P)."""
    start, end = ends[:, :, 0], ends[:, :, 1]  # (N, parts, 3)
    depth = start[..., 2] + end[..., 2]
    depth[:, NECK] -= 0.1  # it ends inside the head
    order = depth.argsort(dim=1, stable=True)
    pick = torch.arange(len(order))
    seen = torch.full(x.shape, NOBODY)
    for k in range(PART_COUNT):
        part = order[:, k]
        radius = rows.radii[pick, part] * rows.height[:, None]  # (N, 2)
        there = (radius.amax(1) > 0).nonzero()[:, 0]
        if not len(there):
            continue
        part = part[there]
        _paint_part(
            start[there, part, :2], end[there, part, :2], radius[there],
            rows.square[there, part], rows.colours[there, part], rows.shading[there],
            rows.cloth[there], rows.outline[there],
            x[there], y[there], pixel[there], picture, seen, there, part,
        )  # fmt: skip
    return seen


def _paint_part(
    a: Tensor, b: Tensor, radius: Tensor, square: Tensor, colours: Tensor, shading: Tensor,
    cloth: Tensor, outline: Tensor,
    x: Tensor, y: Tensor, pixel: Tensor, picture: Tensor, seen: Tensor, there: Tensor, part: Tensor,
) -> None:  # fmt: skip
    """Paint one part in the rows `there` (n,): ends (n, 2), radii (n, 2), positions x, y (n, P)."""
    axis = b - a
    off_x, off_y = x - a[:, :1], y - a[:, 1:]
    length = axis.square().sum(-1, keepdim=True)
    along = axis / (length + 1e-8)
    u = off_x * along[:, :1] + off_y * along[:, 1:]  # (n, P)
    woven = _woven(cloth, axis, off_x, off_y) if (cloth[:, 3] > 0).any() else None
    h = u.clamp(0, 1)
    off_x.addcmul_(h, axis[:, :1], value=-1)
    off_y.addcmul_(h, axis[:, 1:], value=-1)
    r = torch.lerp(radius[:, :1], radius[:, 1:], h)
    far = (off_x * off_x).addcmul_(off_y, off_y)
    inside = r - far.sqrt()
    if square.any():
        long = length[square].sqrt()
        # A box that points at the viewer is not flat.
        half = torch.maximum(0.5 * long, 0.6 * radius[square].amax(1, keepdim=True))
        ahead = half - (u[square] - 0.5).abs() * long
        inside[square] = torch.minimum(inside[square], ahead)
    drawn = outline[:, 1:] > 0
    line = ((outline[:, :1] - inside) / pixel + 0.5).clamp_(0, 1) if drawn.any() else None
    alpha = inside.div_(pixel).add_(0.5).clamp_(0, 1)
    facing = off_x.mul_(_LIGHT[0]).add_(off_y, alpha=_LIGHT[1]).div_(r)
    facing += far.div_(r.square_()).neg_().add_(1).clamp_(min=0).sqrt_().mul_(_LIGHT[2])
    shade = facing.clamp_(0, 1).mul_(0.55).sub_(0.35).mul_(shading[:, None]).add_(1)
    if woven is not None:
        shade *= woven
    if line is not None:
        shade *= 1 - line * outline[:, 1:]
    colour = (colours[:, :, None] * shade[:, None]).clamp_(max=1)
    picture[there] = picture[there].lerp_(colour, alpha[:, None])
    seen[there] = torch.where(alpha > 0.5, part[:, None], seen[there])


def _woven(cloth: Tensor, axis: Tensor, off_x: Tensor, off_y: Tensor) -> Tensor:
    """Brightness of woven cloth (n, P) at offsets from the start of parts that lie along `axis`."""
    along = axis / (axis.norm(dim=-1, keepdim=True) + 1e-4)
    s = off_x * along[:, :1] + off_y * along[:, 1:]
    v = off_y * along[:, :1] - off_x * along[:, 1:]
    turns = 2 * torch.pi * (cloth[:, :1] * s + cloth[:, 1:2] * v) + cloth[:, 2:3]
    wave = torch.sin(turns)
    wave = torch.where(cloth[:, 4:] > 0, (4 * wave).clamp(-1, 1), wave)
    return 1 + cloth[:, 3:4] * (wave - 0.3)
