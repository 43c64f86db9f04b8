"""What training draws: clips of one to three movers, and a pool of them encoded."""

from __future__ import annotations

from dataclasses import fields

import pytest
import torch
from torch import Tensor

from mti_backend.draft import pool
from mti_backend.draft.body import Figures
from mti_backend.draft.clips import make_clips, token_basis
from mti_backend.draft.figures import random_figures
from mti_backend.draft.motions import CHANNELS, INDEX, Motions, frame_times
from mti_backend.draft.pool import LatentPool, crowd, draw_clips, exposed
from tests.draft.examples import MeanColour, generator, on_plain_grey

COUNT = 3000
Companions = list[tuple[Tensor, Figures]]


@pytest.fixture(scope="module")
def crowded() -> tuple[Figures, Companions]:
    g = generator(1)
    figures = random_figures(COUNT, g, kind="any")
    return figures, crowd(figures, g)


def test_the_same_seed_is_the_same_clips() -> None:
    times = torch.tensor([0.0, 0.6]).expand(12, 2)
    one, again, other = (draw_clips(generator(s), 12, times) for s in (2, 2, 3))
    assert torch.equal(one.pixels, again.pixels) and torch.equal(one.tokens, again.tokens)
    assert not torch.equal(one.pixels, other.pixels)


def test_nothing_is_nan_or_out_of_range() -> None:
    clips = draw_clips(generator(4), 240, torch.rand(240, 1, generator=generator(5)))
    assert clips.pixels.isfinite().all() and clips.tokens.isfinite().all()
    assert clips.pixels.min() >= -1 and clips.pixels.max() <= 1
    assert clips.tokens.abs().max() < 10


def test_one_clip_in_seven_has_two_movers_and_one_in_twenty_three(
    crowded: tuple[Figures, Companions],
) -> None:
    (second, _), (third, _) = crowded[1]
    assert len(second) / COUNT == pytest.approx(0.2, abs=0.025)
    assert len(third) / COUNT == pytest.approx(0.05, abs=0.015)
    assert set(third.tolist()) <= set(second.tolist())
    # whoever has company is smaller than most
    heights = crowded[0].height[second]
    assert heights.min() >= 0.4 and heights.max() <= 0.65


def test_companions_are_of_every_kind_and_stand_on_the_same_ground(
    crowded: tuple[Figures, Companions],
) -> None:
    figures, companions = crowded
    for rows, others in companions:
        assert torch.equal(others.ground, figures.ground[rows])
        ratio = others.height / figures.height[rows]
        assert ratio.min() >= 0.8 and ratio.max() <= 1.2
        assert (torch.bincount(others.kind, minlength=3) > 0).all()
        assert len(others.height) == len(rows)


def test_nobody_stands_on_another(crowded: tuple[Figures, Companions]) -> None:
    figures, companions = crowded
    (second, one), (third, other) = companions
    centres = torch.full((COUNT, 3), torch.nan)
    centres[:, 0] = figures.centre
    centres[second, 1], centres[third, 2] = one.centre, other.centre
    several = centres[second]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        gap = (several[:, a] - several[:, b]).abs()
        gap = gap[~gap.isnan()]
        assert gap.min() > 0.22, (a, b)
    # they are in the picture, and either may be on the left
    seen = several[~several.isnan()]
    assert seen.abs().max() < 0.36
    left = (several[:, 0] < several[:, 1]).float().mean().item()
    assert left == pytest.approx(0.5, abs=0.15)


def test_some_clips_are_dim_and_some_pale() -> None:
    """A quarter is darker, a fifth has less contrast; nothing else of a clip changes."""
    count = 2000
    clips = torch.rand(count, 2, 3, 4, 4, generator=generator(11)) * 2 - 1
    seen = exposed(clips, generator(12))
    assert seen.min() >= -1 and seen.max() <= 1
    bright, after = (clips + 1) / 2, (seen + 1) / 2
    same = (after - bright).abs().flatten(1).amax(1) < 1e-3
    gain = after.flatten(1).std(1) / bright.flatten(1).std(1)
    mean = bright.flatten(1).mean(1)
    change = after.flatten(1).mean(1) / mean
    dim, pale = change < 0.999, (change >= 0.999) & (gain < 0.999)
    assert dim.float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert pale.float().mean().item() == pytest.approx(0.2, abs=0.03)
    assert same.float().mean().item() == pytest.approx(0.55, abs=0.03)
    assert 0.35 <= change[dim].min() < 0.4 and 0.95 < change[dim].max()
    assert 0.45 <= gain[pale].min() < 0.5 and 0.95 < gain[pale].max()
    # one lamp and one lens for a whole clip
    wanted = bright[dim] * change[dim].view(-1, 1, 1, 1, 1)
    torch.testing.assert_close(after[dim], wanted, rtol=0, atol=1e-5)
    middle, less = mean.view(-1, 1, 1, 1, 1)[pale], gain.view(-1, 1, 1, 1, 1)[pale]
    wanted = middle + less * (bright[pale] - middle)
    torch.testing.assert_close(after[pale], wanted, rtol=0, atol=1e-5)


