"""Leakage: 0 for the ground truth, however it moves; 1 for the reference's colors."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from mti_backend.evaluation.leakage import leakage
from mti_backend.evaluation.pairs import Pair
from mti_backend.evaluation.tracks import palette
from tests.evaluation.held_out import held_out_pair


@pytest.fixture(scope="module")
def pair() -> Pair:
    return held_out_pair(1)


def recoloured(pair: Pair, frames: int) -> torch.Tensor:
    """The ground truth with the whole figure in the reference's main color, in some frames."""
    assert pair.classes is not None and pair.reference_classes is not None
    assert pair.background is not None
    theirs = palette(pair.reference, pair.reference_classes, pair.background).colours
    figure = (pair.answer - pair.background).norm(dim=1, keepdim=True) > 0.02
    figure[frames:] = False
    return torch.where(figure, theirs[0].view(3, 1, 1), pair.answer)


def test_the_right_answer_leaks_nothing(pair: Pair) -> None:
    assert leakage(pair.answer, pair) == 0


def test_the_references_colours_are_all_leakage(pair: Pair) -> None:
    assert leakage(recoloured(pair, 14), pair) == pytest.approx(1)
    half = leakage(recoloured(pair, 8), pair)
    assert half is not None and 0.3 < half < 0.7


def test_a_motion_that_was_missed_is_no_leakage(pair: Pair) -> None:
    still = leakage(pair.answer[:1].expand_as(pair.answer), pair)
    assert still is not None and still < 0.08


def test_a_figure_that_is_not_there_leaks_nothing(pair: Pair) -> None:
    assert pair.background is not None
    assert leakage(pair.background, pair) is None


def test_one_look_cannot_leak_into_itself(pair: Pair) -> None:
    same = replace(pair, reference=pair.answer, reference_classes=pair.classes)
    assert (
        leakage(pair.answer, same) == 0
    )  # no pixel is nearer to the reference than to the figure itself


def test_unknown_parts_say_nothing(pair: Pair) -> None:
    assert leakage(pair.answer, replace(pair, reference_classes=None)) is None
