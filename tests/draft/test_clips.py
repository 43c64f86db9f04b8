"""Clips and the motion tokens that belong to them."""

from __future__ import annotations

import pytest
import torch

from mti_backend.draft.clips import IMAGE_SIZE, TOKEN_WIDTH, make_clips, token_basis
from mti_backend.draft.figures import random_figures
from mti_backend.draft.motions import FRAMES, frame_times, random_motions
from mti_backend.draft.pose import MOTION_FEATURES, pose
from mti_backend.draft.render import render
from tests.draft.examples import generator, held

CAMERA = ("pan_x", "pan_y", "zoom", "roll")
CORNER_0 = [-0.191087, 0.029194, 0.142096, 0.065356]
CORNER_1 = [-0.111406, 0.070413, -0.20701, -0.027795]


def test_the_basis_is_orthonormal() -> None:
    basis = token_basis()
    assert basis.shape == (MOTION_FEATURES, TOKEN_WIDTH) and basis.dtype == torch.float32
    torch.testing.assert_close(basis @ basis.T, torch.eye(MOTION_FEATURES), rtol=0, atol=1e-5)
    # every direction of a token is used
    assert (basis.square().sum(0) > 0.1).all()


def test_the_basis_is_the_one_the_weights_were_trained_with() -> None:
    """A shipped model knows these numbers; with others it would know nothing."""
    torch.manual_seed(5)  # whatever the global state
    basis = token_basis()
    assert torch.equal(basis, token_basis())
    assert basis[0, :4].tolist() == pytest.approx(CORNER_0, abs=1e-4)
    assert basis[-1, -4:].tolist() == pytest.approx(CORNER_1, abs=1e-4)


def test_tokens_are_the_features_and_nothing_else() -> None:
    g = generator(1)
    figures, motions = random_figures(6, g), random_motions(6, g)
    times = torch.rand(6, 4, generator=g)
    clips = make_clips(figures, motions, times)
    _, features = pose(figures, motions, times)
    assert clips.tokens.shape == (6, 4, TOKEN_WIDTH)
    torch.testing.assert_close(clips.tokens @ token_basis().T, features, rtol=0, atol=1e-4)
    torch.testing.assert_close(clips.tokens.norm(dim=-1), features.norm(dim=-1))


def test_the_same_motion_by_another_figure_has_the_same_pose_tokens() -> None:
    motions = random_motions(3, generator(2))
    one, other = (
        make_clips(random_figures(3, generator(s)), motions, frame_times(3)) for s in (3, 4)
    )
    back = token_basis().T[:, :36]
    torch.testing.assert_close(one.tokens @ back, other.tokens @ back, rtol=0, atol=1e-5)
    assert (one.pixels - other.pixels).abs().mean() > 0.1


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
    motion = held(**{channel: 0.2})
    clips = make_clips(figure, motion, times, 32)
    camera = torch.tensor([[[0.2 * (name == channel) for name in CAMERA]]])
    joints, _ = pose(figure, motion, times)
    assert torch.equal(clips.pixels, 2 * render(figure, joints, camera, 32) - 1)
    still = make_clips(figure, held(), times, 32)
    assert (clips.pixels - still.pixels).abs().mean() > 0.01
