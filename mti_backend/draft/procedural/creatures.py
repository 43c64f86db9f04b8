"""Animals and objects that perform the same motions as people. Imports torch only.

A quadruped's front legs follow a person's arms, and its hind legs the legs. An object sways with
the sideways lean of a person's trunk, head and limbs, squashes when a person bows or bends the
knees, and stretches when both arms rise. Each function returns part ends (B, T, P, 2, 3) in figure
heights, with the ground at y = 0.
"""

import math

import torch
from torch import Tensor

from .body import HAND_L, HAND_R, HIPS, NECK, PART_COUNT, SHAPES, SHOULDERS, Figures
from .motions import INDEX


def quadruped_ends(figures: Figures, values: Tensor, grounded: Tensor) -> Tensor:
    """Trunk, head, legs, neck, muzzle, tail and ears of four-legged animals."""
    c = {name: values[:, i] for name, i in INDEX.items()}
    form = figures.form
    trunk, leg = 0.35 + 0.25 * form[:, 0], 0.18 + 0.14 * form[:, 1]
    neck, tail = 0.1 + 0.17 * form[:, 2], 0.1 + 0.2 * form[:, 3]
    # Legs that are bent while standing, as of most animals; some are straight.
    bent, hock = (
        ((lengths - 0.19) / 0.07).clamp(0, 1)[:, None] for lengths in (figures.shin, figures.thigh)
    )
    yaw = c["yaw"] + figures.facing[:, None]
    pitch = -0.5 * c["lean_forward"]
    along = _turned(0.3 * c["lean_side"].sin(), pitch.sin(), pitch.cos(), yaw)
    rump = torch.zeros_like(along)
    chest = _l(trunk) * along
    up = 0.8 - c["head_nod"] - 0.3 * c["lean_forward"]
    raised = _turned((c["head_tilt"] + 0.3 * c["twist"]).sin(), up.sin(), up.cos(), yaw)
    head = chest + _l(neck + figures.radii[:, 1, 0]) * raised
    level = _turned(c["head_tilt"].sin(), (up - 0.9).sin(), (up - 0.9).cos(), yaw)
    skull = _l(figures.radii[:, 1, 0])
    wag = _turned(0.6 * c["twist"].sin(), 0.4 + 0 * up, -0.9 + 0 * up, yaw)
    sideways = _turned(1 + 0 * up, 0 * up, 0 * up, yaw)

    ends = _nowhere(values)
    _put(ends, 0, rump, chest)
    _put(ends, 1, head, head)
    feet = []
    for i, (side, sign) in enumerate((("l", -1.0), ("r", 1.0))):
        hip = 0.06 * sign * sideways
        reach = (0.8 * c[f"arm_{side}_forward"] + 0.7 * (c[f"arm_{side}"] - 0.15)).clamp(-0.9, 1.7)
        fold = (
            reach
            + 0.6 * bent
            - (c[f"elbow_{side}"] + c[f"elbow_{side}_forward"]).abs().clamp(0, 1.8)
        )
        feet += [_leg(ends, 2 + 2 * i, chest + hip, leg, reach - 0.4 * bent, fold, yaw)]
        back = c[f"leg_{side}_forward"] - 0.4 * (c[f"leg_{side}"] - 0.1)
        shin = back - 0.8 * hock - 0.8 * c[f"knee_{side}"]
        feet += [_leg(ends, 6 + 2 * i, rump + hip, leg, back + 0.5 * hock, shin, yaw)]
        ear = head + skull * (0.9 * _turned(0.5 * sign + 0 * up, 1 + 0 * up, -0.2 + 0 * up, yaw))
        _put(ends, HAND_L if i == 0 else HAND_R, head + 0.5 * (ear - head), ear)
    _put(ends, NECK, chest, head)
    _put(ends, SHOULDERS, head, head + 1.3 * skull * level)
    _put(ends, HIPS, rump, rump + _l(tail) * wag)
    lowest = torch.stack([foot[..., 1] for foot in feet], -1).amin(-1)
    stand = torch.where(grounded[:, None], -lowest, 2 * leg[:, None])
    # The center of the trunk is the animal's position.
    ends -= 0.5 * (chest * torch.tensor([1.0, 0.0, 1.0]))[:, :, None, None]
    ends[..., 1] += stand[:, :, None, None]
    return ends


