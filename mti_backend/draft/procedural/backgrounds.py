"""Backgrounds of the figures, from white paper to busy. Imports torch only; units as in figures."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional

# (rows (n, columns, 1), x (n, P), y (n, P), pixel (n, 1)) -> coverage (n, P) in 0 .. 1
Cover = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


@dataclass
class Backgrounds:
    """B backgrounds; a strength of 0 disables an element."""

    colours: Tensor  # (B, 2, 3) both ends of the gradient
    gradient: Tensor  # (B, 3) direction x, y and offset
    blobs: Tensor  # (B, 4, 7) x, y, radius, strength, color
    boxes: Tensor  # (B, 3, 8) x, y, half width, half height, strength, color
    floor: Tensor  # (B, 5) y, strength, color
    mosaic: Tensor  # (B, 3, 8, 8) random colors, repeated by reflection
    grain: Tensor  # (B, 3) cells per frame width, strength, 1 for hard edges
    waves: Tensor  # (B, 3, 4) wave vector x, y, phase, strength
    pattern: Tensor  # (B, 6) two wave vectors x, y, 1 checks or 0 stripes, strength
    pattern_colour: Tensor  # (B, 3) its second color
    parallax: Tensor  # (B,) fraction of the camera's pan that the background follows

    def pick(self, rows: Tensor | list[int]) -> "Backgrounds":
        """The backgrounds at these row numbers."""
        return Backgrounds(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def paint_over(self, rows: Tensor, colour: Tensor) -> None:
        """Make these rows, bool (B,), plain paper of one color (3,), in place."""
        self.colours[rows] = colour
        for table, strength in (
            (self.blobs, 3), (self.boxes, 4), (self.floor, 1), (self.waves, 3), (self.pattern, 5),
            (self.grain, 1),
        ):  # fmt: skip
            table[..., strength][rows] = 0


def random_backgrounds(
    count: int, stick: Tensor, g: torch.Generator, backdrop: str = "train"
) -> Backgrounds:
    """Draw `count` backgrounds; rows where `stick`, bool (B,), is set are mostly plain paper.

    backdrop: 'train', or 'held-out' for checks and stripes, which training never draws.
    """

    def rand(*shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=g)

    first = rand(3)
    paper = (stick & (rand() < 0.6)) | (rand() < 0.06)
    first = torch.where(paper[:, None], 0.85 + 0.15 * rand(1), first)
    first = torch.where(paper[:, None] & (rand(1) < 0.5), torch.ones(()), first)
    second = (first + 0.5 * (rand(3) - 0.5)).clamp(0, 1)
    plain = paper | (rand() < 0.3)
    second = torch.where(plain[:, None], first, second)
    angle = 2 * torch.pi * rand()
    busy = ~plain
    blobs = torch.cat(
        [1.4 * (rand(4, 2) - 0.5), 0.08 + 0.2 * rand(4, 1), 0.8 * rand(4, 1), rand(4, 3)], -1
    )
    blobs[..., 3] *= (busy & (rand() < 0.45))[:, None]
    boxes = torch.cat(
        [1.2 * (rand(3, 2) - 0.5), 0.04 + 0.25 * rand(3, 2), 0.5 + 0.5 * rand(3, 1), rand(3, 3)], -1
    )
    boxes[..., 4] *= (busy & (rand() < 0.35))[:, None]
    floor = torch.cat(
        [-0.45 + 0.35 * rand(1), rand(1), (first + 0.7 * (rand(3) - 0.5)).clamp(0, 1)], -1
    )
    floor[:, 1] = (busy & (rand() < 0.45)).float()
    waves = torch.cat([30 * (rand(3, 2) - 0.5), 6.3 * rand(3, 1), 0.05 * rand(3, 1)], -1)
    waves[..., 3] *= (busy & (rand() < 0.35))[:, None]
    grain = torch.cat([3 + 17 * rand(1) ** 2, 0.6 * rand(1) ** 1.5, (rand(1) < 0.4).float()], -1)
    grain[:, 1] *= busy & (rand() < 0.4)
    direction = torch.pi * rand(1)
    turned = direction + torch.pi / 2
    period = 10 + 15 * rand(1)
    pattern = torch.cat(
        [period * direction.cos(), period * direction.sin(), period * turned.cos(),
         period * turned.sin(), (rand(1) < 0.5).float(), 0.25 + 0.4 * rand(1)], -1
    )  # fmt: skip
    if backdrop != "held-out":
        pattern[:, 5] = 0
    return Backgrounds(
        colours=torch.stack([first, second], 1),
        gradient=torch.stack([angle.cos(), angle.sin(), 0.5 * (rand() - 0.5)], -1),
        blobs=blobs, boxes=boxes, floor=floor, waves=waves,
        mosaic=rand(3, 8, 8), grain=grain,
        pattern=pattern, pattern_colour=rand(3),
        parallax=torch.where(rand() < 0.3, 0.4 + 0.6 * rand(), torch.ones(())),
    )  # fmt: skip


def paint_background(behind: Backgrounds, x: Tensor, y: Tensor, pixel: Tensor) -> Tensor:
    """Paint N rows at world positions x, y (N, P) as (N, 3, P); pixel (N, 1) is a pixel's width."""
    gradient = behind.gradient[:, :, None]
    mix = (x * gradient[:, 0] + y * gradient[:, 1] + gradient[:, 2] + 0.5).clamp_(0, 1)
    picture = torch.lerp(behind.colours[:, 0, :, None], behind.colours[:, 1, :, None], mix[:, None])
    _add_waves(behind.waves, x, y, picture)
    for k in range(behind.blobs.shape[1]):
        _blend(picture, behind.blobs[:, k], 3, slice(4, 7), _blob, x, y, pixel)
    for k in range(behind.boxes.shape[1]):
        _blend(picture, behind.boxes[:, k], 4, slice(5, 8), _box, x, y, pixel)
    _add_mosaic(behind.mosaic, behind.grain, x, y, picture)
    _blend(picture, behind.floor, 1, slice(2, 5), _floor, x, y, pixel)
    checks = torch.cat([behind.pattern, behind.pattern_colour], -1)
    _blend(picture, checks, 5, slice(6, 9), _checks, x, y, pixel)
    return picture.clamp_(0, 1)


