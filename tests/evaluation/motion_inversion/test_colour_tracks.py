"""A subject's track is found by its color in true clips, and not in others."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mti_backend.evaluation.motion_inversion.colour_tracks import (
    colour_track,
    colour_weight,
    track_correlation,
)
from mti_backend.evaluation.motion_inversion.pairs import MOTIONS, make_pair


def circle(frames: int = 16, radius: float = 0.2) -> Tensor:
    t = torch.linspace(0, 2 * math.pi, frames)
    return 0.5 + radius * torch.stack([t.cos(), t.sin()], -1)


def blob(track: Tensor, rgb: tuple[float, float, float], behind: Tensor) -> Tensor:
    """A clip (F, 3, 64, 64) of a disc on a plain background."""
    axis = (torch.arange(64) + 0.5) / 64
    off = (axis - track[:, :1, None]).square() + (axis[:, None] - track[:, 1:, None]).square()
    inside = (off < 0.01)[:, None]
    return torch.where(inside, torch.tensor(rgb).view(3, 1, 1), behind.view(3, 1, 1)) * 2 - 1


WHITE = torch.tensor([0.98, 0.98, 0.97])


def test_a_disc_is_followed_to_a_fraction_of_a_pixel() -> None:
    track = circle()
    found = colour_track(blob(track, (0.86, 0.11, 0.12), WHITE), "red", "on white paper")
    assert found is not None and (found - track).abs().max() < 0.3 / 64


def test_nothing_of_that_colour_has_no_track() -> None:
    clip = blob(circle(), (0.86, 0.11, 0.12), WHITE)
    assert colour_track(clip, "blue", "on white paper") is None
    assert colour_weight(clip, "white", "on gray paper").mean() > 0.8


def test_a_subject_that_is_hidden_for_a_while_stays_where_it_was() -> None:
    clip = blob(circle(), (0.86, 0.11, 0.12), WHITE)
    clip[5:7] = 2 * WHITE.view(3, 1, 1) - 1
    found = colour_track(clip, "red", "on white paper")
    assert found is not None
    assert torch.equal(found[5], found[4]) and torch.equal(found[6], found[7])
    clip[:9] = 2 * WHITE.view(3, 1, 1) - 1
    assert colour_track(clip, "red", "on white paper") is None


def test_correlations_that_are_known() -> None:
    track = circle()
    assert track_correlation(track, track) == pytest.approx(1, abs=0.01)
    assert track_correlation(track, 0.3 * track + 0.1) == pytest.approx(1, abs=0.02)
    assert track_correlation(track, -track) == pytest.approx(-1, abs=0.01)
    assert track_correlation(track, track.flip(1)) == pytest.approx(0, abs=0.1)
    assert track_correlation(track, None) == 0.0
    assert track_correlation(track, torch.full_like(track, 0.5)) == 0.0


def test_movements_below_a_pixel_count_as_little() -> None:
    track = circle()
    trembling = 0.5 + (track - 0.5) * 0.001 / 0.2  # a sixteenth of a pixel, exactly along the track
    assert track_correlation(track, trembling) < 0.2


@pytest.mark.parametrize("motion", range(len(MOTIONS)))
def test_true_clips_have_the_reference_s_track_and_other_motions_have_not(motion: int) -> None:
    pairs = [make_pair(motion + len(MOTIONS) * turn) for turn in (0, 1)]
    for pair in pairs:
        colour, background = str(pair.prompt.colour), str(pair.prompt.background)
        track = colour_track(pair.answer, colour, background)
        assert track_correlation(pair.track, track) > 0.95, pair.prompt.text()
        other = make_pair(pair.index + 1)
        assert track_correlation(other.track, track) < 0.7
        still = pair.answer[:1].expand_as(pair.answer)
        found = colour_track(still, colour, background)
        assert abs(track_correlation(pair.track, found)) < 0.05
