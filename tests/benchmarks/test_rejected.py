"""The rejected experiments still behave as documented."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from benchmarks.rejected.early_stopping import EarlyStopping
from benchmarks.rejected.learning import RejectedInversion, Way, fixed_loss, halved
from benchmarks.rejected.playing import Way as Playing
from benchmarks.rejected.playing import play
from benchmarks.rejected.stratified import STRATA, stratified_sigma
from mti_addon.wire.settings import Augmentation, InversionSettings, SamplingSettings
from mti_backend.method.motion_textual_inversion.optimization import Inversion
from mti_backend.method.motion_textual_inversion.sampling import image_embedding_motion, sample
from mti_backend.method.noise import sample_sigmas
from mti_backend.models.svd import SvdModel
from tests.tiny import FRAMES, SIZE, make_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SvdModel:
    return SvdModel("draft", make_tiny_model(tmp_path_factory.mktemp("tiny")))


SETTINGS = InversionSettings(
    augmentation=Augmentation(variants=2), tokens_per_frame=2, seed=3, precision="float32",
    iterations=8,
)  # fmt: skip


def pictures() -> torch.Tensor:
    g = torch.Generator().manual_seed(1)
    return torch.rand(FRAMES, 3, SIZE, SIZE, generator=g) * 2 - 1


def inversion_of(model: SvdModel, **way: Any) -> RejectedInversion:
    settings = replace(SETTINGS, learning_rate=way.pop("learning_rate", SETTINGS.learning_rate))
    return RejectedInversion(model, pictures(), Way(settings, **way), SamplingSettings())


def test_with_everything_off_it_is_the_product_s(model: SvdModel) -> None:
    ours, product = inversion_of(model), Inversion(model, pictures(), SETTINGS, SamplingSettings())
    for inversion in (ours, product):
        for _ in range(3):
            inversion.step()
    assert torch.equal(ours.embedding().frame_tokens, product.embedding().frame_tokens)


def test_half_the_size_comes_first(model: SvdModel, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, list[tuple[tuple[int, ...], float]]] = {}
    for name, half_size in (("half", 0.25), ("whole", 0.0)):
        inversion = inversion_of(model, half_size=half_size)
        inversion.prepare()
        seen[name] = told = []
        original = inversion.error

        def watched(clip: Any, sigma: Any, noise: Any, original: Any = original,
                    told: Any = told) -> Any:  # fmt: skip
            told.append((tuple(clip.latents.shape[-2:]), float(sigma)))
            return original(clip, sigma, noise)

        with monkeypatch.context() as patch:
            patch.setattr(inversion, "error", watched)
            patch.setattr(model, "encode_video", lambda *given: pytest.fail("encoded again"))
            for _ in range(4):
                inversion.step()
    whole, half = (SIZE // 2, SIZE // 2), (SIZE // 4, SIZE // 4)
    assert [size for size, _ in seen["half"]] == [half, half, whole, whole]
    assert [size for size, _ in seen["whole"]] == [whole] * 4
    # half the noise at half the side, unchanged at full size
    ratios = [a / b for (_, a), (_, b) in zip(*seen.values(), strict=True)]
    assert ratios == pytest.approx([0.5, 0.5, 1.0, 1.0], rel=1e-5)


@pytest.mark.parametrize(("size", "half"), [((32, 64), (16, 32)), ((576, 1024), (288, 512)),
                                            ((24, 8), (8, 8))])  # fmt: skip
def test_pictures_are_halved_to_multiples_of_eight(
    size: tuple[int, int], half: tuple[int, int]
) -> None:
    small = halved(torch.rand(2, 3, 3, *size) * 2 - 1)
    assert small.shape == (2, 3, 3, *half) and small.abs().max() <= 1


def test_the_average_is_the_result(model: SvdModel) -> None:
    inversion = inversion_of(model, ema_decay=0.9, learning_rate=0.05)
    tokens = [inversion.frame_tokens.detach().clone()]
    for _ in range(5):
        inversion.step()
        tokens.append(inversion.frame_tokens.detach().clone())
    mean = tokens[0]
    for steps, value in enumerate(tokens[1:], start=1):
        mean = torch.lerp(mean, value, 1 - min(0.9, (1 + steps) / (10 + steps)))
    torch.testing.assert_close(inversion.embedding().frame_tokens, mean)
    assert not torch.allclose(mean, tokens[-1], atol=1e-3)
    assert torch.equal(
        inversion.frame_tokens.detach(), tokens[-1]
    )  # Adam continues from its own tokens


def test_the_fixed_loss_is_the_same_each_time_and_of_the_average(model: SvdModel) -> None:
    inversion = inversion_of(model, ema_decay=0.5)
    start = fixed_loss(inversion, 4)
    inversion.step()
    tokens = inversion.frame_tokens.detach().clone()
    after = fixed_loss(inversion, 4)
    assert fixed_loss(inversion, 4) == after != start
    assert torch.equal(inversion.frame_tokens.detach(), tokens)
    assert fixed_loss(inversion_of(model), 4) == start  # independent of the variant of learning


def test_patience_ends_when_nothing_falls_any_more() -> None:
    stopping = EarlyStopping(8)
    losses = [1.0, 0.9, 0.899, 0.8, 0.7999, 0.7998, 0.7997, 0.7996]
    steps = [step for step in range(1, 17) if stopping.looks(step)]
    assert steps == [2, 4, 6, 8, 10, 12, 14, 16]
    ends = [stopping.over(step, loss) for step, loss in zip(steps, losses, strict=True)]
    assert ends == [False] * 7 + [True]
    never = EarlyStopping(0)
    assert not never.looks(10) and not never.over(10**6, 1.0)


def test_stratified_levels_are_distributed_alike_and_leave_no_part_out() -> None:
    drawn = torch.cat([stratified_sigma(step, 4, 2.8, 1.6, 5) for step in range(3000)]).log()
    assert drawn.mean().item() == pytest.approx(2.8, abs=0.02)
    assert drawn.std().item() == pytest.approx(1.6, abs=0.03)
    shares = torch.special.ndtr((drawn - 2.8) / 1.6)
    decks = shares[: len(shares) // STRATA * STRATA].view(-1, STRATA)
    parts = (decks * STRATA).floor().clamp(0, STRATA - 1).sort(1).values
    assert (parts == torch.arange(STRATA)).all()
    # the mean over a deck varies less than that of as many independent draws
    free = sample_sigmas(12_000, 2.8, 1.6, torch.Generator().manual_seed(0)).log()
    assert drawn.view(-1, 16).mean(1).std() < 0.4 * free.view(-1, 16).mean(1).std()


def test_stratified_levels_are_a_function_of_seed_and_step() -> None:
    def level(step: int, seed: int) -> torch.Tensor:
        return stratified_sigma(step, 3, 0.8, 1.4, seed)

    assert torch.equal(level(7, 1), level(7, 1))
    assert not torch.equal(level(7, 1), level(8, 1))
    assert not torch.equal(level(7, 1), level(7, 2))


def test_guidance_keeps_to_its_noise_levels(
    model: SvdModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    original = model.network
    monkeypatch.setattr(
        model, "network", lambda *given: calls.append(given[3].shape[2]) or original(*given)
    )
    motion = image_embedding_motion(model, torch.zeros(3, SIZE, SIZE))
    settings = SamplingSettings(num_inference_steps=5)

    def guided(low: float, high: float) -> int:
        calls.clear()
        play(model, torch.zeros(3, SIZE, SIZE), motion, Playing(settings, sigmas=(low, high)))
        assert calls.count(1) == 5
        return calls.count(0)

    # Karras sigmas of five steps: 700, 135, 16, 0.68, 0.002
    assert [guided(0, 1000), guided(1, 200), guided(0.5, 5), guided(701, 1000)] == [5, 2, 1, 0]
    # guidance at no level equals no guidance
    none = replace(settings, max_guidance_scale=1.0)
    found = play(model, torch.zeros(3, SIZE, SIZE), motion, Playing(settings, sigmas=(701, 1000)))
    expected = sample(model, torch.zeros(3, SIZE, SIZE), motion, none)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_a_better_solver_comes_to_the_same_clip_in_fewer_steps(model: SvdModel) -> None:
    tensor = torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(1)) * 2 - 1
    motion = image_embedding_motion(model, tensor)

    def clip(dpmpp_2m: bool, steps: int) -> torch.Tensor:
        settings = SamplingSettings(num_inference_steps=steps)
        return play(model, tensor, motion, Playing(settings, dpmpp_2m))

    limit = clip(False, 60)
    euler, better = ((clip(kind, 8) - limit).square().mean() for kind in (False, True))
    assert better < 0.5 * euler
