"""Ground truths of the curves: they differ in one aspect at a time."""

from __future__ import annotations

import pytest
import torch

from mti_backend.evaluation.curves import OFFSETS, SCALES, Point, curve_pair, curve_points
from mti_backend.evaluation.pairs import Pair

INDEX = 1  # jumping jacks


@pytest.fixture(scope="module")
def points() -> list[Point]:
    return list(curve_points(INDEX))


@pytest.fixture(scope="module")
def pair() -> Pair:
    return curve_pair(INDEX)


def at(points: list[Point], curve: str, value: float) -> torch.Tensor:
    return next(p.answer for p in points if (p.curve, p.value) == (curve, value))


def test_every_place_once(points: list[Point]) -> None:
    assert (points[0].curve, points[0].value) == ("offset", 0)
    places = [(p.curve, p.value) for p in points]
    assert len(set(places)) == len(places) == len(OFFSETS) + (len(SCALES) - 1) + 2


def test_aligned_is_the_pairs_own_answer(points: list[Point], pair: Pair) -> None:
    assert torch.equal(points[0].answer, pair.answer)


def test_the_offset_moves_the_figure_and_not_its_background(
    points: list[Point], pair: Pair
) -> None:
    """Nothing changes where neither figure is."""
    assert pair.background is not None
    moved = at(points, "offset", 0.2)
    for clip, mean in ((pair.answer, 0.0), (moved, 0.2)):
        somebody = (clip - pair.background).abs().amax(1) > 0.1
        columns = somebody.float().sum((0, 1))
        places = (torch.arange(len(columns)) + 0.5) / len(columns)
        centre = float((columns * places).sum() / columns.sum()) - 0.5
        assert centre == pytest.approx(mean, abs=0.03)


def test_the_scale_is_of_the_figure(points: list[Point], pair: Pair) -> None:
    assert pair.background is not None
    tall = []
    for value in (0.5, 0.8, 1.1):
        clip = at(points, "scale", value)
        rows = ((clip[0] - pair.background[0]).abs().amax(0) > 0.1).any(1).nonzero()
        tall.append(int(rows.max() - rows.min()) + 1)
        assert int(rows.max()) == pytest.approx(116, abs=8)  # the feet stay
    assert tall[0] / tall[1] == pytest.approx(0.5 / 0.8, abs=0.08)
    assert tall[2] / tall[1] == pytest.approx(1.1 / 0.8, abs=0.12)


def test_mirroring(points: list[Point], pair: Pair) -> None:
    assert torch.equal(at(points, "mirrored", 1.0), pair.answer.flip(-1))
    swapped = at(points, "mirrored", 0.0)
    assert pair.background is not None
    # the same positions, other colors
    covered = [(c - pair.background).abs().amax(1) > 0.1 for c in (pair.answer, swapped)]
    assert (covered[0] == covered[1]).float().mean() > 0.99
