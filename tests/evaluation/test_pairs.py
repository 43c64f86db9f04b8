"""Held-out pairs: unseen motions by unseen figures, the same every time."""

from __future__ import annotations

import pytest
import torch

from mti_backend.draft.clips import token_basis
from mti_backend.draft.motions import FRAMES
from mti_backend.draft.named import NAMED
from mti_backend.draft.training import STAGES
from mti_backend.evaluation import pairs as module
from mti_backend.evaluation.metrics import motion_gain
from mti_backend.evaluation.pairs import Pair, held_out_pairs


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return held_out_pairs(len(NAMED) + 2)


def test_motions_are_the_named_ones_in_turn(pairs: list[Pair]) -> None:
    assert [pair.name for pair in pairs] == [*NAMED, *list(NAMED)[:2]]


def test_shapes_and_ranges(pairs: list[Pair]) -> None:
    for pair in pairs:
        assert pair.reference.shape == pair.answer.shape == (FRAMES, 3, 64, 64)
        assert pair.reference.abs().max() <= 1 and pair.answer.abs().max() <= 1
        assert pair.tokens.shape == (FRAMES, 64)


def test_the_same_pairs_every_time(pairs: list[Pair]) -> None:
    for one, again in zip(pairs, held_out_pairs(3), strict=False):
        assert torch.equal(one.reference, again.reference) and torch.equal(one.answer, again.answer)
        assert torch.equal(one.tokens, again.tokens)


def test_every_figure_and_place_is_another(pairs: list[Pair]) -> None:
    pictures = [pair.answer[0] for pair in pairs] + [pair.reference[0] for pair in pairs]
    for i, one in enumerate(pictures):
        assert all((one - other).abs().mean() > 0.02 for other in pictures[:i])


def test_the_right_answer_moves_as_the_reference_does(pairs: list[Pair]) -> None:
    """Both clips change, and the tokens of the answer begin at nothing travelled."""
    for pair in pairs:
        for clip in (pair.reference, pair.answer):
            assert (clip[1:] - clip[:1]).abs().amax((1, 2, 3)).max() > 0.3, pair.name
        features = pair.tokens @ token_basis().T
        assert features[0, 36:].abs().max() < 1e-4
        assert (features - features[:1]).abs().max() > 0.5, pair.name


def test_the_reference_is_no_answer(pairs: list[Pair]) -> None:
    """Copying its pixels is worse than standing still."""
    assert all(motion_gain(pair.reference, pair.answer) < 0 for pair in pairs)


def test_another_look_changes_the_reference_only_in_its_looks() -> None:
    stick, solid = held_out_pairs(1)[0], held_out_pairs(1, reference_look="solid")[0]
    assert not torch.equal(stick.reference, solid.reference)


def test_seeds_are_far_from_those_of_training() -> None:
    last = max(numbers.seed * 10_000_000 + numbers.steps for numbers in STAGES.values())
    assert module._SEED > 2 * last