def _leg(
    ends: Tensor, slot: int, top: Tensor, length: Tensor, upper: Tensor, lower: Tensor, yaw: Tensor
) -> Tensor:
    """Set the two parts of a leg at angles forward of straight down; returns the foot's
    position."""
    zero = torch.zeros_like(upper)
    knee = top + _l(length) * _turned(zero, -upper.cos(), upper.sin(), yaw)
    foot = knee + _l(length) * _turned(zero, -lower.cos(), lower.sin(), yaw)
    _put(ends, slot, top, knee)
    _put(ends, slot + 1, knee, foot)
    return foot


def sway(values: Tensor) -> Tensor:
    """Lean of an object to the right, radians (B, T)."""
    c = {name: values[:, i] for name, i in INDEX.items()}
    arms = c["arm_r"] - c["arm_l"] + 0.7 * (c["elbow_r"] - c["elbow_l"])
    legs = c["leg_r"] - c["leg_l"] + c["leg_r_forward"] - c["leg_l_forward"]
    head = c["head_tilt"] + 0.5 * c["yaw"]
    trunk = c["lean_side"] + 0.5 * c["twist"]
    return (trunk + 0.35 * arms + 0.3 * legs + 0.4 * head).clamp(-1.4, 1.4)


def squash(values: Tensor) -> Tensor:
    """Reduction of an object's height, in its heights, (B, T): -0.3 (stretched) to 0.5."""
    c = {name: values[:, i] for name, i in INDEX.items()}
    bent = c["lean_forward"].abs() + c["head_nod"].abs() + 0.4 * (c["knee_l"] + c["knee_r"])
    raised = c["arm_l"] + c["arm_r"] + 0.5 * (c["elbow_l"] + c["elbow_r"])
    ahead = (c["arm_l_forward"] + c["arm_r_forward"]).abs()
    return (0.3 * bent + 0.15 * ahead - 0.1 * raised).clamp(-0.3, 0.5)


def object_ends(figures: Figures, values: Tensor, grounded: Tensor) -> Tensor:
    """Part ends of balls, boxes, vanes, plants, pendulums and flags."""
    ends = _nowhere(values)
    angle, low = sway(values), squash(values)
    rolled = values[:, INDEX["root_x"]]
    for index, name in enumerate(SHAPES):
        rows = (figures.shape == index).nonzero()[:, 0]
        if len(rows):
            parts = _SHAPE[name](figures.form[rows], angle[rows], low[rows], rolled[rows])
            for slot, (start, end, _, _) in enumerate(parts):
                _put(ends, slot, start, end, rows)
    ends[..., 2] = 1e-3 * torch.arange(PART_COUNT)[:, None]  # later parts in front
    return ends


def object_look(shape: int, form: Tensor) -> tuple[Tensor, Tensor]:
    """Radii (B, P, 2) and flat ends, bool (B, P), of objects of one shape."""
    still = torch.zeros(len(form), 1)
    radii = torch.zeros(len(form), PART_COUNT, 2)
    square = torch.zeros(len(form), PART_COUNT, dtype=torch.bool)
    for slot, (_, _, radius, flat) in enumerate(_SHAPE[SHAPES[shape]](form, still, still, still)):
        radii[:, slot] = radius.expand(len(form))[:, None]
        square[:, slot] = flat
    return radii, square


# Start, end (B, T, 3), radius (B,) or a number, flat ends.
_Part = tuple[Tensor, Tensor, Tensor, bool]


def _ball(q: Tensor, angle: Tensor, low: Tensor, rolled: Tensor) -> list[_Part]:
    r = 0.25 + 0.2 * q[:, 0]
    flat = 0.5 * low * r[:, None]
    middle = _at(0 * low, r[:, None] * (1 - low))
    mark = 2 * angle - rolled / r[:, None]
    across = 0.7 * r[:, None, None] * _at(mark.cos(), mark.sin() * (1 - low))
    wide = _at(flat, 0 * low)
    return [(middle - wide, middle + wide, 0.95 * r, False),
            (middle - across, middle + across, 0.06 + 0.08 * q[:, 1], False)]  # fmt: skip


def _crate(q: Tensor, angle: Tensor, low: Tensor, rolled: Tensor) -> list[_Part]:
    tall = (0.35 + 0.6 * q[:, 0])[:, None] * (1 - low)
    up = tall[..., None] * _at((0.7 * angle).sin(), (0.7 * angle).cos())
    foot = torch.zeros_like(up)
    return [(foot, up, 0.12 + 0.25 * q[:, 1], True),
            (0.75 * up, 1.02 * up, 0.14 + 0.25 * q[:, 1], True),
            (0.3 * up, 0.3 * up, 0.04 + 0.08 * q[:, 2], False)]  # fmt: skip