def _add_waves(waves: Tensor, x: Tensor, y: Tensor, picture: Tensor) -> None:
    for k in range(waves.shape[1]):
        on = waves[:, k, 3] > 0
        if on.any():
            w = waves[on, k, :, None]
            wave = w[:, 3] * torch.sin(w[:, 0] * x[on] + w[:, 1] * y[on] + w[:, 2])
            picture[on] += wave[:, None]


def _add_mosaic(mosaic: Tensor, grain: Tensor, x: Tensor, y: Tensor, picture: Tensor) -> None:
    """Add random cells, blurred or with hard edges, that stand for walls, foliage and cloth."""
    for hard, mode in ((0, "bilinear"), (1, "nearest")):
        on = (grain[:, 1] > 0) & (grain[:, 2] == hard)
        if on.any():
            cells = grain[on, :1] / mosaic.shape[-1] * 2
            at = torch.stack([cells * x[on], cells * y[on]], -1)[:, :, None]
            texture = functional.grid_sample(
                mosaic[on], at, mode=mode, padding_mode="reflection", align_corners=False
            )
            picture[on] = torch.lerp(picture[on], texture[..., 0], grain[on, 1:2, None])


def _blend(
    picture: Tensor, table: Tensor, strength: int, colour: slice, cover: Cover,
    x: Tensor, y: Tensor, pixel: Tensor,
) -> None:  # fmt: skip
    """Blend in `table[:, colour]` with coverage cover(row, x, y, pixel), in rows of strength >
    0."""
    on = table[:, strength] > 0
    if on.any():
        rows = table[on, :, None]
        alpha = cover(rows, x[on], y[on], pixel[on]) * rows[:, strength]
        picture[on] = torch.lerp(picture[on], rows[:, colour], alpha[:, None])


def _blob(row: Tensor, x: Tensor, y: Tensor, pixel: Tensor) -> Tensor:
    return torch.exp(-((x - row[:, 0]) ** 2 + (y - row[:, 1]) ** 2) / row[:, 2] ** 2)


def _box(row: Tensor, x: Tensor, y: Tensor, pixel: Tensor) -> Tensor:
    inside = torch.minimum(row[:, 2] - (x - row[:, 0]).abs(), row[:, 3] - (y - row[:, 1]).abs())
    return (inside / pixel + 0.5).clamp(0, 1)


def _floor(row: Tensor, x: Tensor, y: Tensor, pixel: Tensor) -> Tensor:
    return ((row[:, 0] - y) / pixel + 0.5).clamp(0, 1)


def _checks(row: Tensor, x: Tensor, y: Tensor, pixel: Tensor) -> Tensor:
    """Stripes, or checks if the fifth value is positive; edges one to three pixels wide."""
    one = torch.sin(row[:, 0] * x + row[:, 1] * y)
    other = torch.sin(row[:, 2] * x + row[:, 3] * y)
    wave = torch.where(row[:, 4] > 0, one * other, one)
    return (2 * wave + 0.5).clamp(0, 1)
