"""Motion-textual inversion on real SVD classes with random weights."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.settings import Augmentation, InversionSettings, SamplingSettings
from mti_backend.method.augmentation import augment
from mti_backend.method.motion_textual_inversion.optimization import (
    Inversion,
    initial_tokens,
    learning_rate,
)
from mti_backend.method.noise import sample_sigmas, step_generator
from mti_backend.models.framing import Framing
from mti_backend.models.svd import SvdModel
from tests.tiny import FRAMES, SIZE, make_tiny_model
from tests.wire.examples import make_request

STILL = Augmentation(enabled=False)
TOKENS = ("frame_tokens", "video_tokens")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SvdModel:
    return SvdModel("draft", make_tiny_model(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return torch.rand(FRAMES, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.fixture(scope="module")
def references() -> torch.Tensor:
    """Three unrelated clips."""
    g = torch.Generator().manual_seed(1)
    return torch.rand(3, FRAMES, 3, SIZE, SIZE, generator=g) * 2 - 1


def inversion_of(
    model: SvdModel, references: torch.Tensor, variants: int = 0, **settings: Any
) -> Inversion:
    """Two tokens per frame, from augmented references, in float32 by default."""
    augmentation = Augmentation(variants=variants)
    chosen = {"tokens_per_frame": 2, "seed": 11, "precision": "float32", **settings}
    return Inversion(
        model,
        references,
        InversionSettings(augmentation=augmentation, **chosen),
        SamplingSettings(),
    )


def test_tokens_start_at_the_frames_embeddings(model: SvdModel, pictures: torch.Tensor):
    settings = InversionSettings(tokens_per_frame=5, init_noise_std=0.0)
    frames, clip = initial_tokens(model, pictures, settings)
    embeddings = model.image_embeddings(pictures)
    assert frames.shape == (FRAMES, 5, 32) and clip.shape == (5, 32)
    torch.testing.assert_close(frames, embeddings[:, None].expand(-1, 5, -1))
    torch.testing.assert_close(clip, embeddings.mean(0).expand(5, -1))
    noisy, _ = initial_tokens(model, pictures, InversionSettings(init_noise_std=0.1))
    assert (noisy - frames).std().item() == pytest.approx(0.1, rel=0.2)


def test_tokens_may_start_without_time_or_from_nothing(
    model: SvdModel, pictures: torch.Tensor
) -> None:
    found = {}
    for start in ("image_embeddings", "mean", "none"):
        settings = InversionSettings(init_noise_std=0.0, token_init=start)  # type: ignore[arg-type]
        found[start] = initial_tokens(model, pictures, settings)
    frames, clip = found["mean"]
    assert torch.equal(frames, frames[:1].expand_as(frames))
    torch.testing.assert_close(frames, found["image_embeddings"][0].mean(0).expand_as(frames))
    assert torch.equal(clip, found["image_embeddings"][1])
    assert not any(tokens.any() for tokens in found["none"])
    noisy, _ = initial_tokens(model, pictures, InversionSettings(token_init="none"))
    assert noisy.std() == pytest.approx(0.1, rel=0.2)


def test_what_a_request_asks_for_is_framed_as_the_model_does(
    model: SvdModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the runner and its workers alike; otherwise they would learn from different images."""
    seen: list[bool] = []

    def framed(clip: torch.Tensor, framing: Framing) -> torch.Tensor:
        seen.append(framing.subject)
        return -clip

    monkeypatch.setattr(model, "framed_clip", framed)
    references = np.zeros((2, FRAMES, SIZE, SIZE, 3), np.uint8)
    request = make_request()  # for the draft, which sees a crop around the figure
    inversion = Inversion.of_request(model, request, references)
    assert seen == [True, True] and (inversion.references == 1).all()
    assert not inversion.settings.augmentation.horizontal_flip
    assert Inversion.of_request(model, request, references[0]).references.shape[0] == 1


def test_tokens_of_several_references_start_at_their_mean(
    model: SvdModel, references: torch.Tensor
):
    settings = InversionSettings(tokens_per_frame=1, init_noise_std=0.0)
    frames, clip = initial_tokens(model, references, settings)
    each = torch.stack([model.image_embeddings(reference) for reference in references])
    torch.testing.assert_close(frames[:, 0], each.mean(0))
    torch.testing.assert_close(clip[0], each.mean((0, 1)))


