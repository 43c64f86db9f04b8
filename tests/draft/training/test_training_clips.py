"""Training data: first frames as cropped around a subject, and their motion."""

from __future__ import annotations

from dataclasses import fields

import pytest
import torch

from mti_backend.draft.procedural.body import Figures
from mti_backend.draft.procedural.clips import token_basis
from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.training import training_clips as pool
from mti_backend.draft.training.training_clips import (
    JOINTS,
    MAP_SIZE,
    PICTURE_SIZE,
    draw_clips,
    exposed,
    framed,
)
from tests.draft.procedural.examples import generator


def times(count: int, later: int = 2, seed: int = 0) -> torch.Tensor:
    drawn = torch.rand(count, later, generator=generator(seed))
    return torch.cat([torch.zeros(count, 1), drawn], 1)


def test_the_same_seed_is_the_same_clips() -> None:
    one, again, other = (draw_clips(generator(s), 12, times(12)) for s in (2, 2, 3))
    assert torch.equal(one.pictures, again.pictures) and torch.equal(one.tokens, again.tokens)
    assert torch.equal(one.maps.flow, again.maps.flow)
    assert not torch.equal(one.pictures, other.pictures)


def test_shapes_and_ranges() -> None:
    drawn = draw_clips(generator(4), 20, times(20, 3), pictures=2)
    assert drawn.pictures.shape == (20, 2, 3, PICTURE_SIZE, PICTURE_SIZE)
    assert drawn.maps.flow.shape == (20, 3, 2, MAP_SIZE, MAP_SIZE)
    assert drawn.maps.depth.shape == (20, 3, 1, MAP_SIZE, MAP_SIZE)
    assert drawn.maps.figure.shape == drawn.maps.near.shape == (20, 1, MAP_SIZE, MAP_SIZE)
    assert drawn.parts.shape == (20, 2, PICTURE_SIZE, PICTURE_SIZE)
    assert drawn.joints.shape == (20, 2, len(JOINTS), 3)
    assert drawn.tokens.shape == (20, 3, 2, 64) and drawn.poses.shape == (20, 2, 64)
    assert drawn.pictures.min() >= -1 and drawn.pictures.max() <= 1
    assert all(t.isfinite().all() for t in (drawn.pictures, drawn.tokens, drawn.maps.flow))


def test_tokens_tell_the_pose_and_its_change() -> None:
    drawn = draw_clips(generator(5), 6, times(6, 2), pictures=3)
    torch.testing.assert_close(drawn.tokens[:, :, 0], drawn.poses[:, 1:], atol=1e-5, rtol=0)
    change = drawn.poses[:, 1:] - drawn.poses[:, :1]
    torch.testing.assert_close(drawn.tokens[:, :, 1], change, atol=1e-5, rtol=0)
    # nothing has moved yet at the first frame
    assert (drawn.poses[:, 0] @ token_basis().T)[:, 36:42].abs().max() < 1e-4


def test_most_figures_fill_the_frame() -> None:
    figures = random_figures(2000, generator(6), kind="any")
    framed(figures, generator(7))
    close = (figures.height >= 0.6) & (figures.centre.abs() <= 0.1)
    assert 0.55 < close.float().mean() < 0.75
    assert (figures.height < 0.6).float().mean() > 0.2
    top, bottom = figures.ground + figures.height, figures.ground
    assert ((top < 0.56) & (bottom > -0.56))[close].float().mean() > 0.95


def test_some_clips_are_dim_and_some_pale() -> None:
    """A quarter is darker, a fifth has less contrast; nothing else changes."""
    clips = torch.rand(2000, 2, 3, 4, 4, generator=generator(11)) * 2 - 1
    changed = exposed(clips, generator(12))
    bright, before = (changed + 1) / 2, (clips + 1) / 2
    ratio = bright.mean((1, 2, 3, 4)) / before.mean((1, 2, 3, 4))
    spread = bright.std((1, 2, 3, 4)) / before.std((1, 2, 3, 4))
    assert (ratio < 0.99).float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert ((spread / ratio) < 0.99).float().mean().item() == pytest.approx(0.2, abs=0.03)
    assert changed.min() >= -1 and changed.max() <= 1


def test_training_draws_nothing_that_is_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figures] = []

    def recorded(*given: object, **named: object) -> Figures:
        drawn.append(random_figures(*given, **named))  # type: ignore[arg-type]
        return drawn[-1]

    monkeypatch.setattr(pool, "random_figures", recorded)
    draw_clips(generator(8), 60, times(60, 1))
    assert drawn and {f.name for f in fields(Figures)} >= {"upper_arm", "shoulder"}
    for figures in drawn:
        assert figures.upper_arm.max() <= 0.19 and figures.shoulder.min() >= 0.07
        assert figures.torso.min() >= 0.27
        assert figures.behind.pattern[:, 5].max() == 0
