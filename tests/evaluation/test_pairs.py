"""Held-out pairs: unseen motions by unseen figures, deterministic."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from mti_backend.draft.procedural.clips import token_basis
from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.procedural.motions import FRAMES
from mti_backend.draft.procedural.named import NAMED
from mti_backend.draft.training.stages import STAGES
from mti_backend.evaluation import pairs as module
from mti_backend.evaluation.pairs import (
    Pair,
    held_out_pair,
    held_out_pairs,
    in_full,
    references,
)
from mti_backend.metrics.gain import motion_gain
from tests.evaluation import held_out


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return held_out.held_out_pairs(len(NAMED) + 2)


def test_motions_are_the_named_ones_in_turn(pairs: list[Pair]) -> None:
    assert [pair.name for pair in pairs] == [*NAMED, *list(NAMED)[:2]]


def test_shapes_and_ranges(pairs: list[Pair]) -> None:
    for pair in pairs:
        assert pair.reference.shape == pair.answer.shape == (FRAMES, 3, 128, 128)
        assert pair.reference.abs().max() <= 1 and pair.answer.abs().max() <= 1
        assert pair.tokens.shape == (FRAMES, 64)
        assert pair.tracks is not None and pair.tracks.shape == (FRAMES, 10, 2)
        assert pair.classes is not None and pair.classes.shape == (FRAMES, 128, 128)
        assert pair.height is not None and 0.3 < pair.height < 1.4


def test_the_same_pairs_every_time(pairs: list[Pair]) -> None:
    again = held_out_pair(2)
    assert again.fingerprint == pairs[2].fingerprint != pairs[1].fingerprint
    assert torch.equal(again.answer, pairs[2].answer) and torch.equal(again.tokens, pairs[2].tokens)


def test_every_figure_and_place_is_another(pairs: list[Pair]) -> None:
    pictures = [pair.answer[0] for pair in pairs] + [pair.reference[0] for pair in pairs]
    for i, one in enumerate(pictures):
        assert all((one - other).abs().mean() > 0.02 for other in pictures[:i])


def test_the_right_answer_moves_as_the_reference_does(pairs: list[Pair]) -> None:
    """Both clips move, and the answer's tokens start with zero displacement."""
    for pair in pairs:
        for clip in (pair.reference, pair.answer):
            assert (clip[1:] - clip[:1]).abs().amax((1, 2, 3)).max() > 0.3, pair.name
        features = pair.tokens @ token_basis().T
        assert features[0, 36:].abs().max() < 1e-4
        assert (features - features[:1]).abs().max() > 0.5, pair.name


def test_the_reference_is_no_answer(pairs: list[Pair]) -> None:
    """Copying its pixels is worse than a still image."""
    assert all(motion_gain(pair.reference, pair.answer) < 0 for pair in pairs)


def test_what_is_known_fits_the_pictures(pairs: list[Pair]) -> None:
    """Away from figures the answer equals its background, except for limbs thinner than a pixel and
    shadows on the ground."""
    for pair in pairs:
        assert pair.classes is not None and pair.background is not None
        somebody = (pair.classes >= 0).float()[:, None]
        near = torch.nn.functional.max_pool2d(somebody, 5, stride=1, padding=2)[:, 0] > 0
        difference = (pair.answer - pair.background).abs().amax(1)
        assert pair.figure is not None
        if not pair.figure.shadow[0, 0]:
            assert (difference[~near] > 0.02).float().mean() < 0.01, pair.name
        assert difference[pair.classes >= 0].mean() > 0.1


def test_half_of_the_bodies_and_a_quarter_of_the_backgrounds_are_held_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[tuple[str, str]] = []

    def note(*args: object, family: str = "", backdrop: str = "") -> None:
        if family:
            drawn.append((family, backdrop))

    monkeypatch.setattr(module, "random_figures", note)
    monkeypatch.setattr(module, "in_full", lambda figures, generator: figures)
    monkeypatch.setattr(module, "make_pair", lambda *args, **known: None)
    held_out_pairs(80)
    counts = Counter(drawn)
    assert sum(n for (family, _), n in counts.items() if family == "held-out") == 40
    assert sum(n for (_, backdrop), n in counts.items() if backdrop == "held-out") == 20
    assert counts["held-out", "held-out"] == counts["train", "held-out"] == 10
    for k in range(len(NAMED)):  # every motion has both kinds of bodies
        assert {family for family, _ in drawn[k :: len(NAMED)]} == {"train", "held-out"}


def test_references_are_the_same_motion_by_others(pairs: list[Pair]) -> None:
    pair = pairs[3]
    few, more = references(pair, 2), references(pair, 4)
    assert more.shape == (4, *pair.reference.shape)
    assert torch.equal(more[0], pair.reference) and torch.equal(more[:2], few)
    for i in range(1, 4):
        assert all((more[i] - more[k]).abs().mean() > 0.02 for k in range(i))
        assert (more[i][1:] - more[i][:1]).abs().max() > 0.3


def test_a_motion_without_a_name_is_not_drawn_again() -> None:
    still = torch.zeros(2, 3, 4, 4)
    with pytest.raises(ValueError, match="cannot be drawn again"):
        references(Pair("mine", still, still, torch.zeros(2, 64)), 2)


def test_another_look_changes_the_reference_only_in_its_looks() -> None:
    stick = held_out.held_out_pair(0)
    solid = held_out_pair(0, reference_look="solid")
    assert not torch.equal(stick.reference, solid.reference)


def test_seeds_are_far_from_those_of_training() -> None:
    last = max(numbers.seed * 10_000_000 + numbers.steps for numbers in STAGES.values())
    assert module._SEED > 2 * last


def test_both_figures_are_in_full_view() -> None:
    """As in a well-framed image; limbs may still leave it while they move."""
    g = torch.Generator().manual_seed(3)
    figures = in_full(random_figures(40, g, "any"), g)
    assert figures.height.min() >= 0.55 and figures.height.max() <= 0.95
    assert (figures.ground >= -0.5).all() and (figures.ground + figures.height <= 0.5).all()
    assert figures.centre.abs().max() <= 0.2
