"""Backgrounds: the patterns held out from training, and the grain."""

from __future__ import annotations

import pytest
import torch

from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.procedural.render import background
from tests.draft.procedural.examples import generator


def test_held_out_backdrops_are_never_trained_on() -> None:
    """Stripes and checks: training has none; its waves are too faint, and its mosaics have cells of
    random colors."""
    for look in ("stick", "solid"):
        train = random_figures(1000, generator(17), look, "any").behind
        held_out = random_figures(1000, generator(17), look, "any", backdrop="held-out").behind
        assert train.pattern[:, 5].max() == 0
        assert held_out.pattern[:, 5].min() >= 0.25
        assert train.waves[..., 3].max() <= 0.05
        assert 0.4 < held_out.pattern[:, 4].mean() < 0.6  # as many checks as stripes
        # adjacent cells differ as much as any others, whereas checks would alternate
        mosaic = train.mosaic - 0.5
        for step in (1, 2):
            alike = (mosaic[..., step:] * mosaic[..., :-step]).mean((1, 2, 3)) * 12
            assert alike.mean().abs() < 0.02 and alike.abs().max() < 0.6


def test_a_held_out_backdrop_is_seen() -> None:
    """Half of the image has the pattern's second color; little else makes a difference."""
    count, still = 200, torch.zeros(200, 1, 4)
    train, held_out = (
        random_figures(count, generator(18), "solid", backdrop=backdrop)
        for backdrop in ("train", "held-out")
    )
    before, after = (background(figures, still, 64)[:, 0] for figures in (train, held_out))
    colour = held_out.behind.pattern_colour[..., None, None]
    mixed = torch.lerp(before, colour, held_out.behind.pattern[:, 5, None, None, None])
    share = ((after - before).abs().amax(1) > 0.5 * (mixed - before).abs().amax(1) + 1e-3).float()
    assert share.mean().item() == pytest.approx(0.5, abs=0.05)
    assert share.flatten(1).mean(1).quantile(0.05) > 0.2
    # it is visible in nine of ten
    change = (after - before).abs().amax(1).flatten(1).quantile(0.9, dim=1)
    assert (change > 0.1).float().mean() > 0.9


def test_a_held_out_pattern_has_a_period_of_a_quarter_to_two_thirds_of_the_frame() -> None:
    behind = random_figures(300, generator(18), backdrop="held-out").behind
    for wave in (behind.pattern[:, :2], behind.pattern[:, 2:4]):
        period = 2 * torch.pi / wave.norm(dim=-1)
        assert 0.25 < period.min() < 0.27 and 0.58 < period.max() < 0.63
    across = (behind.pattern[:, :2] * behind.pattern[:, 2:4]).sum(-1)
    assert across.abs().max() < 1e-3  # checks are square


def test_four_busy_backgrounds_in_ten_have_a_grain() -> None:
    """Cells from a third to a twentieth of the frame, four in ten with hard edges."""
    figures = random_figures(2000, generator(19), "solid")
    grain = figures.behind.grain
    on = grain[:, 1] > 0
    plain = (figures.behind.colours[:, 0] == figures.behind.colours[:, 1]).all(-1)
    assert not (on & plain).any()
    assert on[~plain].float().mean().item() == pytest.approx(0.4, abs=0.04)
    assert grain[on, 2].mean().item() == pytest.approx(0.4, abs=0.06)
    assert grain[:, 0].min() >= 3 and grain[:, 0].max() <= 20 and grain[:, 1].max() <= 0.6
    # it is part of the world: a pan by one cell shifts it by one
    still, panned = torch.zeros(1, 1, 4), torch.tensor([[[1 / 8, 0.0, 0.0, 0.0]]])
    for hard in (0.0, 1.0):
        one = random_figures(1, generator(20), "solid")
        one.behind.paint_over(torch.tensor([True]), torch.tensor(0.5))
        one.behind.parallax[:] = 1
        one.behind.grain[:] = torch.tensor([8.0, 0.6, hard])
        before, after = (background(one, look, 64)[0, 0] for look in (still, panned))
        torch.testing.assert_close(after[..., :-8], before[..., 8:], rtol=0, atol=1e-4)
        levels = len((1000 * before[0]).round().unique())
        assert levels <= 64 if hard else levels > 200
        assert before.std() > 0.1
