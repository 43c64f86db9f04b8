"""Figures: sticks, solid bodies, animals and objects, visible against their backgrounds."""

from __future__ import annotations

from dataclasses import fields

import pytest
import torch
from torch import Tensor

from mti_addon.motion.drawing.raster import PALETTE, Look
from mti_backend.draft.procedural.backgrounds import Backgrounds
from mti_backend.draft.procedural.body import (
    HAIR,
    HAND_L,
    HAND_R,
    HUMAN,
    KINDS,
    OBJECT,
    PART_COUNT,
    PARTS,
    QUADRUPED,
    SHAPES,
    SKIRT,
    Figures,
)
from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.procedural.motions import random_motions
from mti_backend.draft.procedural.pose import pose
from mti_backend.draft.procedural.render import draw
from tests.draft.procedural.examples import HEAD, generator

THIN = 0.031  # maximum radius of a stick's limbs


def equal(one: Figures | Backgrounds, other: Figures | Backgrounds) -> bool:
    pairs = ((getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return all(equal(a, b) if isinstance(a, Backgrounds) else torch.equal(a, b) for a, b in pairs)


def rgb(name: str) -> Tensor:
    return torch.tensor(PALETTE[name]) / 255


def house(figures: Figures) -> Tensor:
    """Figures in the colors of the add-on's stick figure, judged by their trunks; bool (B,)."""
    return (figures.colours[:, 0] - rgb("torso")).abs().amax(-1) < 1e-6


def spread(values: Tensor) -> tuple[float, float]:
    return values.min().item(), values.max().item()


def test_the_same_seed_is_the_same_figure() -> None:
    one, again, other = (random_figures(4, generator(s), kind="any") for s in (1, 1, 2))
    assert equal(one, again) and not equal(one, other)


def test_looks() -> None:
    thick = random_figures(400, generator(), "solid").radii[:, 0, 1]
    thin = random_figures(400, generator(), "stick").radii[:, 0, 1]
    assert thin.max() < THIN < 0.05 < thick.min()
    mixed = random_figures(2000, generator(), "any").radii[:, 0, 1]
    assert (mixed < THIN).float().mean().item() == pytest.approx(0.33, abs=0.04)
    with pytest.raises(KeyError):
        random_figures(1, generator(), "cube")


def test_kinds_and_shapes() -> None:
    for index, kind in enumerate(KINDS):
        assert (random_figures(9, generator(), kind=kind).kind == index).all()
    drawn = random_figures(8000, generator(1), kind="any")
    shares = torch.bincount(drawn.kind, minlength=4) / 8000
    wanted = torch.tensor([0.614, 0.17, 0.09, 0.126])
    torch.testing.assert_close(shares, wanted, rtol=0, atol=0.015)
    things = drawn.shape[drawn.kind == OBJECT]
    assert (torch.bincount(things, minlength=len(SHAPES)) > 40).all()
    with pytest.raises(ValueError):
        random_figures(1, generator(), kind="tree")


@pytest.mark.parametrize("look", ["stick", "solid"])
def test_numbers_are_usable(look: str) -> None:
    figures = random_figures(600, generator(3), look, "any")
    for table in (figures, figures.behind):
        for f in fields(table):
            if f.name != "behind":
                values = getattr(table, f.name)
                assert len(values) == 600 and values.isfinite().all(), f.name
    assert (figures.radii >= 0).all() and figures.radii.shape[1] == PART_COUNT
    people, animals = figures.kind == HUMAN, figures.kind == QUADRUPED
    assert (figures.radii[people | animals][:, : len(PARTS)] > 0).all()
    # a head is a disc
    heads = figures.radii[people, HEAD]
    assert torch.equal(heads[:, 0], heads[:, 1])
    for colours in (figures.colours, figures.behind.colours, figures.behind.blobs[..., 4:]):
        assert colours.min() >= 0 and colours.max() <= 1
    # most are entirely in the image; cropped ones lose less than half
    assert (figures.ground > -0.75).all() and (figures.ground < 0).all()
    assert (figures.centre.abs() <= 0.3).all()


def test_nobody_is_invisible() -> None:
    """Hardly any body has fewer than a dozen pixels that differ from its background."""
    count = 400
    for look in ("stick", "solid"):
        figures = random_figures(count, generator(8), look, "any")
        ends = pose(figures, random_motions(count, generator(9)), torch.zeros(count, 1)).ends
        drawing = draw(figures, ends, torch.zeros(count, 1, 4))
        seen = (drawing.pixels - drawing.background).abs().amax(2) > 0.15
        assert (seen.flatten(1).sum(1) < 12).float().mean() < 0.01, look


def test_children_and_giants_and_cut_off_ones() -> None:
    figures = random_figures(4000, generator(10))
    shares = [(figures.height < 0.55), (figures.height > 0.95)]
    assert shares[0].float().mean().item() == pytest.approx(0.14, abs=0.03)
    assert shares[1].float().mean().item() == pytest.approx(0.08, abs=0.02)
    assert figures.height.min() >= 0.35 and figures.height.max() <= 1.3


def test_animals_are_seen_from_the_side() -> None:
    animals = random_figures(200, generator(11), kind="quadruped")
    assert (animals.facing.abs() >= 0.8).all() and (animals.facing.abs() <= 1.6).all()
    assert 60 < (animals.facing > 0).sum() < 140
    people = random_figures(400, generator(12))
    assert people.facing.abs().max() <= 0.4 and (people.facing == 0).float().mean() > 0.5


def test_limbs_of_one_group_have_one_colour_but_for_bare_skin() -> None:
    sticks = random_figures(200, generator(4), "stick")
    for group in {part[0] for part in PARTS}:
        rows = [i for i, part in enumerate(PARTS) if part[0] == group]
        assert (sticks.colours[:, rows] == sticks.colours[:, rows[:1]]).all()
    people = random_figures(800, generator(4), "solid")
    for upper, lower in ((2, 3), (4, 5), (6, 7), (8, 9)):
        colours = people.colours
        bare = (colours[:, upper] != colours[:, lower]).any(-1)
        assert 0.05 < bare.float().mean() < 0.35
        # bare parts have the face's color
        assert torch.equal(colours[bare, lower], colours[bare, HEAD])


def test_hair_skirts_and_boxes() -> None:
    people = random_figures(2000, generator(13), "solid")
    for part, share in ((HAIR, 0.6), (SKIRT, 0.2)):
        worn = (people.radii[:, part] > 0).any(-1).float().mean().item()
        assert worn == pytest.approx(share, abs=0.05)
    assert people.square[:, 0].float().mean().item() == pytest.approx(0.15, abs=0.04)
    # heads, hands and hair of box-shaped people are round nevertheless
    assert not people.square[:, [HEAD, HAND_L, HAND_R, HAIR]].any()
    sticks = random_figures(500, generator(13), "stick")
    assert not sticks.square.any() and not (sticks.radii[:, [HAIR, SKIRT]] > 0).any()


def test_bodies_stand_out_from_their_backgrounds() -> None:
    """Except for a third of the solid ones, whose colors are muted, but only moderately."""

    def distance(look: str) -> Tensor:
        figures = random_figures(4000, generator(5), look)
        return (figures.colours[:, 0] - figures.behind.colours.mean(1)).norm(dim=-1)

    sticks, solid = distance("stick"), distance("solid")
    assert sticks.quantile(0.02) > 0.3 and sticks.median() > 0.6
    # two thirds of the solid ones are not muted
    assert solid.quantile(0.33 + 0.02) > 0.6 and solid.median() > 0.6
    faint = (solid < 0.5).float().mean().item()
    assert 0.15 < faint < 0.33 and solid.quantile(0.02) > 0.1


def test_sticks_are_often_drawn_on_paper() -> None:
    figures = random_figures(600, generator(6), "stick")
    behind = figures.behind
    light = (behind.colours >= 0.85).flatten(1).all(1)
    assert 0.5 < light.float().mean() < 0.85
    plain = (behind.colours[:, 0] == behind.colours[:, 1]).all(-1)
    things = (behind.blobs[..., 3], behind.boxes[..., 4], behind.waves[..., 3])
    decorated = torch.stack([(t > 0).any(1) for t in things]).any(0) | (behind.floor[:, 1] > 0)
    assert plain.any() and decorated.any() and not (plain & decorated).any()
    assert decorated.float().mean() > 0.1


def test_a_third_of_the_sticks_has_the_colours_of_the_add_ons_own() -> None:
    """Training includes figures that look like an animator's captures, paper included."""
    sticks = random_figures(2000, generator(14), "stick")
    ours = house(sticks)
    assert ours.float().mean().item() == pytest.approx(0.35, abs=0.04)
    # a figure facing us has its left on the image's right, where the part named r is
    for part, name in (
        (0, "torso"), (HEAD, "head"), (2, "right_arm"), (3, "right_arm"), (4, "left_arm"),
        (6, "right_leg"), (7, "right_leg"), (8, "left_leg"), (9, "left_leg"),
    ):  # fmt: skip
        expected = rgb(name).expand(int(ours.sum()), 3)
        torch.testing.assert_close(sticks.colours[ours, part], expected, msg=f"{part} {name}")
    paper = torch.tensor(Look().background) / 255
    on_paper = ((sticks.behind.colours[ours] - paper).abs() < 1e-6).all(-1).all(-1)
    assert on_paper.float().mean().item() == pytest.approx(0.8, abs=0.06)
    others = [
        random_figures(500, generator(15), "solid"),
        random_figures(500, generator(15), kind="object"),
    ]
    assert not any(house(figures).any() for figures in others)


HELD_OUT = ("torso", "upper_arm", "forearm", "shoulder")


@pytest.mark.parametrize("name", HELD_OUT)
def test_held_out_proportions_are_never_trained_on(name: str) -> None:
    train, held_out = (
        getattr(random_figures(4000, generator(16), family=family), name)
        for family in ("train", "held-out")
    )
    (low, high), (held_low, held_high) = spread(train), spread(held_out)
    assert high + 0.004 < held_low or held_high < low - 0.004
    # both ranges are fully used
    assert high - low > 0.05 and held_high - held_low > 0.015


def test_pick_and_repeat_keep_rows_together() -> None:
    figures = random_figures(4, generator(7), kind="any")
    assert equal(figures.pick([2, 0]).pick([1]), figures.pick([0]))
    assert equal(figures.pick(torch.tensor([3])), figures.pick([3]))
    twice = figures.repeat(2)
    assert len(twice.height) == 8 and equal(twice.pick([4, 5]), figures.pick([2, 2]))
