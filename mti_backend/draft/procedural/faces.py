"""Faces that perform the same motions as people: heads with features. Imports torch only.

A face turns, tilts and nods as a person's head does, and has four channels of its own: `jaw` opens
the mouth, `smile` raises its corners, `brow` raises the brows and `blink` shuts the eyes. Lengths
are in figure heights, from the shoulders at y = 0 to the top of the head; each part of a body
(body.py) stands for a feature.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from .body import (
    FOOT_L,
    FOOT_R,
    HAIR,
    HAND_L,
    HAND_R,
    HIPS,
    PART_COUNT,
    SHOULDERS,
    SKIRT,
    Figures,
)
from .motions import INDEX

_CENTRE, _SIZE = 0.56, 0.36  # of the head, and its radius
_PIVOT = -1.2  # where the head nods and tilts, in head radii below its center
NOSE, CHIN = HIPS, SKIRT
_EARS, _PUPILS = (FOOT_L, FOOT_R), (HAND_L, HAND_R)
_BROWS, _EYES, _UPPER, _LOWER = (2, 4), (3, 5), (6, 8), (7, 9)
_SIDES = ((0, -1.0), (1, 1.0))
# Colors of the add-on's face: features of the middle, the image's left and right, upper lip.
_LINES = {NOSE: (70, 78, 96), 7: (70, 78, 96), 9: (70, 78, 96), 2: (226, 74, 66), 3: (226, 74, 66),
          4: (46, 134, 222), 5: (46, 134, 222), 6: (240, 176, 40), 8: (38, 166, 110),
          1: (226, 170, 120)}  # fmt: skip


def face_ends(figures: Figures, values: Tensor, grounded: Tensor) -> Tensor:
    """Ends of the features, (B, T, P, 2, 3) in figure heights; `grounded` has no meaning here."""
    c = {name: values[:, i] for name, i in INDEX.items()}
    wide, low = 0.75 + 0.35 * figures.form[:, 0:1], 0.9 + 0.25 * figures.form[:, 1:2]
    zero = torch.zeros_like(c["yaw"])

    def at(x: Tensor | float, y: Tensor | float, z: Tensor | float) -> Tensor:
        """A point of the head, in its radii from its center, wherever the head has turned."""
        point = torch.stack([(x + zero) * wide, (y + zero) * low, z + zero], -1)
        return _turned(point, c, 0.5 * figures.facing[:, None])

    def fixed(x: float, y: float, z: float) -> Tensor:
        return torch.stack([x + zero, y + zero, z + zero], -1)

    ends = torch.full((len(values), values.shape[2], PART_COUNT, 2, 3), 9.0)

    def put(slot: int, start: Tensor, end: Tensor) -> None:
        ends[:, :, slot, 0], ends[:, :, slot, 1] = start, end

    put(0, at(0, -0.7, -0.5), fixed(0, -1.5, -0.5))
    put(1, at(0, -0.12, 0), at(0, 0.15, 0))
    put(SHOULDERS, fixed(-0.9, -1.55, -0.7), fixed(0.9, -1.55, -0.7))
    put(NOSE, at(0, 0.12, 1.1), at(0, -0.14, 1.2))
    put(CHIN, at(0, -0.66 - 0.22 * c["jaw"], 0.1), at(0, -0.66 - 0.22 * c["jaw"], 0.1))
    put(HAIR, at(0, 0.2, -0.5), at(0, 0.45, -0.4))
    for side, sign in _SIDES:
        _put_side(put, at, c, side, sign)
    ends *= _SIZE
    ends[..., 1] += _CENTRE
    return ends


def _put_side(
    put: Callable[[int, Tensor, Tensor], None],
    at: Callable[..., Tensor],
    c: dict[str, Tensor],
    side: int,
    sign: float,
) -> None:
    """Set the features of one side, sign -1 on the image's left."""
    up = 0.16 * c["brow"]
    put(_BROWS[side], at(0.16 * sign, 0.36 + 1.2 * up, 0.95), at(0.6 * sign, 0.36 + up, 0.8))
    half = 0.11 * (1 - 0.9 * c["blink"])
    put(_EYES[side], at(0.37 * sign, 0.1 - half, 0.9), at(0.37 * sign, 0.1 + half, 0.9))
    put(_PUPILS[side], at(0.37 * sign, 0.1, 1.0), at(0.37 * sign, 0.1, 1.0))
    corner = at((0.36 + 0.06 * c["smile"]) * sign, -0.46 + 0.18 * c["smile"], 0.85)
    put(_UPPER[side], at(0, -0.44, 1.0), corner)
    put(_LOWER[side], at(0, -0.49 - 0.34 * c["jaw"], 1.0), corner)
    put(_EARS[side], at(1.0 * sign, 0.05, -0.1), at(1.0 * sign, 0.05, -0.1))


