"""Who moves: sticks and solid bodies, told from their backgrounds."""

from __future__ import annotations

from dataclasses import fields

import pytest
import torch

from mti_backend.draft.figures import PARTS, Figures, random_figures
from tests.draft.examples import generator

THIN = 0.027  # no limb of a stick is thicker, no limb of a body thinner


def same(one: Figures, other: Figures) -> bool:
    return all(torch.equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Figures))


def sticks(figures: Figures) -> torch.Tensor:
    return figures.radii[:, 2, 0] < THIN


def test_the_same_seed_is_the_same_figure() -> None:
    assert same(random_figures(4, generator(1)), random_figures(4, generator(1)))
    assert not same(random_figures(4, generator(1)), random_figures(4, generator(2)))


def test_looks() -> None:
    assert sticks(random_figures(200, generator(), "stick")).all()
    assert not sticks(random_figures(200, generator(), "solid")).any()
    assert 0.27 < sticks(random_figures(1000, generator(), "any")).float().mean() < 0.39
    with pytest.raises(KeyError):
        random_figures(1, generator(), "cube")


def test_numbers_are_usable() -> None:
    figures = random_figures(500, generator(3))
    for f in fields(Figures):
        values = getattr(figures, f.name)
        assert len(values) == 500 and values.isfinite().all(), f.name
    assert (figures.radii > 0).all()
    # a head is a disc, and every other part no thicker
    assert torch.equal(figures.radii[:, 1, 0], figures.radii[:, 1, 1])
    for colours in (figures.colours, figures.background, figures.blobs[..., 4:]):
        assert colours.min() >= 0 and colours.max() <= 1
    # the feet are in the picture, and the top of the head of most is
    assert (figures.ground > -0.5).all() and (figures.ground < 0).all()


def test_limbs_of_one_group_have_one_colour() -> None:
    figures = random_figures(100, generator(4))
    for group in {part[0] for part in PARTS}:
        rows = [i for i, part in enumerate(PARTS) if part[0] == group]
        assert (figures.colours[:, rows] == figures.colours[:, rows[:1]]).all()


def test_bodies_stand_out_from_their_backgrounds() -> None:
    figures = random_figures(1000, generator(5))
    distance = (figures.colours[:, 0] - figures.background.mean(1)).norm(dim=-1)
    assert distance.quantile(0.02) > 0.3 and distance.median() > 0.6


def test_sticks_are_often_drawn_on_paper() -> None:
    figures = random_figures(600, generator(6), "stick")
    light = (figures.background >= 0.85).flatten(1).all(1)
    assert 0.4 < light.float().mean() < 0.8
    plain = (figures.background[:, 0] == figures.background[:, 1]).all(-1)
    decorated = (figures.blobs[..., 3] > 0).any(1) | (figures.waves[..., 3] > 0).any(1)
    assert plain.any() and decorated.any() and not (plain & decorated).any()


def test_pick_and_repeat_keep_rows_together() -> None:
    figures = random_figures(4, generator(7))
    assert same(figures.pick([2, 0]).pick([1]), figures.pick([0]))
    assert same(figures.pick(torch.tensor([3])), figures.pick([3]))
    twice = figures.repeat(2)
    assert len(twice.height) == 8 and same(twice.pick([4, 5]), figures.pick([2, 2]))