def test_shared_tokens_stay_shared(model: SvdModel, pictures: torch.Tensor):
    settings = InversionSettings(tokens_per_frame=2, per_frame=False, augmentation=STILL)
    inversion = Inversion(model, pictures, settings, SamplingSettings())
    inversion.step()
    tokens = inversion.embedding().frame_tokens
    assert tokens.shape == (FRAMES, 2, 32) and (tokens == tokens[:1]).all()


def test_adam_lowers_the_loss_on_fixed_noise(
    model: SvdModel, pictures: torch.Tensor, monkeypatch: pytest.MonkeyPatch
):
    """With the same noise in every step the loss must fall, and only the tokens may change."""
    from mti_backend.method.motion_textual_inversion import optimization as module

    original = module.step_generator
    monkeypatch.setattr(module, "step_generator", lambda seed, step: original(seed, min(step, 0)))
    before = [p.clone() for p in model.unet.parameters()]
    settings = InversionSettings(tokens_per_frame=3, learning_rate=0.05, augmentation=STILL)
    inversion = Inversion(model, pictures, settings, SamplingSettings())
    losses = [inversion.step() for _ in range(25)]
    assert losses[-1] < losses[0] - 1e-4
    assert all(torch.equal(a, b) for a, b in zip(before, model.unet.parameters(), strict=True))


def test_first_step_is_adams(model: SvdModel, pictures: torch.Tensor):
    """Adam's first step equals the learning rate wherever the gradient is nonzero."""
    settings = InversionSettings(tokens_per_frame=2, learning_rate=1e-2, augmentation=STILL)
    inversion = Inversion(model, pictures, settings, SamplingSettings())
    before = inversion.frame_tokens.detach().clone()
    inversion.step()
    moved = (inversion.frame_tokens.detach() - before).abs()
    assert moved.max().item() == pytest.approx(1e-2, rel=1e-3)


@pytest.mark.parametrize(
    ("cut", "variants", "count", "precision"),
    [
        (0, 0, 1, "float32"),
        (1, 0, 1, "float32"),
        (3, 0, 3, "float32"),
        (1, 4, 3, "float32"),
        (3, 2, 1, "bfloat16"),
    ],
)
def test_resume_is_bit_exact(
    model: SvdModel, references: torch.Tensor, cut: int, variants: int, count: int, precision: str
):
    options = {"precision": precision, "learning_rate_decay": "cosine", "iterations": 9}
    whole, first, second = (
        inversion_of(model, references[:count], variants, **options) for _ in range(3)
    )
    straight = [whole.step() for _ in range(4)]
    losses = [first.step() for _ in range(cut)]
    second.load_state_dict(first.state_dict())
    losses += [second.step() for _ in range(4 - cut)]
    assert losses == straight
    assert torch.equal(whole.embedding().frame_tokens, second.embedding().frame_tokens)
    assert torch.equal(whole.embedding().video_tokens, second.embedding().video_tokens)


@pytest.mark.parametrize("variants", [0, 2])
def test_one_reference_in_a_stack_is_that_reference(
    model: SvdModel, pictures: torch.Tensor, variants: int
):
    plain = inversion_of(model, pictures, variants)
    stacked = inversion_of(model, pictures[None], variants)
    assert [plain.step() for _ in range(3)] == [stacked.step() for _ in range(3)]
    assert torch.equal(plain.embedding().frame_tokens, stacked.embedding().frame_tokens)


def test_every_reference_is_learned_from(model: SvdModel, references: torch.Tensor):
    """Replacing any of three references changes the tokens after three iterations."""
    learned = []
    for exchanged in (None, 0, 1, 2):
        clips = references.clone()
        if exchanged is not None:
            clips[exchanged] = clips[exchanged].flip(0)
        inversion = inversion_of(model, clips, learning_rate=0.05)
        start = inversion_of(model, references).state_dict()
        inversion.load_state_dict(start)  # so that they differ by the iterations only
        for _ in range(3):
            inversion.step()
        learned.append(inversion.embedding().frame_tokens)
    assert all(not torch.equal(learned[0], other) for other in learned[1:])


