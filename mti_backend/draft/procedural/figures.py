"""Draws random figures: proportions, positions and looks. Imports torch only."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .backgrounds import random_backgrounds
from .body import (
    EXTRAS,
    FACE,
    FOOT_L,
    FOOT_R,
    GROUPS,
    HAIR,
    HAND_L,
    HAND_R,
    HIPS,
    HUMAN,
    JOINTS,
    KINDS,
    NECK,
    OBJECT,
    PART_COUNT,
    PARTS,
    QUADRUPED,
    SHAPES,
    SHOULDERS,
    SKIRT,
    Figures,
)
from .creatures import object_look
from .faces import face_colours, face_radii

__all__ = ["JOINTS", "PARTS", "Cast", "Figures", "random_figures"]

Uniform = Callable[..., Tensor]

# Colors of the add-on's own stick figure: torso, head, arm and leg on the image's left, arm and leg
# on its right when it faces the viewer; and its paper.
_HOUSE = {0: (70, 78, 96), 1: (226, 170, 120), 2: (226, 74, 66), 3: (46, 134, 222),
          4: (240, 176, 40), 5: (38, 166, 110)}  # fmt: skip
_HOUSE_PAPER = (236, 238, 240)
# People, quadrupeds, objects. Quadrupeds and faces are learned more slowly than people, so they are
# drawn more often than they are asked for.
_SHARES = torch.tensor([7.4, 1.7, 0.9])
_FACES = 0.17  # of the people
_HOUSE_SHARE = torch.tensor([0.35, 0.6, 0.0, 0.0])  # of the sticks of each kind


@dataclass
class Cast:
    """Which body each of B rows shows: stick, bool (B,); kind, index into KINDS (B,); shape, index
    into SHAPES (B,), which only matters to objects."""

    stick: Tensor
    kind: Tensor
    shape: Tensor


def random_figures(
    count: int,
    generator: torch.Generator,
    look: str = "any",
    kind: str = "human",
    family: str = "train",
    backdrop: str = "train",
    cast: Cast | None = None,
) -> Figures:
    """Draw `count` bodies.

    Args:
        look: 'stick', 'solid' or 'any' (one third sticks).
        kind: One of KINDS, or 'any': six in ten are humans.
        family: 'held-out' gives humans long arms, narrow shoulders and a short trunk, which 'train'
            never does.
        backdrop: 'held-out' gives checks and stripes, which training never draws.
        cast: Every row's body, in place of `look` and `kind`.
    """
    g = generator

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*(shape or (count,)), generator=g)

    stick = torch.rand(count, generator=g) < {"stick": 1.1, "solid": -0.1, "any": 0.33}[look]
    behind = random_backgrounds(count, stick, g, backdrop)
    kinds = torch.multinomial(_SHARES, count, True, generator=g)
    if kind == "any":
        kinds[(kinds == HUMAN) & (torch.rand(count, generator=g) < _FACES)] = FACE
    else:
        kinds = torch.full((count,), KINDS.index(kind))
    shape = torch.randint(len(SHAPES), (count,), generator=g)
    if cast is not None:
        stick, kinds, shape = cast.stick, cast.kind, cast.shape
    form = uniform(0, 1, count, 4)
    radii, square = _human_radii(stick, uniform)
    animals = _quadruped_radii(stick, uniform)
    radii = torch.where((kinds == QUADRUPED)[:, None, None], animals, radii)
    face = (kinds == FACE)[:, None, None]
    if face.any():  # otherwise nothing is drawn, so that people stay the same
        radii = torch.where(face, face_radii(stick, uniform), radii)
    square &= (kinds == HUMAN)[:, None]
    for index in range(len(SHAPES)):
        rows = ((kinds == OBJECT) & (shape == index)).nonzero()[:, 0]
        if len(rows):
            radii[rows], square[rows] = object_look(index, form[rows])
    house = stick & (uniform(0, 1) < _HOUSE_SHARE[kinds])
    paper = torch.tensor(_HOUSE_PAPER) / 255
    _draw_as_extension(radii, house, kinds)
    on_paper = (house | (stick & (kinds == FACE))) & (uniform(0, 1) < 0.8)
    if backdrop == "train":
        behind.paint_over(on_paper, paper)
    height, centre, ground = _place(count, uniform, kinds == OBJECT)
    return Figures(
        kind=kinds, shape=shape, height=height, centre=centre, ground=ground,
        facing=_facing(kinds, uniform),
        **_proportions(uniform, family),
        foot=uniform(0.05, 0.1), hair=_sometimes(0.3, uniform(0.08, 0.25), uniform),
        skirt=uniform(0.35, 0.9), form=form,
        radii=radii, square=square,
        colours=_colours(count, stick, house, kinds, behind.colours.mean(1), g),
        shading=torch.where(stick, uniform(0, 0.15), uniform(0.0, 1.0)),
        cloth=_cloth(stick, uniform), outline=_outline(stick, uniform),
        shadow=_shadow(stick | (kinds == OBJECT) | (kinds == FACE), uniform),
        behind=behind,
    )  # fmt: skip


def _place(count: int, uniform: Uniform, thing: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Height, centre and ground: most fill the frame, some are small, some are cropped."""
    draw = uniform(0, 1)
    height = torch.where(draw < 0.14, uniform(0.35, 0.55), uniform(0.55, 0.95))
    height = torch.where(draw > 0.92, uniform(0.95, 1.3), height)
    height = torch.where(thing, 0.75 * height, height)
    centre = torch.where(uniform(0, 1) < 0.75, uniform(-0.14, 0.14), uniform(-0.3, 0.3))
    ground = -0.5 + (1 - height) * uniform(0.1, 0.75)
    return height, centre, ground


