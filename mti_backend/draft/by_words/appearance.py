"""What subjects and backgrounds of the captions look like. Imports torch only.

Figures and backgrounds are those of the procedural clips; only what a caption says is fixed here.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..procedural.backgrounds import Backgrounds
from ..procedural.body import (
    FOOT_L,
    FOOT_R,
    HAIR,
    HAND_L,
    HAND_R,
    NECK,
    PART_COUNT,
    SHOULDERS,
    SKIRT,
    Figures,
)
from ..procedural.faces import NOSE
from .captions import COLOURS

Rgb = tuple[float, float, float]
_POLE: Rgb = (0.45, 0.42, 0.4)
_POT: Rgb = (0.5, 0.36, 0.26)
_HEAD = 1
# Parts of a subject that have a fixed color, and those that have an accent of the subject's.
_FIXED: dict[str, dict[int, Rgb]] = {
    "windmill": {0: _POLE}, "plant": {8: _POT}, "flag": {0: _POLE},
    "pendulum": {0: _POLE, 1: _POLE}, "face": {SHOULDERS: (0.4, 0.4, 0.45)},
}  # fmt: skip
_ACCENTS: dict[str, tuple[int, ...]] = {
    "robot": (HAND_L, HAND_R), "ball": (1,), "box": (2,), "windmill": (5,),
    "dog": (HAND_L, HAND_R), "horse": (HAND_L, HAND_R),
}  # fmt: skip
_FACE_SKIN = (0, _HEAD, SKIRT, FOOT_L, FOOT_R)
# Lowest and highest of `Figures.form`: trunk, legs, neck, tail.
_FORMS = {"dog": ((0.0, 0.4), (0.0, 0.2), (0.0, 0.15), (0.5, 1.0)),
          "horse": ((0.6, 1.0), (0.8, 1.0), (0.8, 1.0), (0.3, 1.0))}  # fmt: skip


def shape_animals(figures: Figures, subjects: Sequence[str], g: torch.Generator) -> None:
    """Give dogs short legs and necks, and horses long ones; in place."""
    for i, subject in enumerate(subjects):
        if subject in _FORMS:
            low, high = torch.tensor(_FORMS[subject]).unbind(1)
            figures.form[i] = low + (high - low) * torch.rand(4, generator=g)


def dress(
    figures: Figures, subjects: Sequence[str], colours: Sequence[str], g: torch.Generator
) -> None:
    """Paint each figure in its color, in place: a person's clothes, everything else's body."""
    count = len(subjects)
    own = torch.tensor([COLOURS[colour] for colour in colours])
    own = (own + 0.06 * (torch.rand(count, 3, generator=g) - 0.5)).clamp(0, 1)
    light = 0.88 + 0.12 * torch.rand(count, PART_COUNT, 1, generator=g)
    accents = _accents(own)
    skin, hair = _skin(count, g)
    for i, subject in enumerate(subjects):
        table = figures.colours[i]
        if subject == "face":
            table[list(_FACE_SKIN)] = own[i]
            table[NOSE] = table[HAIR] = accents[i]
        else:
            table[:] = own[i] * light[i]
        if subject == "person":
            table[[_HEAD, NECK, HAND_L, HAND_R]] = skin[i]
            table[HAIR] = hair[i]
            table[[FOOT_L, FOOT_R]] = 0.2
        for part, colour in _FIXED.get(subject, {}).items():
            table[part] = torch.tensor(colour)
        table[list(_ACCENTS.get(subject, ()))] = accents[i]
        figures.square[i] = subject in ("robot", "box", "flag") and figures.square[i]
        if subject == "robot":
            _build_robot(figures, i)
    figures.cloth[:, 3] = 0
    figures.outline[:, 1] = 0
    figures.shadow[:, 0] = 0
    figures.shading *= 0.6


def _build_robot(figures: Figures, row: int) -> None:
    """Make a body of boxes, without hair or skirt."""
    figures.square[row] = True
    figures.square[row, [_HEAD, HAND_L, HAND_R]] = False
    figures.radii[row, [HAIR, SKIRT]] = 0
    figures.radii[row, 0] = 0.13
    figures.radii[row, 2:10] = 0.05


def _accents(own: Tensor) -> Tensor:
    """A darker tone of each color (B, 3); of dark ones a lighter tone."""
    dark = own.mean(1, keepdim=True) < 0.2
    return torch.where(dark, own + 0.3, 0.65 * own)


def _skin(count: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    """Colors (B, 3) of skin, from dark to light, and of hair."""
    light, dark = torch.tensor([0.96, 0.8, 0.68]), torch.tensor([0.42, 0.27, 0.18])
    tone = torch.rand(count, 1, generator=g)
    hair = torch.tensor([0.35, 0.22, 0.12]) * torch.rand(count, 1, generator=g)
    return dark + (light - dark) * tone, hair


# Colors at the bottom and at the top, the ground's or None, cells (how many, how strong).
_LOOKS: dict[str, tuple[Rgb, Rgb, Rgb | None, tuple[float, float]]] = {
    "on white paper": ((0.98, 0.98, 0.97), (0.98, 0.98, 0.97), None, (3, 0.0)),
    "on gray paper": ((0.56, 0.56, 0.57), (0.56, 0.56, 0.57), None, (3, 0.0)),
    "in snow": ((0.78, 0.85, 0.93), (0.6, 0.72, 0.88), (0.95, 0.97, 1.0), (5, 0.1)),
    "on grass": ((0.8, 0.9, 0.97), (0.5, 0.75, 0.95), (0.36, 0.66, 0.24), (7, 0.12)),
    "on sand": ((0.7, 0.88, 0.95), (0.3, 0.62, 0.9), (0.9, 0.78, 0.52), (7, 0.1)),
    "at night": ((0.1, 0.12, 0.34), (0.03, 0.04, 0.16), (0.08, 0.1, 0.14), (8, 0.1)),
    "in a forest": ((0.1, 0.26, 0.12), (0.2, 0.42, 0.2), (0.25, 0.2, 0.12), (10, 0.22)),
    "at sunset": ((0.98, 0.62, 0.3), (0.52, 0.26, 0.5), (0.24, 0.14, 0.2), (6, 0.1)),
}


def background_colours(name: str) -> Tensor:
    """The named background's colors, RGB in [0, 1]: (n, 2, 3), both ends of n gradients."""
    low, high, ground, _ = _LOOKS[name]
    return torch.tensor([(low, high), *([(ground, ground)] if ground is not None else [])])


