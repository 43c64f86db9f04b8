"""Training clips: references with new or cached augmentations."""

from dataclasses import replace

import pytest
import torch

from mti_addon.wire.settings import Augmentation
from mti_backend.method.augmentation import augment
from mti_backend.method.motion_textual_inversion.augmented_clips import (
    AugmentedClip,
    AugmentedClips,
    variant_count,
)
from mti_backend.method.noise import step_generator
from mti_backend.models.svd import SvdModel
from tests.tiny import FRAMES, SIZE, make_tiny_model

NOISE = 0.02


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SvdModel:
    return SvdModel("draft", make_tiny_model(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def references() -> torch.Tensor:
    """Three unrelated clips."""
    g = torch.Generator().manual_seed(0)
    return torch.rand(3, FRAMES, 3, SIZE, SIZE, generator=g) * 2 - 1


def augmented_clips(model: SvdModel, references: torch.Tensor, variants: int) -> AugmentedClips:
    return AugmentedClips(
        model, references, Augmentation(variants=variants), 5, NOISE, torch.float32
    )


def same(a: AugmentedClip, b: AugmentedClip) -> bool:
    return torch.equal(a.latents, b.latents) and torch.equal(a.image_latents, b.image_latents)


def test_a_fresh_example_is_the_step_s_own_augmentation(
    model: SvdModel, references: torch.Tensor
) -> None:
    """References are used in turn; position, color and pixel noise come from the step's
    generator."""
    fresh = augmented_clips(model, references, 0)
    for step in (0, 1, 2, 3):
        g = step_generator(5, step)
        pictures = augment(references[step % 3], Augmentation(), g)
        noise = torch.randn(pictures[0].shape, generator=g)
        clip = fresh.at(step, step_generator(5, step))
        assert torch.equal(clip.latents, model.encode_video(pictures))
        image_latents = model.encode_image(pictures[0], noise, NOISE)
        assert torch.equal(clip.image_latents, image_latents)


def test_kept_variants_take_turns_and_are_made_once(
    model: SvdModel, references: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded = []
    encode = model.encode_video
    monkeypatch.setattr(model, "encode_video", lambda p: encoded.append(p) or encode(p))
    kept = augmented_clips(model, references, 5)
    seen = [kept.at(step, torch.Generator()) for step in range(12)]
    assert len(encoded) == 5
    assert all(same(seen[step], seen[step % 5]) for step in range(12))
    assert not any(same(seen[a], seen[b]) for a in range(5) for b in range(a))


def test_a_variant_is_a_function_of_seed_and_number(
    model: SvdModel, references: torch.Tensor
) -> None:
    """Independent of order and step, as resuming requires."""
    forwards, backwards = (
        augmented_clips(model, references, 4),
        augmented_clips(model, references, 4),
    )
    first = [forwards.variant(i) for i in range(4)]
    assert all(same(backwards.variant(i), first[i]) for i in reversed(range(4)))
    other = AugmentedClips(model, references, Augmentation(variants=4), 6, NOISE, torch.float32)
    assert not same(other.variant(0), first[0])


def test_kept_variants_leave_the_step_s_random_numbers_alone(
    model: SvdModel, references: torch.Tensor
) -> None:
    g = step_generator(5, 0)
    augmented_clips(model, references, 2).at(0, g)
    assert torch.equal(torch.rand(3, generator=g), torch.rand(3, generator=step_generator(5, 0)))


def test_every_reference_has_a_variant(model: SvdModel, references: torch.Tensor) -> None:
    off = Augmentation(enabled=False, variants=1)
    kept = AugmentedClips(model, references, off, 0, 0.0, torch.float32)
    for step in range(6):
        latents = model.encode_video(references[step % 3])
        assert torch.equal(kept.at(step, torch.Generator()).latents, latents)


@pytest.mark.parametrize(
    ("variants", "references", "count"), [(0, 1, 0), (0, 9, 0), (1, 1, 1), (4, 3, 4), (2, 3, 3)]
)
def test_how_many_are_kept(variants: int, references: int, count: int) -> None:
    assert variant_count(replace(Augmentation(), variants=variants), references) == count


def test_the_autoencoder_computes_in_what_learning_computes_in(
    model: SvdModel, references: torch.Tensor
) -> None:
    """Its images are nevertheless augmented in float32."""
    plain, half = (
        AugmentedClips(model, references, Augmentation(variants=2), 5, NOISE, dtype).variant(0)
        for dtype in (torch.float32, torch.bfloat16)
    )
    for one, other in ((plain.latents, half.latents), (plain.image_latents, half.image_latents)):
        assert other.dtype == torch.float32 and not torch.equal(one, other)
        assert (one - other).abs().mean() < 0.02 * one.std()