def _facing(kinds: Tensor, uniform: Uniform) -> Tensor:
    """Extra turn: humans mostly follow their motion, animals are mostly seen from the side."""
    turned = _sometimes(0.4, uniform(-0.4, 0.4), uniform)
    side = uniform(0.8, 1.6) * torch.where(uniform(0, 1) < 0.5, 1.0, -1.0)
    return torch.where(kinds == QUADRUPED, side, turned)


def _proportions(uniform: Uniform, family: str) -> dict[str, Tensor]:
    if family == "held-out":
        return {
            "torso": uniform(0.22, 0.26), "neck": uniform(0.03, 0.07),
            "upper_arm": uniform(0.2, 0.23), "forearm": uniform(0.2, 0.23),
            "thigh": uniform(0.22, 0.27), "shin": uniform(0.21, 0.27),
            "shoulder": uniform(0.045, 0.065), "hip": uniform(0.03, 0.06),
        }  # fmt: skip
    return {
        "torso": uniform(0.27, 0.37), "neck": uniform(0.02, 0.07),
        "upper_arm": uniform(0.13, 0.19), "forearm": uniform(0.12, 0.19),
        "thigh": uniform(0.17, 0.26), "shin": uniform(0.16, 0.26),
        "shoulder": uniform(0.07, 0.14), "hip": uniform(0.03, 0.08),
    }  # fmt: skip


def _sometimes(p: float, value: Tensor, uniform: Uniform) -> Tensor:
    return torch.where(uniform(0, 1) < p, value, 0.0)


def _no_radii(count: int) -> Tensor:
    return torch.zeros(count, PART_COUNT, 2)


