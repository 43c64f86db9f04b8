"""Clips and their motion tokens."""

from __future__ import annotations

import pytest
import torch

from mti_backend.draft.procedural.body import PARTS
from mti_backend.draft.procedural.clips import (
    IMAGE_SIZE,
    make_clips,
    make_known_clips,
    time_code,
    token_basis,
)
from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.procedural.motions import FRAMES, frame_times, random_motions
from mti_backend.draft.procedural.pose import pose
from mti_backend.draft.procedural.render import render
from mti_backend.models.token_layout import MOTION_FEATURES, TOKEN_WIDTH
from tests.draft.procedural.examples import generator, held, plain_figure

CAMERA = ("pan_x", "pan_y", "zoom", "roll")
CORNER_0 = [-0.191087, 0.029194, 0.142096, 0.065356]
CORNER_1 = [0.035133, 0.156617, -0.049056, -0.125045]


def test_the_basis_is_orthonormal() -> None:
    basis = token_basis()
    assert basis.shape == (MOTION_FEATURES, TOKEN_WIDTH) and basis.dtype == torch.float32
    torch.testing.assert_close(basis @ basis.T, torch.eye(MOTION_FEATURES), rtol=0, atol=1e-5)
    # all directions of a token are used
    assert (basis.square().sum(0) > 0.1).all()


def test_the_basis_is_the_one_the_weights_were_trained_with() -> None:
    """The shipped model was trained with these numbers and works with no others."""
    torch.manual_seed(5)  # whatever the global state is
    basis = token_basis()
    assert torch.equal(basis, token_basis())
    assert basis[0, :4].tolist() == pytest.approx(CORNER_0, abs=1e-4)
    assert basis[-1, -4:].tolist() == pytest.approx(CORNER_1, abs=1e-4)


def test_tokens_are_the_features_and_nothing_else() -> None:
    g = generator(1)
    figures, motions = random_figures(6, g), random_motions(6, g)
    times = torch.rand(6, 4, generator=g)
    clips = make_clips(figures, motions, times)
    features = pose(figures, motions, times).features
    assert clips.tokens.shape == (6, 4, TOKEN_WIDTH)
    torch.testing.assert_close(clips.tokens @ token_basis().T, features, rtol=0, atol=1e-4)
    torch.testing.assert_close(clips.tokens.norm(dim=-1), features.norm(dim=-1))


def test_pixels() -> None:
    g = generator(5)
    figures, motions = random_figures(2, g), random_motions(2, g)
    clips = make_clips(figures, motions, frame_times(2))
    assert clips.pixels.shape == (2, FRAMES, 3, IMAGE_SIZE, IMAGE_SIZE)
    assert clips.pixels.min() >= -1 and clips.pixels.max() <= 1 and clips.pixels.min() < -0.2
    assert make_clips(figures, motions, frame_times(2), 16).pixels.shape[-2:] == (16, 16)


@pytest.mark.parametrize("channel", ["pan_x", "pan_y", "zoom", "roll"])
def test_the_camera_of_a_motion_looks_at_the_picture(channel: str) -> None:
    figure, times = random_figures(1, generator(6)), torch.zeros(1, 1)
    motion = held(True, **{channel: 0.2})
    clips = make_clips(figure, motion, times, 32)
    camera = torch.tensor([[[0.2 * (name == channel) for name in CAMERA]]])
    ends = pose(figure, motion, times).ends
    assert torch.equal(clips.pixels, 2 * render(figure, ends, camera, 32) - 1)
    still = make_clips(figure, held(), times, 32)
    assert (clips.pixels - still.pixels).abs().mean() > 0.01


def test_marks_of_time_are_where_no_motion_is() -> None:
    """Shared tokens can be distinguished, and the motion they encode does not change."""
    marks = time_code(FRAMES)
    assert marks.shape == (FRAMES, TOKEN_WIDTH)
    assert (marks @ token_basis().T).abs().max() < 1e-5
    torch.testing.assert_close(
        torch.cdist(marks, marks) > 0.3, ~torch.eye(FRAMES, dtype=torch.bool)
    )


def test_known_clips_are_the_same_clips() -> None:
    g = generator(7)
    figures, motions = random_figures(4, g, kind="any"), random_motions(4, g)
    times = torch.rand(4, 2, generator=g)
    known = make_known_clips(figures, motions, times)
    clips = make_clips(figures, motions, times)
    assert torch.equal(known.pixels, clips.pixels) and torch.equal(known.tokens, clips.tokens)
    assert known.background.shape == known.pixels.shape
    assert known.background.min() >= -1 and known.background.max() <= 1
    assert known.classes.shape == (4, 2, IMAGE_SIZE, IMAGE_SIZE)


@pytest.mark.parametrize(
    "camera", [{}, {"pan_x": 0.1, "pan_y": -0.08}, {"zoom": -0.3}, {"roll": 0.5, "zoom": 0.1}]
)
def test_tracks_lie_on_the_pixels_of_their_parts(camera: dict[str, float]) -> None:
    """A figure with spread limbs, so that no part hides the center of another."""
    figure = plain_figure(0.03)
    figure.height[:], figure.ground[:] = 0.8, -0.4
    limbs = {"arm_l": 1.0, "arm_r": 1.2, "elbow_l": 0.3, "elbow_r": 0.5, "leg_l": 0.4, "leg_r": 0.4}
    spread = held(True, **limbs, **camera)
    known = make_known_clips(figure, spread, torch.zeros(1, 1), 96)
    assert known.tracks.shape == (1, 1, len(PARTS), 2)
    for part, (x, y) in enumerate(known.tracks[0, 0].tolist()):
        assert 0 < x < 1 and 0 < y < 1
        assert known.classes[0, 0, int(96 * y), int(96 * x)] == part


def test_tracks_follow_what_moves() -> None:
    """The center of a part's pixels follows its track."""
    figure = plain_figure(0.04)
    figure.height[:], figure.ground[:] = 0.8, -0.4
    places = []
    for angle in (0.8, 1.6):
        known = make_known_clips(figure, held(arm_r=angle), torch.zeros(1, 1), 96)
        rows, columns = (known.classes[0, 0] == 5).nonzero().float().mean(0).tolist()
        places.append((known.tracks[0, 0, 5] * 96 - torch.tensor([columns, rows]) - 0.5).norm())
    assert max(places) < 2.5  # pixels; a joint's round end partly belongs to its neighbor