def test_a_checkpoint_of_another_shape_changes_nothing(model: SvdModel, pictures: torch.Tensor):
    inversion = inversion_of(model, pictures)
    before = inversion.state_dict()
    other = inversion_of(model, pictures, tokens_per_frame=3)
    other.step()
    cut = {k: v for k, v in before.items() if k != "video_tokens.exp_avg"}
    late = before | {"step": torch.tensor(7), "video_tokens": torch.zeros(3, 32)}
    for state in (other.state_dict(), cut | {"step": torch.tensor(7)}, late):
        with pytest.raises(BadRequest, match="checkpoint's"):
            inversion.load_state_dict(state)
        assert inversion.step_index == 0
        after = inversion.state_dict()
        assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_step_size_falls_along_a_cosine():
    settings = InversionSettings(iterations=100, learning_rate=0.02, learning_rate_decay="cosine")
    assert learning_rate(settings, 0) == 0.02
    assert learning_rate(settings, 25) == pytest.approx(0.01 * (1 + 2**-0.5))
    assert learning_rate(settings, 50) == pytest.approx(0.01)
    assert learning_rate(settings, 99) == pytest.approx(0.0, abs=1e-5)
    assert learning_rate(settings, 1000) == 0.0
    constant = replace(settings, learning_rate_decay="none")
    assert {learning_rate(constant, step) for step in range(200)} == {0.02}


def test_estimated_poses_are_refined_in_small_steps() -> None:
    settings = InversionSettings(learning_rate=0.02)
    near = replace(settings, token_init="estimated_poses")
    assert learning_rate(near, 5) == learning_rate(settings, 5) / 8


@pytest.mark.parametrize("turned", [1, -1])
def test_the_start_that_explains_the_reference_better_is_taken(
    model: SvdModel, pictures: torch.Tensor, monkeypatch: pytest.MonkeyPatch, turned: int
) -> None:
    """The model's own loss decides between estimated poses and image embeddings."""
    embeddings = {
        "image_embeddings": turned * model.image_embeddings(pictures),
        "estimated_poses": -turned * model.image_embeddings(pictures),
    }
    for name, found in (
        ("image_embeddings", embeddings["image_embeddings"]),
        ("estimated_pose_embeddings", embeddings["estimated_poses"]),
    ):
        monkeypatch.setattr(model, name, lambda clip, found=found: found)
    how = {"init_noise_std": 0.0, "variants": 1}
    inversion = inversion_of(model, pictures, token_init="estimated_poses", **how)
    losses = {}
    for init, found in embeddings.items():
        frames = model.tokens_from(found, 2)
        losses[init] = inversion._loss_at((frames, frames.mean(0)))
    best = min(losses, key=losses.__getitem__)
    assert losses["image_embeddings"] != losses["estimated_poses"]
    assert inversion.settings.token_init == best
    again = inversion_of(model, pictures, token_init="estimated_poses", **how)
    assert torch.equal(again.frame_tokens, model.tokens_from(embeddings[best], 2))
    assert again.frame_tokens.requires_grad and again.video_tokens.requires_grad


def test_a_model_that_estimates_no_poses_starts_as_the_paper(
    model: SvdModel, pictures: torch.Tensor
) -> None:
    inversion = inversion_of(model, pictures, token_init="estimated_poses")
    assert inversion.settings.token_init == "image_embeddings"
    ordinary = inversion_of(model, pictures)
    assert torch.equal(inversion.frame_tokens, ordinary.frame_tokens)
    assert inversion.step() == ordinary.step()


def test_adam_takes_the_step_size_of_its_iteration(model: SvdModel, pictures: torch.Tensor):
    """Near the end of a decay the tokens hardly change; without decay they do."""
    moved = {}
    for decay in ("none", "cosine"):
        options = {"iterations": 4, "learning_rate_decay": decay, "learning_rate": 0.05}
        inversion = inversion_of(model, pictures, **options)
        for _ in range(3):
            inversion.step()
        before = inversion.embedding().frame_tokens
        inversion.step()
        moved[decay] = (inversion.embedding().frame_tokens - before).abs().max().item()
    assert moved["cosine"] < 0.25 * moved["none"]