def _turned(point: Tensor, c: dict[str, Tensor], facing: Tensor) -> Tensor:
    """Nod, turn and tilt a point (B, T, 3) about the neck."""
    nod, yaw = c["head_nod"] + 0.5 * c["lean_forward"], c["yaw"] + facing
    tilt = c["head_tilt"] + c["lean_side"]
    x, y, z = point.unbind(-1)
    y = y - _PIVOT
    y, z = y * nod.cos() - z * nod.sin(), y * nod.sin() + z * nod.cos()
    x, z = x * yaw.cos() + z * yaw.sin(), z * yaw.cos() - x * yaw.sin()
    x, y = x * tilt.cos() + y * tilt.sin(), y * tilt.cos() - x * tilt.sin()
    return torch.stack([x, y + _PIVOT, z], -1)


def face_radii(stick: Tensor, uniform: Callable[..., Tensor]) -> Tensor:
    """(B, P, 2) radii of the features; sticks are a head and lines, as the add-on draws them."""
    radii = torch.zeros(len(stick), PART_COUNT, 2)
    line = uniform(0.03, 0.06)
    radii[:, 0] = uniform(0.3, 0.5)[:, None]
    radii[:, 1] = uniform(0.78, 0.92)[:, None]
    radii[:, SHOULDERS] = uniform(0.25, 0.45)[:, None]
    radii[:, NOSE, 0], radii[:, NOSE, 1] = line, line * uniform(1.0, 1.8)
    radii[:, CHIN] = uniform(0.25, 0.4)[:, None]
    radii[:, HAIR] = (uniform(0.9, 1.15) * (uniform(0, 1) < 0.7))[:, None]
    radii[:, _BROWS] = (line * uniform(0.6, 1.1))[:, None, None]
    radii[:, _EYES] = uniform(0.06, 0.13)[:, None, None]
    radii[:, _PUPILS] = (uniform(0.04, 0.07) * (uniform(0, 1) < 0.6))[:, None, None]
    radii[:, [*_UPPER, *_LOWER]] = (line * uniform(0.5, 1.0))[:, None, None]
    radii[:, _EARS] = (uniform(0.12, 0.2) * (uniform(0, 1) < 0.7))[:, None, None]
    thin = torch.zeros_like(radii)
    thin[:, [NOSE, *_BROWS, *_EYES, *_UPPER, *_LOWER]] = uniform(0.04, 0.08)[:, None, None]
    thin[:, 1] = uniform(1.0, 1.25)[:, None]
    return _SIZE * torch.where(stick[:, None, None], thin, radii)


def face_colours(table: Tensor, skin: Tensor, stick: Tensor, g: torch.Generator) -> Tensor:
    """Colors (B, P, 3) of faces, from a figure's (B, P, 3) and skin (B, 3)."""
    count = len(table)

    def chance(p: float) -> Tensor:
        return (torch.rand(count, generator=g) < p)[:, None]

    painted = table.clone()
    skin = torch.where(chance(0.25), table[:, 1], skin)  # creatures of any color
    painted[:, [0, 1, CHIN, *_EARS]] = skin[:, None]
    painted[:, NOSE] = skin * torch.where(chance(0.5), 0.85, 1.0)
    hair = torch.rand(count, 3, generator=g) * torch.rand(count, 1, generator=g)
    painted[:, HAIR] = hair
    painted[:, _BROWS] = torch.where(chance(0.6), hair, 0.3 * skin)[:, None]
    lips = torch.lerp(skin, torch.tensor([0.7, 0.15, 0.15]), 0.5)
    dark = 0.25 * torch.rand(count, 3, generator=g)
    painted[:, [*_UPPER, *_LOWER]] = torch.where(chance(0.5), lips, dark)[:, None]
    white = 0.85 + 0.15 * torch.rand(count, 1, generator=g).expand(-1, 3)
    painted[:, _EYES] = torch.where(chance(0.6), white, dark)[:, None]
    painted[:, _PUPILS] = dark[:, None]
    # Features are darker than the head, or lighter if it is dark.
    light = table[:, 1].mean(-1, keepdim=True) > 0.4
    ink = torch.where(light, 0.2 * table[:, 0], 0.4 + 0.6 * table[:, 0])
    lines = ink[:, None].expand(-1, PART_COUNT, -1).clone()
    lines[:, 1] = table[:, 1]
    own = torch.zeros_like(table)
    for part, colour in _LINES.items():
        own[:, part] = torch.tensor(colour) / 255
    lines = torch.where(chance(0.8)[..., None], own, lines)
    lines[:, 1] = torch.where(chance(0.3), table[:, 1], lines[:, 1])
    return torch.where(stick[:, None, None], lines, painted)