def test_training_draws_exposed_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each clip is what its bodies look like, in some other light."""
    times = torch.zeros(60, 1)
    seen = draw_clips(generator(13), 60, times).pixels
    monkeypatch.setattr(pool, "exposed", lambda pixels, generator: pixels)
    plain = draw_clips(generator(13), 60, times).pixels
    changed = (seen - plain).abs().flatten(1).amax(1) > 1e-3
    assert 0.25 < changed.float().mean() < 0.65
    for one, other in zip(seen[changed], plain[changed], strict=True):
        assert torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1] > 0.99


def lean(amounts: list[float]) -> Motions:
    """Row i leans and bows by amounts[i]: what people, animals and things all show."""

    def values(t: Tensor) -> Tensor:
        out = torch.zeros(len(amounts), len(CHANNELS), t.shape[1])
        for name in ("lean_side", "lean_forward"):
            out[:, INDEX[name]] = torch.tensor(amounts)[:, None] * t
        return out

    return Motions(values, torch.ones(len(amounts), dtype=torch.bool))


def test_companions_perform_the_motion_of_their_clip() -> None:
    """Where it moves they move, where it stands still they do."""
    count, g = 40, generator(6)
    figures = on_plain_grey(random_figures(count, g, "solid", "any"))
    others = random_figures(count, g, "solid", "any")
    figures.radii[:] = 0  # so that only companions are seen
    others.height[:], others.centre[:], others.ground[:] = 0.6, 0.1, -0.35
    rows = torch.arange(count)
    amounts = [0.8 * (i % 2) for i in range(count)]
    times = torch.tensor([0.0, 1.0]).expand(count, 2)
    pixels = make_clips(figures, lean(amounts), times, companions=[(rows, others)]).pixels
    assert ((pixels[:, 0].abs() > 0.05).flatten(1).sum(1) > 50).all()  # of 12288; grey is 0
    change = (pixels[:, 1] - pixels[:, 0]).abs().flatten(1).amax(1)
    assert (change[1::2] > 0.1).all() and (change[::2] == 0).all()


def test_companions_are_in_their_own_clips_only_and_leave_the_tokens() -> None:
    g = generator(7)
    figures, others = random_figures(5, g), random_figures(2, g, "solid")
    others.height[:], others.centre[:], others.ground[:] = 0.6, 0.1, -0.35
    rows, motions = torch.tensor([3, 1]), lean([0.5] * 5)
    times = torch.zeros(5, 1)
    alone = make_clips(figures, motions, times)
    together = make_clips(figures, motions, times, companions=[(rows, others)])
    changed = (alone.pixels != together.pixels).flatten(1).any(1)
    assert changed.tolist() == [False, True, False, True, False]
    assert torch.equal(alone.tokens, together.tokens)


def test_training_draws_nothing_that_is_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figures] = []

    def recorded(*given: object, **named: object) -> Figures:
        drawn.append(random_figures(*given, **named))  # type: ignore[arg-type]
        return drawn[-1]

    monkeypatch.setattr(pool, "random_figures", recorded)
    draw_clips(generator(8), 300, torch.zeros(300, 1))
    assert len(drawn) == 3 and {f.name for f in fields(Figures)} >= {"upper_arm", "shoulder"}
    for figures in drawn:
        assert figures.upper_arm.max() <= 0.19 and figures.shoulder.min() >= 0.07
        assert figures.torso.min() >= 0.27
        assert figures.behind.pattern[:, 5].max() == 0


def test_the_pool_keeps_the_newest_clips() -> None:
    kept, g = LatentPool(MeanColour(), frames=4, size=5, fresh=2), generator(9)
    kept.refresh(g)
    first = kept.latents[0]
    for _ in range(2):
        kept.refresh(g)
    assert len(kept.latents) == len(kept.tokens) == 5
    assert all(latents is not first for latents in kept.latents)
    latents, tokens = kept.draw(7, g)
    assert latents.shape == (7, 4, 6, 16, 16) and tokens.shape == (7, 4, 64)
    # the first frame is the condition, so it is at time 0, where nothing has travelled yet
    travelled = (tokens @ token_basis().T)[..., 36:]
    assert travelled[:, 0].abs().max() < 1e-5 < travelled[:, 1:].abs().max()


def test_clips_of_the_pool_and_their_tokens_belong_together() -> None:
    kept = LatentPool(MeanColour(), frames=14, size=3, fresh=3)
    kept.refresh(generator(10))
    clips = draw_clips(generator(10), 3, frame_times(3))
    for i in range(3):
        assert torch.equal(kept.tokens[i], clips.tokens[i])
        encoded = MeanColour().encode(clips.pixels[i]).mode()
        torch.testing.assert_close(kept.latents[i], encoded, rtol=0, atol=0.02)  # bfloat16


def test_a_pool_is_filled_with_clips_of_the_step_it_starts_at() -> None:
    """Not with the ones it started with before it was stopped."""
    first, later = (LatentPool(MeanColour(), frames=2, size=50, fresh=4) for _ in range(2))
    first.fill(10, generator(1))
    later.fill(10, generator(2))
    assert len(first.latents) == len(later.latents) == 12
    assert not any(torch.equal(a, b) for a in first.latents for b in later.latents)
    before = first.latents[0]
    first.fill(10, generator(3))  # it is full, and still gets new ones
    assert len(first.latents) == 16 and first.latents[0] is before
