"""Who moves: body proportions, looks and backgrounds. Imports torch only.

Pictures span [-0.5, 0.5]^2, x to the right, y up; z is towards the viewer; the view is
orthographic.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

JOINTS = (
    "pelvis", "chest", "head",
    "shoulder_l", "elbow_l", "wrist_l", "shoulder_r", "elbow_r", "wrist_r",
    "hip_l", "knee_l", "ankle_l", "hip_r", "knee_r", "ankle_r",
)  # fmt: skip
# The ten parts of a figure, as (colour group, from joint, to joint).
PARTS = (
    (0, "pelvis", "chest"), (1, "head", "head"),
    (2, "shoulder_l", "elbow_l"), (2, "elbow_l", "wrist_l"),
    (3, "shoulder_r", "elbow_r"), (3, "elbow_r", "wrist_r"),
    (4, "hip_l", "knee_l"), (4, "knee_l", "ankle_l"),
    (5, "hip_r", "knee_r"), (5, "knee_r", "ankle_r"),
)  # fmt: skip


@dataclass
class Figures:
    """B bodies. Lengths in figure heights, (B,), except height, centre and ground: frame widths."""

    height: Tensor
    centre: Tensor
    ground: Tensor
    torso: Tensor
    neck: Tensor
    upper_arm: Tensor
    forearm: Tensor
    thigh: Tensor
    shin: Tensor
    shoulder: Tensor  # half the distance between the shoulders
    hip: Tensor  # half the distance between the hips
    radii: Tensor  # (B, 10, 2) at the start and end of each part
    colours: Tensor  # (B, 10, 3) in [0, 1]
    shading: Tensor  # 0 flat .. 1 fully shaded
    background: Tensor  # (B, 2, 3) the two ends of the gradient
    gradient: Tensor  # (B, 3) direction x, y and offset
    blobs: Tensor  # (B, 4, 7) x, y, radius, strength, colour
    floor: Tensor  # (B, 5) y, strength, colour
    waves: Tensor  # (B, 3, 4) wave vector x, y, phase, strength

    def repeat(self, times: int) -> "Figures":
        """Each body `times` times in a row: B -> B * times."""
        return Figures(
            **{f.name: getattr(self, f.name).repeat_interleave(times, 0) for f in fields(self)}
        )

    def pick(self, rows: Tensor | list[int]) -> "Figures":
        """The bodies at these row numbers."""
        return Figures(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def random_figures(count: int, generator: torch.Generator, look: str = "any") -> Figures:
    """Draw `count` bodies. look: 'stick', 'solid' or 'any' (one stick in three)."""
    g = generator

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*(shape or (count,)), generator=g)

    stick = torch.rand(count, generator=g) < {"stick": 1.1, "solid": -0.1, "any": 0.33}[look]
    background, gradient, blobs, floor, waves = _backgrounds(count, stick, g)
    height = uniform(0.62, 0.92)
    return Figures(
        height=height,
        centre=uniform(-0.13, 0.13),
        ground=-0.5 + (1 - height) * uniform(0.15, 0.75),
        torso=uniform(0.27, 0.36), neck=uniform(0.03, 0.07),
        upper_arm=uniform(0.14, 0.2), forearm=uniform(0.13, 0.2),
        thigh=uniform(0.2, 0.26), shin=uniform(0.19, 0.26),
        shoulder=uniform(0.07, 0.13), hip=uniform(0.03, 0.07),
        radii=_radii(stick, uniform),
        colours=_colours(count, stick, background.mean(1), g),
        shading=torch.where(stick, uniform(0, 0.15), uniform(0.0, 1.0)),
        background=background, gradient=gradient, blobs=blobs, floor=floor, waves=waves,
    )  # fmt: skip


def _radii(stick: Tensor, uniform: Callable[..., Tensor]) -> Tensor:
    """(B, 10, 2) part radii in figure heights; sticks are thin everywhere but at the head."""
    count = len(stick)
    thin = uniform(0.014, 0.026)
    head = uniform(0.065, 0.1)
    limb, chest = uniform(0.03, 0.05), uniform(0.07, 0.12)
    radii = torch.empty(count, 10, 2)
    radii[:, 0, 0], radii[:, 0, 1] = chest * uniform(0.7, 1.0), chest
    radii[:, 1] = head[:, None]
    for part in range(2, 10):
        thick = limb * (1.0 if part < 6 else 1.25)
        radii[:, part, 0], radii[:, part, 1] = thick, thick * uniform(0.7, 1.0)
    sticks = thin[:, None, None].expand(-1, 10, 2).clone()
    sticks[:, 1] = (head * uniform(0.6, 1.0))[:, None]
    return torch.where(stick[:, None, None], sticks, radii)


def _colours(count: int, stick: Tensor, behind: Tensor, g: torch.Generator) -> Tensor:
    """(B, 10, 3): six colour groups, away from the background.

    Left and right are sometimes alike, and sticks often of one colour.
    """
    candidates = torch.rand(6, count, 6, 3, generator=g)
    distance = (candidates - behind[None, :, None]).norm(dim=-1)
    farthest = distance.argmax(0)[None, ..., None].expand(1, -1, -1, 3)
    groups = candidates.gather(0, farthest)[0]  # (B, 6, 3)
    for left, right, p in ((2, 3, 0.5), (4, 5, 0.5)):
        alike = torch.rand(count, generator=g) < p
        groups[:, right] = torch.where(alike[:, None], groups[:, left], groups[:, right])
    shirt = torch.rand(count, generator=g) < 0.3
    groups[:, 2:4] = torch.where(shirt[:, None, None], groups[:, :1], groups[:, 2:4])
    plain = stick & (torch.rand(count, generator=g) < 0.5)
    groups = torch.where(plain[:, None, None], groups[:, :1], groups)
    return groups[:, [part[0] for part in PARTS]]


def _backgrounds(count: int, stick: Tensor, g: torch.Generator) -> tuple[Tensor, ...]:
    def rand(*shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=g)

    first = rand(3)
    paper = stick & (rand() < 0.6)
    first = torch.where(paper[:, None], 0.85 + 0.15 * rand(3), first)
    second = (first + 0.5 * (rand(3) - 0.5)).clamp(0, 1)
    plain = paper | (rand() < 0.35)
    second = torch.where(plain[:, None], first, second)
    angle = 2 * torch.pi * rand()
    gradient = torch.stack([angle.cos(), angle.sin(), 0.5 * (rand() - 0.5)], -1)
    busy = ~plain
    blobs = torch.cat(
        [1.4 * (rand(4, 2) - 0.5), 0.08 + 0.2 * rand(4, 1), 0.8 * rand(4, 1), rand(4, 3)], -1
    )
    blobs[..., 3] *= (busy & (rand() < 0.5))[:, None]
    floor = torch.cat(
        [-0.45 + 0.35 * rand(1), rand(1), (first[:, :3] + 0.7 * (rand(3) - 0.5)).clamp(0, 1)], -1
    )
    floor[:, 1] = (busy & (rand() < 0.45)).float()
    waves = torch.cat([30 * (rand(3, 2) - 0.5), 6.3 * rand(3, 1), 0.05 * rand(3, 1)], -1)
    waves[..., 3] *= (busy & (rand() < 0.35))[:, None]
    return torch.stack([first, second], 1), gradient, blobs, floor, waves