def _human_radii(stick: Tensor, uniform: Uniform) -> tuple[Tensor, Tensor]:
    """(B, P, 2) part radii and (B, P) square parts; sticks are thin everywhere except the head."""
    count = len(stick)
    head, limb, chest = uniform(0.06, 0.12), uniform(0.028, 0.055), uniform(0.06, 0.12)
    solid = _no_radii(count)
    solid[:, 0, 0], solid[:, 0, 1] = chest * uniform(0.6, 1.0), chest
    for part in range(2, 10):
        thick = limb * (1.0 if part < 6 else 1.25)
        solid[:, part, 0], solid[:, part, 1] = thick, thick * uniform(0.7, 1.0)
    solid[:, NECK] = (head * uniform(0.3, 0.55))[:, None]
    solid[:, SHOULDERS] = (limb * uniform(0.9, 1.3))[:, None]
    solid[:, HIPS] = (limb * uniform(1.1, 1.5))[:, None]
    solid[:, HAND_L : HAND_R + 1] = (limb * uniform(0.8, 1.2))[:, None, None]
    solid[:, FOOT_L : FOOT_R + 1] = (limb * uniform(0.7, 1.0))[:, None, None]
    solid[:, HAIR] = (head * uniform(0.95, 1.12) * (uniform(0, 1) < 0.6))[:, None]
    dressed = uniform(0, 1) < 0.2
    solid[:, SKIRT, 0], solid[:, SKIRT, 1] = chest * 0.7 * dressed, chest * 1.3 * dressed
    square = (uniform(0, 1) < 0.15)[:, None].expand(-1, PART_COUNT).clone()  # made of boxes
    square[:, [1, HAND_L, HAND_R, HAIR]] = False

    thin = torch.where(uniform(0, 1) < 0.3, uniform(0.007, 0.014), uniform(0.014, 0.03))
    sticks = thin[:, None, None].expand(-1, PART_COUNT, 2).clone()
    with_bars, with_ends = uniform(0, 1) < 0.7, uniform(0, 1) < 0.6
    sticks[:, SHOULDERS : HIPS + 1] *= with_bars[:, None, None]
    sticks[:, HAND_L : FOOT_R + 1] *= with_ends[:, None, None]
    sticks[:, HAIR : SKIRT + 1] = 0
    solid[:, 1], sticks[:, 1] = head[:, None], (head * uniform(0.6, 1.0))[:, None]
    return torch.where(stick[:, None, None], sticks, solid), square & ~stick[:, None]


def _quadruped_radii(stick: Tensor, uniform: Uniform) -> Tensor:
    """(B, P, 2): trunk, head, eight leg parts, neck, muzzle (SHOULDERS), tail (HIPS), ears."""
    radii = _no_radii(len(stick))
    trunk, leg = uniform(0.1, 0.2), uniform(0.03, 0.06)
    radii[:, 0, 0], radii[:, 0, 1] = trunk * uniform(0.8, 1.1), trunk
    radii[:, 2:10] = leg[:, None, None]
    radii[:, NECK] = (trunk * uniform(0.4, 0.7))[:, None]
    radii[:, HIPS, 0], radii[:, HIPS, 1] = leg, leg * uniform(0.4, 1)
    thin = uniform(0.012, 0.03)[:, None, None].expand(-1, PART_COUNT, 2)
    radii = torch.where(stick[:, None, None] & (radii > 0), thin, radii)
    head = uniform(0.08, 0.14)
    radii[:, 1] = head[:, None]
    radii[:, SHOULDERS] = (head * uniform(0.4, 0.7))[:, None]
    radii[:, HAND_L : HAND_R + 1, 0] = (head * uniform(0.2, 0.5))[:, None]
    return radii


def _draw_as_extension(radii: Tensor, house: Tensor, kinds: Tensor) -> None:
    """Make the radii (B, P, 2) of the rows `house` those of the extension's stick figures, in
    place: shoulders, hips, hands and feet are as thick as the limbs, and animals have no ears."""
    human, animal = ((house & (kinds == kind))[:, None, None] for kind in (HUMAN, QUADRUPED))
    for first, last in ((SHOULDERS, HIPS), (HAND_L, FOOT_R)):
        limb = radii[:, 2:3].expand(-1, last + 1 - first, -1)
        radii[:, first : last + 1] = torch.where(human, limb, radii[:, first : last + 1])
    radii[:, 1:2] = torch.where(animal, 0.6 * radii[:, 1:2], radii[:, 1:2])
    bare = [SHOULDERS, HAND_L, HAND_R]  # muzzle and ears
    radii[:, bare] = torch.where(animal, 0.0, radii[:, bare])


