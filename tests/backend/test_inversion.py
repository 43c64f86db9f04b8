"""Motion-textual inversion on real SVD classes with random weights."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.settings import Augmentation, InversionSettings, SamplingSettings
from mti_backend.inversion import Inversion, initial_tokens
from mti_backend.models.svd import SvdModel
from tests.tiny import FRAMES, SIZE, make_tiny_model

STILL = Augmentation(enabled=False)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SvdModel:
    return SvdModel("draft", make_tiny_model(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return torch.rand(FRAMES, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_tokens_start_at_the_frames_embeddings(model: SvdModel, pictures: torch.Tensor):
    settings = InversionSettings(tokens_per_frame=5, init_noise_std=0.0)
    frames, clip = initial_tokens(model, pictures, settings)
    embeddings = model.image_embeddings(pictures)
    assert frames.shape == (FRAMES, 5, 32) and clip.shape == (5, 32)
    torch.testing.assert_close(frames, embeddings[:, None].expand(-1, 5, -1))
    torch.testing.assert_close(clip, embeddings.mean(0).expand(5, -1))
    noisy, _ = initial_tokens(model, pictures, InversionSettings(init_noise_std=0.1))
    assert (noisy - frames).std().item() == pytest.approx(0.1, rel=0.2)


def test_shared_tokens_stay_shared(model: SvdModel, pictures: torch.Tensor):
    settings = InversionSettings(tokens_per_frame=2, per_frame=False, augmentation=STILL)
    inversion = Inversion(model, pictures, settings, SamplingSettings())
    inversion.step()
    tokens = inversion.embedding().frame_tokens
    assert tokens.shape == (FRAMES, 2, 32) and (tokens == tokens[:1]).all()


def test_adam_lowers_the_loss_on_fixed_noise(
    model: SvdModel, pictures: torch.Tensor, monkeypatch: pytest.MonkeyPatch
):
    """The same noise at every step: the loss must fall, and only the tokens may move."""
    from mti_backend import inversion as module

    original = module.step_generator
    monkeypatch.setattr(module, "step_generator", lambda seed, step: original(seed, min(step, 0)))
    before = [p.clone() for p in model.unet.parameters()]
    settings = InversionSettings(tokens_per_frame=3, learning_rate=0.05, augmentation=STILL)
    inversion = Inversion(model, pictures, settings, SamplingSettings())
    losses = [inversion.step() for _ in range(25)]
    assert losses[-1] < losses[0] - 1e-4
    assert all(torch.equal(a, b) for a, b in zip(before, model.unet.parameters(), strict=True))


def test_first_step_is_adams(model: SvdModel, pictures: torch.Tensor):
    """Adam's first step has the size of the learning rate wherever there is a gradient."""
    settings = InversionSettings(tokens_per_frame=2, learning_rate=1e-2, augmentation=STILL)
    inversion = Inversion(model, pictures, settings, SamplingSettings())
    before = inversion.frame_tokens.detach().clone()
    inversion.step()
    moved = (inversion.frame_tokens.detach() - before).abs()
    assert moved.max().item() == pytest.approx(1e-2, rel=1e-3)


@pytest.mark.parametrize("cut", [0, 1, 3])
def test_resume_is_bit_exact(model: SvdModel, pictures: torch.Tensor, cut: int):
    settings = InversionSettings(tokens_per_frame=2, seed=11)
    whole = Inversion(model, pictures, settings, SamplingSettings())
    straight = [whole.step() for _ in range(5)]
    first = Inversion(model, pictures, settings, SamplingSettings())
    losses = [first.step() for _ in range(cut)]
    second = Inversion(model, pictures, settings, SamplingSettings())
    second.load_state_dict(first.state_dict())
    losses += [second.step() for _ in range(5 - cut)]
    assert losses == straight
    assert torch.equal(whole.embedding().frame_tokens, second.embedding().frame_tokens)
    assert torch.equal(whole.embedding().clip_tokens, second.embedding().clip_tokens)


def test_finite_differences_agree(tmp_path: Path, pictures: torch.Tensor):
    """d loss / d tokens by autograd against central differences, in float64."""
    model = SvdModel("draft", make_tiny_model(tmp_path), dtype=torch.float64)
    settings = InversionSettings(tokens_per_frame=2, augmentation=STILL)
    inversion = Inversion(model, pictures, settings, SamplingSettings())
    from mti_backend.noise import step_generator

    inversion.frame_tokens = inversion.frame_tokens.detach().double().requires_grad_()
    inversion.clip_tokens = inversion.clip_tokens.detach().double().requires_grad_()
    inversion._loss(step_generator(0, 0)).backward()
    for tokens, place in ((inversion.frame_tokens, (1, 0, 3)), (inversion.clip_tokens, (1, 5))):
        assert tokens.grad is not None
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                tokens[place] += sign * 1e-3
                values.append(inversion._loss(step_generator(0, 0)).item())
                tokens[place] -= sign * 1e-3
        difference = (values[0] - values[1]) / 2e-3
        assert tokens.grad[place].item() == pytest.approx(difference, rel=2e-2, abs=1e-7)


def test_a_reference_of_another_length_is_refused(model: SvdModel, pictures: torch.Tensor):
    with pytest.raises(BadRequest, match="3 pictures"):
        Inversion(model, pictures[:3], replace(InversionSettings()), SamplingSettings())