@pytest.mark.parametrize(("variants", "count"), [(0, 2), (4, 2)])
def test_gradients_are_those_of_the_plain_formula(
    tmp_path: Path, references: torch.Tensor, variants: int, count: int
):
    """In float64, with cached and new clips: the weighted squared error of the denoised clip
    (Karras et al. 2022), written out, for the augmented reference of that step."""
    model = SvdModel("draft", make_tiny_model(tmp_path), dtype=torch.float64)
    inversion = inversion_of(model, references[:count], variants)
    for step in range(3):
        inversion.step_index = step
        loss = inversion._loss(step_generator(11, step))
        tokens = [getattr(inversion, name) for name in TOKENS]
        found = torch.autograd.grad(loss, tokens)
        g = step_generator(11, step)
        drawn = step_generator(11, -2 - step) if variants else g
        clip = augment(references[step % count], Augmentation(), drawn)
        image = model.encode_image(clip[0], torch.randn(clip[0].shape, generator=drawn), 0.02)
        x0 = model.encode_video(clip)
        s = sample_sigmas(1, 2.8, 1.6, g).double()
        x = x0 + s * torch.randn(x0.shape, generator=g).double()
        frames, video_tokens = (t.detach().requires_grad_() for t in tokens)
        output = model.network(
            x / (s**2 + 1).sqrt(), s.log() / 4, image, frames[None], video_tokens[None],
            model.time_ids(7, 127, 0.02),
        )  # fmt: skip
        denoised = x / (s**2 + 1) - s / (s**2 + 1).sqrt() * output
        expected = ((1 + s**2) / s**2 * (denoised - x0).square()).mean()
        for a, b in zip(found, torch.autograd.grad(expected, (frames, video_tokens)), strict=True):
            torch.testing.assert_close(a.double(), b.double(), rtol=1e-5, atol=1e-10)


def test_gradients_in_bfloat16_point_the_same_way(model: SvdModel, pictures: torch.Tensor):
    gradients, kinds = {}, set()
    for precision in ("float32", "bfloat16"):
        inversion = inversion_of(model, pictures, precision=precision)
        inversion.step()
        assert inversion.precision == inversion.embedding().meta["precision"] == precision
        gradients[precision] = [getattr(inversion, name).grad for name in TOKENS]
        kinds |= {t.dtype for t in (*gradients[precision], inversion.frame_tokens)}
    assert kinds == {torch.float32}
    for a, b in zip(*gradients.values(), strict=True):
        assert not torch.equal(a, b)
        assert torch.cosine_similarity(a.flatten(), b.flatten(), 0).item() > 0.99


def test_finite_differences_agree(tmp_path: Path, pictures: torch.Tensor):
    """d loss / d tokens by autograd against central differences, in float64."""
    model = SvdModel("draft", make_tiny_model(tmp_path), dtype=torch.float64)
    settings = InversionSettings(tokens_per_frame=2, augmentation=STILL)
    inversion = Inversion(model, pictures, settings, SamplingSettings())
    inversion.frame_tokens = inversion.frame_tokens.detach().double().requires_grad_()
    inversion.video_tokens = inversion.video_tokens.detach().double().requires_grad_()
    inversion._loss(step_generator(0, 0)).backward()
    for tokens, place in ((inversion.frame_tokens, (1, 0, 3)), (inversion.video_tokens, (1, 5))):
        assert tokens.grad is not None
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                tokens[place] += sign * 1e-4
                values.append(inversion._loss(step_generator(0, 0)).item())
                tokens[place] -= sign * 1e-4
        difference = (values[0] - values[1]) / 2e-4
        assert tokens.grad[place].item() == pytest.approx(difference, rel=1e-4, abs=1e-12)


def test_nothing_before_the_first_cross_attention_takes_part(
    model: SvdModel, pictures: torch.Tensor
):
    """Activations that do not depend on tokens need no gradient, which saves a fifth of the finest
    level's work in backward automatically."""
    order: list[tuple[str, bool]] = []

    def note(name: str) -> Any:
        return lambda module, args, output: order.append((name, output.requires_grad))

    handles = [
        module.register_forward_hook(note(name))
        for name, module in model.unet.named_modules()
        if not [*module.children()]
    ]
    inversion = inversion_of(model, pictures)
    loss = inversion._loss(step_generator(0, 0))
    for handle in handles:
        handle.remove()
    assert loss.requires_grad
    first = next(i for i, (name, _) in enumerate(order) if ".attn2." in name)
    before, after = order[:first], order[first:]
    assert len(before) > 15 and not any(needed for _, needed in before)
    assert {name.partition(".")[0] for name, needed in after if needed} >= {
        "down_blocks", "mid_block", "up_blocks", "conv_out"
    }  # fmt: skip
    loss.backward()
    assert all(p.grad is None and not p.requires_grad for p in model.unet.parameters())


@pytest.mark.parametrize("count", [1, 2])
def test_references_of_another_length_are_refused(
    model: SvdModel, references: torch.Tensor, count: int
):
    with pytest.raises(BadRequest, match="3 images"):
        inversion_of(model, references[:count, :3])