def _colours(
    count: int,
    stick: Tensor,
    house: Tensor,
    kinds: Tensor,
    behind: Tensor,
    g: torch.Generator,
) -> Tensor:
    """(B, P, 3), contrasting with the background.

    Left and right are sometimes alike, sticks are often of one color, some humans have skin and
    clothes, animals are mostly of one color.
    """

    def chance(p: float) -> Tensor:
        return torch.rand(count, generator=g) < p

    candidates = torch.rand(6, count, GROUPS, 3, generator=g)
    distance = (candidates - behind[None, :, None]).norm(dim=-1)
    farthest = distance.argmax(0)[None, ..., None].expand(1, -1, -1, 3)
    groups = candidates.gather(0, farthest)[0]  # (B, groups, 3)
    # A third contrast less, like people in a dim room or in camouflage.
    muted = (chance(0.33) & ~stick)[:, None, None]
    share = 0.35 + 0.65 * torch.rand(count, 1, 1, generator=g)
    groups = torch.where(muted, torch.lerp(behind[:, None], candidates[0], share), groups)

    def alike(group: int, like: int, p: float) -> None:
        groups[:, group] = torch.where(chance(p)[:, None], groups[:, like], groups[:, group])

    for group, like, p in ((3, 2, 0.5), (5, 4, 0.5), (6, 4, 0.4), (7, 1, 0.2), (8, 0, 0.5)):
        alike(group, like, p)
    shirt = chance(0.3)
    groups[:, 2:4] = torch.where(shirt[:, None, None], groups[:, :1], groups[:, 2:4])
    animal = (kinds == QUADRUPED) & chance(0.6)
    plain = (stick & chance(0.6)) | animal
    groups = torch.where(plain[:, None, None], groups[:, :1], groups)
    for group, colour in _HOUSE.items():
        own = torch.tensor(colour) / 255
        groups[:, group] = torch.where(house[:, None], own, groups[:, group])
    table = groups[:, [part[0] for part in PARTS + EXTRAS]]
    skin = _skin(count, g)
    bare = chance(0.4) & ~stick & (kinds == HUMAN)
    short_sleeves, short_trousers = chance(0.5), chance(0.3)
    for parts, where in (
        ((1, NECK, HAND_L, HAND_R), bare),
        ((3, 5), bare & short_sleeves),
        ((7, 9), bare & short_trousers),
    ):
        for part in parts:
            table[:, part] = torch.where(where[:, None], skin, table[:, part])
    house_ends = ((HAND_L, 3), (HAND_R, 5), (FOOT_L, 7), (FOOT_R, 9), (NECK, 0))
    for part, like in house_ends:
        table[:, part] = torch.where(house[:, None], table[:, like], table[:, part])
    dark = stick & ~house & (behind.mean(-1) > 0.7) & chance(0.5)
    ink = 0.25 * torch.rand(count, 1, 3, generator=g)
    table = torch.where(dark[:, None, None], ink, table)
    face = (kinds == FACE)[:, None, None]
    if face.any():
        table = torch.where(face, face_colours(table, skin, stick, g), table)
    return table


def _cloth(stick: Tensor, uniform: Uniform) -> Tensor:
    """(B, 5) stripes on one in four solid bodies, at any angle to the limb; smooth or with
    edges."""
    angle, waves = uniform(0, torch.pi), uniform(6, 40)
    strength = _sometimes(0.25, uniform(0.1, 0.5), uniform)
    return torch.stack(
        [waves * angle.cos(), waves * angle.sin(), uniform(0, 6.3),
         torch.where(stick, 0.0, strength), (uniform(0, 1) < 0.4).float()], -1
    )  # fmt: skip


def _outline(stick: Tensor, uniform: Uniform) -> Tensor:
    """(B, 2) outline around the parts of one in seven solid bodies, as in drawings."""
    darkness = _sometimes(0.15, uniform(0.5, 1.0), uniform)
    return torch.stack([uniform(0.004, 0.012), torch.where(stick, 0.0, darkness)], -1)


def _shadow(without: Tensor, uniform: Uniform) -> Tensor:
    """(B, 3) shadow under six in ten eligible bodies: half are blobs, half are cast by a lamp."""
    strength = _sometimes(0.6, uniform(0.15, 0.7), uniform)
    reach = _sometimes(0.5, uniform(0.12, 0.5), uniform) * uniform(-0.35, 1).sign()
    return torch.stack([torch.where(without, 0.0, strength), uniform(-1, 1), reach], -1)


def _skin(count: int, g: torch.Generator) -> Tensor:
    """(B, 3) from very dark to very light."""
    light, dark = torch.tensor([1.0, 0.86, 0.74]), torch.tensor([0.28, 0.16, 0.1])
    tone = torch.rand(count, 1, generator=g)
    return (dark + (light - dark) * tone + 0.05 * torch.randn(count, 3, generator=g)).clamp(0, 1)
