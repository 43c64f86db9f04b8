"""Ground-truth motion of every pixel of a clip's first frame, known because the clips are drawn.

Imports torch and the draft's own modules. Flow is in image widths, x to the right, y down.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .body import HAND_L, HAND_R, HUMAN, NECK, QUADRUPED, Figures
from .render import NOBODY, to_image, to_world

_REACH = 5  # pixels around a figure that move with its nearest part
_SHORTEST = 1e-3  # frame widths: a part pointing at the viewer has no direction in the image


@dataclass
class MotionMaps:
    """Motion of the first frame's pixels to each of T later times, (B, T, ..., S, S).

    flow: (B, T, 2, S, S) from a pixel to its later position. depth: (B, T, 1, S, S) of the part
    there, in frame widths toward the viewer, 0 without a figure. figure: (B, 1, S, S) 1 where the
    first frame shows a figure, else 0. near: (B, 1, S, S) the same including a margin, where flow
    and depth are the nearest part's.
    """

    flow: Tensor
    depth: Tensor
    figure: Tensor
    near: Tensor


def motion_maps(figures: Figures, ends: Tensor, classes: Tensor, camera: Tensor) -> MotionMaps:
    """Compute the maps of B clips.

    Args:
        figures: B bodies. ends: (B, 1 + T, P, 2, 3) as `pose` returns them, starting with the first
            frame.
        classes: int64 (B, S, S), the part visible in the first frame, or NOBODY.
        camera: (B, 1 + T, 4).
    """
    size = classes.shape[-1]
    part = _spread(classes, _REACH)
    known = (part != NOBODY)[:, None]
    moved = _moved_with_parts(_axes(figures, ends), part.clamp(min=0).flatten(1), camera, size)
    behind = _moved_background(figures.behind.parallax, camera, size)
    here = _grid(size)
    flow = torch.where(known[:, :, None].flatten(3), moved - here, behind - here)
    times = ends.shape[1] - 1
    depth = ends[:, 1:, :, :, 2].mean(3)  # in the renderer's painting order
    depth[:, :, NECK] -= 0.05
    index = part.clamp(min=0).flatten(1)[:, None].expand(-1, times, -1)
    depths = depth.gather(2, index).unflatten(2, (1, size, size))
    return MotionMaps(
        flow.unflatten(3, (size, size)),
        depths * known[:, None],
        (classes != NOBODY)[:, None].float(),
        known.float(),
    )


def _grid(size: int) -> Tensor:
    """(2, P) image positions of the pixel centers."""
    axis = (torch.arange(size) + 0.5) / size
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()])


def _spread(classes: Tensor, reach: int) -> Tensor:
    """Assign pixels within `reach` of a figure to its nearest part; (B, S, S)."""
    part = (classes + 1).float()[:, None]
    for _ in range(reach):
        grown = functional.max_pool2d(part, 3, 1, 1)
        part = torch.where(part > 0, part, grown)
    return part[:, 0].long() - 1


def _axes(figures: Figures, ends: Tensor) -> Tensor:
    """Image-space axis with which each part turns and stretches, (B, T, P, 2, 2).

    A spherical part turns with the limb to which it is attached.
    """
    axes = ends[..., :2].clone()
    people = ((figures.kind == HUMAN) | (figures.kind == QUADRUPED))[:, None, None]
    for part in range(axes.shape[2]):
        carrier = {1: NECK, HAND_L: 3, HAND_R: 5}.get(part, 0)
        own = axes[:, :, part, 1] - axes[:, :, part, 0]
        along = axes[:, :, carrier, 1] - axes[:, :, carrier, 0]
        if carrier == 0:
            along = torch.where(people, torch.zeros_like(along), along)
        ball = own.norm(dim=-1, keepdim=True) < 1e-6
        tip = axes[:, :, part, 0] + 2 * _SHORTEST * functional.normalize(along, dim=-1)
        axes[:, :, part, 1] = torch.where(ball, tip, axes[:, :, part, 1])
    return axes


def _moved_with_parts(axes: Tensor, part: Tensor, camera: Tensor, size: int) -> Tensor:
    """Image positions (B, T, 2, P) of pixels that move with the parts (B, P), given their axes."""
    x, y = to_world(size, camera[:, 0])
    place = torch.stack([x, y], -1)  # (B, P, 2)

    def of_pixels(time: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        index = part[..., None].expand(-1, -1, 2)
        a, b = (axes[:, time, :, i].gather(1, index) for i in (0, 1))
        return a, *_frame(b - a)

    a, length, along, across = of_pixels(0)
    s = ((place - a) * along).sum(-1, keepdim=True)
    v = ((place - a) * across).sum(-1, keepdim=True)
    moved = []
    for time in range(1, axes.shape[1]):
        a, longer, along, across = of_pixels(time)
        stretched = s * longer / length.clamp(min=_SHORTEST)
        s_then = torch.where(s < 0, s, torch.where(s > length, longer + s - length, stretched))
        then = a + s_then * along + v * across
        moved.append(to_image(then, camera[:, time, None]).transpose(1, 2))
    return torch.stack(moved, 1)


def _frame(axis: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Length (..., 1), direction and normal (..., 2) of lines (..., 2)."""
    length = axis.norm(dim=-1, keepdim=True)
    upright = torch.tensor([0.0, 1.0])
    along = torch.where(length > _SHORTEST, axis / length.clamp(min=1e-9), upright)
    return length, along, torch.stack([-along[..., 1], along[..., 0]], -1)


def _moved_background(parallax: Tensor, camera: Tensor, size: int) -> Tensor:
    """Image positions (B, T, 2, P) to which background pixels move."""
    far = camera.clone()
    far[..., :2] *= parallax[:, None, None]
    x, y = to_world(size, far[:, 0])
    place = torch.stack([x, y], -1)[:, None]
    return to_image(place, far[:, 1:, None]).transpose(2, 3)