def paint_backgrounds(behind: Backgrounds, names: Sequence[str], g: torch.Generator) -> None:
    """Replace each background by the named one, in place: sky, ground, a few spots, and texture."""
    count = len(names)
    behind.paint_over(torch.ones(count, dtype=torch.bool), torch.full((3,), 0.5))
    jitter = 0.04 * (torch.rand(count, 3, generator=g) - 0.5)
    level = -0.3 + 0.3 * torch.rand(count, generator=g)
    behind.gradient[:] = torch.tensor([0.0, 1.0, 0.0])
    behind.parallax[:] = 1.0
    behind.grain[:, 2] = 0
    for i, name in enumerate(names):
        low, high, ground, (cells, strength) = _LOOKS[name]
        behind.colours[i] = (torch.tensor([low, high]) + jitter[i]).clamp(0, 1)
        behind.grain[i, :2] = torch.tensor([cells, strength])
        if ground is None:
            continue
        behind.floor[i] = torch.cat([level[i : i + 1], torch.ones(1), torch.tensor(ground)])
        spots = torch.tensor(high) * (0.75 + 0.5 * torch.rand(4, 1, generator=g))
        behind.blobs[i, :, 2] = 0.06 + 0.1 * torch.rand(4, generator=g)
        behind.blobs[i, :, 3] = 0.7
        behind.blobs[i, :, 4:] = spots.clamp(0, 1)
