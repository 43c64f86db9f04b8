"""What makes learning shorter: even noise levels, an average, half the size first, an early end."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mti_addon.wire.settings import Augmentation, InversionSettings, SamplingSettings
from mti_backend.average import Average
from mti_backend.inversion import Inversion, halved
from mti_backend.models.svd import SvdModel
from mti_backend.patience import Patience
from tests.tiny import FRAMES, SIZE, make_tiny_model

ALL: dict[str, Any] = {"sigmas": "stratified", "average": 0.9, "half_size": 0.5, "patience": 4}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SvdModel:
    return SvdModel("draft", make_tiny_model(tmp_path_factory.mktemp("tiny")))


def inversion_of(model: SvdModel, variants: int = 2, **settings: Any) -> Inversion:
    g = torch.Generator().manual_seed(1)
    pictures = torch.rand(FRAMES, 3, SIZE, SIZE, generator=g) * 2 - 1
    chosen = {"tokens_per_frame": 2, "seed": 3, "precision": "float32", "iterations": 8, **settings}
    augmentation = Augmentation(variants=variants)
    made = InversionSettings(augmentation=augmentation, **chosen)
    return Inversion(model, pictures, made, SamplingSettings())


@pytest.mark.parametrize("name", ALL)
def test_resume_is_bit_exact_with(model: SvdModel, name: str) -> None:
    whole, first, second = (inversion_of(model, **{name: ALL[name]}) for _ in range(3))
    ends = []
    for inversion in (whole, first):
        for _ in range(8 if inversion is whole else 3):
            inversion.step()
            ends.append(inversion.settled())
    second.load_state_dict(first.state_dict())
    for _ in range(5):
        second.step()
        second.settled()
    for key, value in whole.state_dict().items():
        assert torch.equal(value, second.state_dict()[key]), key
    assert torch.equal(whole.embedding().frame_tokens, second.embedding().frame_tokens)


def test_half_the_size_comes_first(model: SvdModel, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, list[tuple[tuple[int, ...], float]]] = {}
    for name, half_size in (("half", 0.25), ("whole", 0.0)):
        inversion = inversion_of(model, half_size=half_size)
        assert inversion.variants == (4 if half_size else 2)
        inversion.prepare()
        seen[name] = told = []
        original = inversion._error

        def watched(example: Any, sigma: Any, noise: Any, original: Any = original,
                    told: Any = told) -> Any:  # fmt: skip
            told.append((tuple(example.latents.shape[-2:]), float(sigma)))
            return original(example, sigma, noise)

        with monkeypatch.context() as patch:
            patch.setattr(inversion, "_error", watched)
            patch.setattr(model, "encode_video", lambda *given: pytest.fail("encoded again"))
            for _ in range(4):
                inversion.step()
    whole, half = (SIZE // 2, SIZE // 2), (SIZE // 4, SIZE // 4)
    assert [size for size, _ in seen["half"]] == [half, half, whole, whole]
    assert [size for size, _ in seen["whole"]] == [whole] * 4
    # half the noise on half the side, the same on the whole one
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
    inversion = inversion_of(model, average=0.9, learning_rate=0.05)
    tokens = [inversion.frame_tokens.detach().clone()]
    for _ in range(5):
        inversion.step()
        tokens.append(inversion.frame_tokens.detach().clone())
    mean = tokens[0]
    for steps, value in enumerate(tokens[1:], start=1):
        mean = torch.lerp(mean, value, 1 - min(0.9, (1 + steps) / (10 + steps)))
    torch.testing.assert_close(inversion.embedding().frame_tokens, mean)
    assert not torch.allclose(mean, tokens[-1], atol=1e-3)
    assert torch.equal(inversion.frame_tokens.detach(), tokens[-1])  # Adam goes on from its own


def test_an_average_of_nothing_is_the_tokens_themselves() -> None:
    token = torch.ones(2)
    average = Average([token], 0.0)
    token += 1
    average.follow(1)
    assert torch.equal(average.tokens()[0], token)


def test_the_fixed_loss_is_the_same_each_time_and_of_the_average(model: SvdModel) -> None:
    inversion = inversion_of(model, average=0.5)
    start = inversion.fixed_loss(4)
    inversion.step()
    tokens = inversion.frame_tokens.detach().clone()
    after = inversion.fixed_loss(4)
    assert inversion.fixed_loss(4) == after != start
    assert torch.equal(inversion.frame_tokens.detach(), tokens)
    assert inversion_of(model).fixed_loss(4) == start  # whatever the way of learning


def test_patience_ends_when_nothing_falls_any_more() -> None:
    patience = Patience(8)
    losses = [1.0, 0.9, 0.899, 0.8, 0.7999, 0.7998, 0.7997, 0.7996]
    steps = [step for step in range(1, 17) if patience.looks(step)]
    assert steps == [2, 4, 6, 8, 10, 12, 14, 16]
    ends = [patience.over(step, loss) for step, loss in zip(steps, losses, strict=True)]
    assert ends == [False] * 7 + [True]
    saved = Patience(8)
    saved.load(patience.state())
    assert saved.is_over(16) and not saved.is_over(15)
    never = Patience(0)
    assert not never.looks(10) and not never.is_over(10**6)
