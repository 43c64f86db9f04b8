"""Limb tracks read from images: accurate for the ground truth, large errors for a still image.

The ground truths are real pairs; their errors are the measurement limits of the columns.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from mti_backend.evaluation.bench import decoded
from mti_backend.evaluation.pairs import Pair
from mti_backend.evaluation.statistics import median_interval
from mti_backend.evaluation.tracks import (
    CAP,
    Tracks,
    classify,
    colour_tracks,
    limb_error,
    middles,
    motion_fidelity,
    palette,
    true_classes,
)
from mti_backend.models import load_model
from mti_backend.models.framing import Framing
from tests.evaluation.held_out import held_out_pairs


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return held_out_pairs(8)


def error(clip: torch.Tensor, pair: Pair) -> float:
    tracks = colour_tracks(clip, pair)
    assert tracks is not None and pair.height is not None
    return limb_error(tracks, pair.height)


def test_the_right_answer_has_no_error_and_a_still_picture_has(pairs: list[Pair]) -> None:
    still = []
    for pair in pairs:
        assert error(pair.answer, pair) == 0
        still.append(error(pair.answer[:1].expand_as(pair.answer), pair))
    assert median_interval(still)[0] > 0.04


def test_most_of_what_is_visible_can_be_read(pairs: list[Pair]) -> None:
    shares = [tracks.share for pair in pairs if (tracks := colour_tracks(pair.answer, pair))]
    assert len(shares) == len(pairs) and median_interval(shares)[0] > 0.5


def test_blur_and_noise_hardly_move_anything(pairs: list[Pair]) -> None:
    g = torch.Generator().manual_seed(0)
    found = []
    for pair in pairs:
        soft = torch.nn.functional.avg_pool2d(pair.answer, 3, 1, 1, count_include_pad=False)
        noise = 0.05 * torch.randn(pair.answer.shape, generator=g)
        found.append(error(0.6 * pair.answer + 0.4 * soft + noise, pair))
    assert median_interval(found)[0] < 0.025


def test_decoding_moves_less_than_standing_still(pairs: list[Pair]) -> None:
    """The bound given by the shipped autoencoder; the table shows how small it is."""
    model = load_model("draft")
    bound, still = [], []
    for pair in pairs[:3]:
        bound.append(error(decoded(model, pair.answer, Framing(not pair.camera)), pair))
        still.append(error(pair.answer[:1].expand_as(pair.answer), pair))
    assert median_interval(bound)[0] < median_interval(still)[0]


def test_fidelity_tells_moving_from_standing(pairs: list[Pair]) -> None:
    told = 0
    for pair in pairs:
        tracks = colour_tracks(pair.answer, pair)
        still = colour_tracks(pair.answer[:1].expand_as(pair.answer), pair)
        assert tracks and still
        fidelity = motion_fidelity(tracks)
        if fidelity is not None:
            told += 1
            assert fidelity == pytest.approx(1, abs=1e-6)
        # a still image is nearly still, even when read against a panning background
        assert (motion_fidelity(still) or 0) < 0.5, pair.name
    assert told >= 6


def made(right: torch.Tensor, found: torch.Tensor) -> Tracks:
    yes = torch.ones(right.shape[:2], dtype=torch.bool)
    return Tracks(right, found, yes, yes.clone(), 1.0)


def line(dx: float, dy: float, frames: int = 5) -> torch.Tensor:
    """(F, 1, 2): one color moving along a straight line."""
    return torch.arange(frames)[:, None, None] * torch.tensor([[[dx, dy]]]) + 0.5


def test_fidelity_is_the_cosine_of_the_displacements() -> None:
    right = line(0.05, 0)
    assert motion_fidelity(made(right, line(0.01, 0))) == pytest.approx(1)  # whatever the speed
    assert motion_fidelity(made(right, line(0, 0.03))) == pytest.approx(0, abs=1e-6)
    assert motion_fidelity(made(right, line(-0.02, 0))) == pytest.approx(-1)
    assert motion_fidelity(made(right, line(0.03, 0.03))) == pytest.approx(0.5**0.5)


def test_still_points_are_explicit() -> None:
    assert motion_fidelity(made(line(0, 0), line(0.05, 0))) is None  # there is no motion to find
    assert motion_fidelity(made(line(0.05, 0), line(0, 0))) == 0
    # a still track beside a moving one changes nothing
    both = torch.cat([line(0.05, 0), line(0, 0)], 1)
    assert motion_fidelity(made(both, both)) == pytest.approx(1)
    # steps in which only one of the two moves count as missed: it moves in 2 of 4 steps
    rests = line(0.05, 0)
    rests[2:] = rests[2]
    assert motion_fidelity(made(line(0.05, 0), rests)) == pytest.approx(0.5)
    assert motion_fidelity(made(rests, rests)) == pytest.approx(1)


def test_fidelity_has_two_sides() -> None:
    """Two right tracks, both found as the first one: the found side is perfect, the other half."""
    right = torch.cat([line(0.05, 0), line(-0.05, 0)], 1)
    found = torch.cat([line(0.05, 0), line(0.05, 0)], 1)
    assert motion_fidelity(made(right, found)) == pytest.approx((1 + 0) / 2)
    assert motion_fidelity(made(found, right)) == pytest.approx((1 + 0) / 2)


def test_what_is_not_found_has_the_largest_error() -> None:
    tracks = made(line(0.05, 0), line(0.05, 0))
    assert limb_error(tracks, 0.5) == 0
    assert limb_error(replace(tracks, seen=~tracks.seen), 0.5) == CAP
    far = replace(tracks, found=tracks.found + 9)
    assert limb_error(far, 0.5) == CAP
    beside = replace(tracks, found=tracks.found + torch.tensor([0.03, 0.04]))
    assert limb_error(beside, 0.5) == pytest.approx(0.1)


def test_middles_are_medians_in_frame_widths() -> None:
    classes = torch.full((1, 8, 8), -1)
    classes[0, 2:4, 4:6] = 0
    classes[0, 7, 0] = 1
    places, pixels = middles(classes, 3)
    assert places[0, 0].tolist() == pytest.approx([5 / 8, 3 / 8])
    assert places[0, 1].tolist() == pytest.approx([0.5 / 8, 7.5 / 8])
    assert pixels[0].tolist() == [4, 1, 0]
    classes[0, 0, 0] = 0  # one wrong pixel far away moves the median by less than a pixel
    assert (middles(classes, 1)[0][0, 0] - places[0, 0]).norm() < 1 / 8


def test_parts_of_one_colour_are_one_class() -> None:
    answer, classes = torch.zeros(2, 3, 8, 8), torch.full((2, 8, 8), -1)
    for part, (column, colour) in enumerate(((0, 1.0), (2, 0.95), (4, -1.0))):
        classes[:, :, column : column + 2] = part
        answer[:, :, :, column : column + 2] = colour
    colours = palette(answer, classes, torch.zeros_like(answer))
    assert len(colours.colours) == 2
    assert colours.of_part[0] == colours.of_part[1] != colours.of_part[2]
    assert torch.equal(classify(answer, colours), true_classes(classes, colours))


def test_what_is_not_known_is_not_measured(pairs: list[Pair]) -> None:
    assert colour_tracks(pairs[0].answer, replace(pairs[0], classes=None)) is None
    assert colour_tracks(pairs[0].answer, replace(pairs[0], background=None)) is None