def _vane(q: Tensor, angle: Tensor, low: Tensor, rolled: Tensor) -> list[_Part]:
    hub = _at(0 * low, 0.62 * (1 - low))
    parts: list[_Part] = [(torch.zeros_like(hub), hub, 0.02 + 0.03 * q[:, 0], False)]
    for k in range(4):
        turned = 2.5 * angle + k * math.pi / 2 + 0.4
        tip = hub + (0.2 + 0.15 * q[:, 1])[:, None, None] * _at(turned.cos(), turned.sin())
        parts.append((hub, tip, 0.03 + 0.05 * q[:, 2], False))
    return [*parts, (hub, hub, 0.05 + 0.03 * q[:, 3], False)]


def _plant(q: Tensor, angle: Tensor, low: Tensor, rolled: Tensor) -> list[_Part]:
    at = _at(0 * low, 0 * low + 0.15)
    parts: list[_Part] = []
    stem, leaf = 0.02 + 0.02 * q[:, 0], 0.04 + 0.05 * q[:, 1]
    for i in range(4):
        bend = angle * (i + 1) / 4
        reach = 0.19 * (1 - low)[..., None] * _at(bend.sin(), bend.cos())
        parts.append((at, at + reach, stem, False))
        at = at + reach
        side = 1.0 if i % 2 else -1.0
        out = 0.16 * _at((bend + side).sin(), (bend + side).cos())
        if i < 3:
            parts.append((at, at + out, leaf, False))
    pot = (torch.zeros_like(at), _at(0 * low, 0 * low + 0.18), 0.09 + 0.08 * q[:, 2], True)
    return [*parts, (at, at, 0.06 + 0.1 * q[:, 3], False), pot]


def _pendulum(q: Tensor, angle: Tensor, low: Tensor, rolled: Tensor) -> list[_Part]:
    pivot = _at(0 * low, 0 * low + 1.0)
    length = (0.5 + 0.25 * q[:, 0])[:, None] * (1 - low)
    bob = pivot + length[..., None] * _at((1.2 * angle).sin(), -(1.2 * angle).cos())
    beam = _at(0 * low + 0.25, 0 * low)
    return [(pivot, bob, 0.015 + 0.025 * q[:, 1], False),
            (pivot - beam, pivot + beam, 0.03 + 0.03 * q[:, 2], True),
            (bob, bob, 0.1 + 0.1 * q[:, 3], False)]  # fmt: skip


def _flag(q: Tensor, angle: Tensor, low: Tensor, rolled: Tensor) -> list[_Part]:
    top = _at(0 * low, (0.95 - 0.1 * q[:, 0])[:, None] * (1 - 0.5 * low))
    foot = torch.zeros_like(top)
    parts: list[_Part] = [(foot, top, 0.02 + 0.02 * q[:, 1], False)]
    at = 0.82 * top
    for i in range(4):
        wave = 0.6 * angle * (i + 1) / 4 + 0.25 * torch.sin(3 * angle + 1.3 * i)
        end = at + (0.12 + 0.05 * q[:, 2])[:, None, None] * _at(wave.cos(), wave.sin())
        parts.append((at, end, 0.1 + 0.06 * q[:, 3], True))
        at = end
    return parts


_SHAPE = {"ball": _ball, "box": _crate, "vane": _vane, "plant": _plant,
          "pendulum": _pendulum, "flag": _flag}  # fmt: skip


def _at(x: Tensor, y: Tensor) -> Tensor:
    """(B, T) twice -> (B, T, 3) at z = 0."""
    return torch.stack([x, y, torch.zeros_like(x)], -1)


def _turned(x: Tensor, y: Tensor, z: Tensor, yaw: Tensor) -> Tensor:
    """Convert a direction from body axes to view space; (B, T, 3), not normalized."""
    return torch.stack([x * yaw.cos() + z * yaw.sin(), y, z * yaw.cos() - x * yaw.sin()], -1)


def _l(lengths: Tensor) -> Tensor:
    return lengths[:, None, None]


def _nowhere(values: Tensor) -> Tensor:
    """Part ends placed outside the visible area."""
    return torch.full((len(values), values.shape[2], PART_COUNT, 2, 3), 9.0)


def _put(
    ends: Tensor, slot: int, start: Tensor, end: Tensor, rows: Tensor | slice = slice(None)
) -> None:
    ends[rows, :, slot, 0] = start
    ends[rows, :, slot, 1] = end
