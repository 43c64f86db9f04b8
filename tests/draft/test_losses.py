"""The losses: zero for a perfect network, and functions of the step alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.pipelines.stable_video_diffusion.pipeline_stable_video_diffusion import (
    _resize_with_antialiasing,
)
from torch import Tensor

from mti_backend import noise
from mti_backend.draft import losses, pool
from mti_backend.draft.clips import Clips, make_clips
from mti_backend.draft.figures import random_figures
from mti_backend.draft.losses import denoising_loss, drop, latent_scale, perturb
from mti_backend.draft.motions import FRAMES, frame_times, random_motions
from mti_backend.draft.networks import (
    is_temporal,
    make_image_encoder,
    make_image_processor,
    make_predictor,
)
from mti_backend.draft.pool import LatentPool, draw_clips
from mti_backend.draft.stage import StageSettings, save_start
from mti_backend.models.svd import clip_pixels
from tests.draft.examples import MeanColour, generator, small_unet

Call = Callable[[Tensor, Tensor], Tensor]


@pytest.fixture
def quick_vae(monkeypatch: pytest.MonkeyPatch) -> Iterator[MeanColour]:
    vae = MeanColour()
    monkeypatch.setattr(losses, "frozen_vae", lambda folder: vae)
    monkeypatch.setattr(losses, "latent_scale", lambda vae: 2.0)  # 256 pictures, measured below
    yield vae


@pytest.fixture
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A UNet's loss begins by drawing 2000 pictures; at a quarter of the size it takes a second."""

    def draw(generator: torch.Generator, clips: int, times: Tensor) -> Clips:
        figures = random_figures(clips, generator)
        return make_clips(figures, random_motions(clips, generator), times, 16)

    monkeypatch.setattr(pool, "draw_clips", draw)


def settings(batch: int) -> StageSettings:
    return StageSettings(steps=1, batch=batch, learning_rate=1e-3, seed=3)


def clean_clips(count: int = 40) -> tuple[Tensor, Tensor]:
    """Latents (B, T, 6, h, w) of which half the places hold still, and their first frames."""
    g = generator(1)
    first = torch.randn(count, 1, 6, 8, 8, generator=g)
    x0 = first.repeat(1, 3, 1, 1, 1)
    x0[..., 4:] = torch.randn(count, 3, 6, 8, 4, generator=g)
    return x0, first


def perfect(x0: Tensor, error: Tensor | float = 0.0) -> Call:
    """What a network would answer that knew x0, plus an error; c_in and c_noise taken back."""

    def call(stacked: Tensor, timestep: Tensor) -> Tensor:
        sigma = (4 * timestep).exp()
        noisy = stacked[:, :, :6] / noise.c_in(sigma)
        return noise.network_target(x0, noisy, sigma) + error

    return call


def test_a_perfect_network_has_no_loss() -> None:
    x0, first = clean_clips()
    assert denoising_loss(x0, first, first, perfect(x0), generator(2)) < 1e-6
    other = denoising_loss(x0, first, first, perfect(x0, 0.5), generator(2))
    assert other.item() == pytest.approx(0.25, rel=1e-3)


def test_what_moves_counts_five_times() -> None:
    x0, first = clean_clips()
    x0 *= first.std() / x0.std()  # so that still places are alike after the loss's own scaling
    still, moving = torch.zeros(2, 8, 8)
    still[:, :4] = 1
    moving[:, 4:] = 1
    few, many = (
        denoising_loss(x0, first, first, perfect(x0, place), generator(3)).item()
        for place in (still, moving)
    )
    assert many / few == pytest.approx(5, rel=0.02)


def test_noise_levels_and_the_image_condition() -> None:
    x0, first = clean_clips(4000)
    condition = torch.randn(first.shape, generator=generator(14))
    seen: dict[str, Tensor] = {}

    def call(stacked: Tensor, timestep: Tensor) -> Tensor:
        seen["image"], seen["timestep"] = stacked[:, :, 6:], timestep
        return torch.zeros_like(x0)

    denoising_loss(x0, first, condition, call, generator(4), p_mean=0.5, p_std=1.2)
    logs = 4 * seen["timestep"]
    assert logs.mean().item() == pytest.approx(0.5, abs=0.08)
    assert logs.std().item() == pytest.approx(1.2, abs=0.08)
    assert torch.equal(seen["image"], condition.expand_as(x0))


def test_a_dropped_picture_leaves_the_weights_of_the_loss_as_they_were() -> None:
    """What moves is told by the clip's own first frame, not by what the network is shown."""
    x0, first = clean_clips()
    error = torch.rand(8, 8, generator=generator(15))
    shown, hidden = (
        denoising_loss(x0, first, condition, perfect(x0, error), generator(3)).item()
        for condition in (first, torch.zeros_like(first))
    )
    assert shown == pytest.approx(hidden, rel=1e-5)


def test_perturbed_tokens() -> None:
    tokens = torch.randn(4000, 3, 64, generator=generator(5))
    added = perturb(tokens, generator(6)) - tokens
    assert added.std().item() == pytest.approx(0.1, rel=0.02)
    assert abs(added.mean().item()) < 0.002


def test_the_motion_the_picture_or_both_are_dropped() -> None:
    """Guidance compares with neither, so the network must have seen that."""
    count = 20_000
    tokens, pictures = torch.ones(count, 2, 8), torch.ones(count, 1, 6, 2, 2)
    motion, image = drop(tokens, pictures, generator(16))
    lost = [(kept == 0).flatten(1).all(1) for kept in (motion, image)]
    whole = [(kept == 1).flatten(1).all(1) for kept in (motion, image)]
    assert all((a ^ b).all() for a, b in zip(lost, whole, strict=True))  # nothing in between
    for share in (lost[0] & ~lost[1], lost[1] & ~lost[0], lost[0] & lost[1]):
        assert share.float().mean().item() == pytest.approx(0.03, abs=0.005)
    assert (tokens == 1).all() and (pictures == 1).all()


def test_the_image_encoder_is_trained_on_what_the_pipeline_shows_it() -> None:
    pictures = draw_clips(generator(7), 2, torch.rand(2, 2, generator=generator(8))).pixels[0]
    shown = (_resize_with_antialiasing(pictures, (224, 224)) + 1) / 2
    theirs = make_image_processor()(
        images=shown, do_normalize=True, do_center_crop=False, do_resize=False, do_rescale=False,
        return_tensors="pt",
    ).pixel_values  # fmt: skip
    torch.testing.assert_close(
        clip_pixels(pictures, make_image_processor()), theirs, rtol=0, atol=2e-3
    )


def test_the_scale_makes_unit_latents() -> None:
    vae = MeanColour()
    scale = latent_scale(vae)
    assert scale == latent_scale(vae)
    pictures = draw_clips(generator(11), 60, torch.rand(60, 1, generator=generator(12))).pixels
    latents = vae.encode(pictures.flatten(0, 1)).mode()
    assert (scale * latents).std().item() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("make", "batch"), [(losses.frames_loss, 3), (losses.clips_loss, 28)])
def test_a_unets_loss_is_a_function_of_the_step(
    quick_vae: MeanColour,
    small_pictures: None,
    make: Callable[..., Callable[[int], Tensor]],
    batch: int,
) -> None:
    unet = small_unet()
    once, again = (make(unet, Path(), settings(batch)) for _ in range(2))
    first = once(0)
    first.backward()
    values = [first.item(), once(1).item()]
    assert values == [again(0).item(), again(1).item()] and values[0] != values[1]
    assert all(0.1 < value < 10 for value in values)
    silent = {name for name, p in unet.named_parameters() if p.grad is None}
    temporal = {name for name, _ in unet.named_parameters() if is_temporal(name)}
    assert silent == (temporal if make is losses.frames_loss else set())


def test_the_vae_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its latents' scale is measured with the network that is there already."""
    read: list[Path] = []

    def read_vae(folder: Path) -> MeanColour:
        read.append(folder)
        return MeanColour()

    monkeypatch.setattr(losses, "frozen_vae", read_vae)
    monkeypatch.setattr(losses, "latent_scale", lambda vae: float(isinstance(vae, MeanColour)))
    for make in (losses.frames_loss, losses.clips_loss):
        make(small_unet(), Path("here"), settings(14))
    assert read == [Path("here")] * 2


@pytest.mark.parametrize("batch", [14, 28, 56, 112])
@pytest.mark.parametrize("make", [losses.frames_loss, losses.clips_loss])
def test_a_clip_is_trained_on_only_a_few_times(
    make: Callable[..., Callable[[int], Tensor]],
    batch: int,
    quick_vae: MeanColour,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Seen more often, clips are learned by heart."""
    pools: list[LatentPool] = []

    class Kept(LatentPool):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            pools.append(self)

    monkeypatch.setattr(losses, "LatentPool", Kept)
    make(small_unet(), Path(), settings(batch))
    (pool,) = pools
    drawn = batch if make is losses.frames_loss else batch // FRAMES
    assert drawn / pool.fresh < 4


def test_the_check_is_the_same_every_time_and_sees_what_is_learned(
    quick_vae: MeanColour, small_pictures: None
) -> None:
    torch.manual_seed(0)
    unet = small_unet()
    state = torch.random.get_rng_state()
    check = losses.frames_check(unet, Path(), settings(64))
    before = check()
    assert check() == before == losses.frames_check(unet, Path(), settings(64))()
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(p.grad is None for p in unet.parameters())
    loss = losses.frames_loss(unet, Path(), settings(8))
    optimiser = torch.optim.Adam(unet.parameters(), lr=3e-3)
    for step in range(20):
        optimiser.zero_grad()
        loss(step).backward()
        optimiser.step()
    assert check() < 0.9 * before


def test_the_predictor_begins_as_the_image_embeddings(tmp_path: Path) -> None:
    """Its first loss is theirs, and its own weights are what lowers it."""
    torch.manual_seed(0)
    encoder = make_image_encoder()
    save_start(tmp_path, "image-encoder", dict(encoder.state_dict()))
    predictor = make_predictor()
    numbers = settings(1)
    loss = losses.predictor_loss(predictor, tmp_path, numbers)
    first = loss(4)
    clips = draw_clips(losses._generator(numbers, 4), 1, frame_times(1))
    pixels = clip_pixels(clips.pixels[0], make_image_processor())
    with torch.no_grad():
        embeddings = encoder.eval()(pixels).image_embeds
    blind = (embeddings - clips.tokens[0]).square().mean().item()
    assert first.item() == pytest.approx(blind, rel=0.02)  # bfloat16
    first.backward()
    with torch.no_grad():
        for p in predictor.parameters():
            if p.grad is not None:
                p.sub_(0.01 * p.grad / (p.grad.norm() + 1e-8))
    assert loss(4).item() < first.item()


def test_pictures_losses_are_functions_of_the_step() -> None:
    class Halves:
        """Both an autoencoder and an image encoder that know nothing."""

        def encode(self, pictures: Tensor) -> object:
            return MeanColour().encode(pictures)

        def decode(self, latents: Tensor, num_frames: int) -> object:
            assert num_frames == 1
            sample = torch.nn.functional.interpolate(latents[:, :3], scale_factor=4)
            return type("Decoded", (), {"sample": sample})

        def __call__(self, pixels: Tensor) -> object:
            return type("Seen", (), {"image_embeds": torch.zeros(len(pixels), 64)})

    for make in (losses.vae_loss, losses.image_encoder_loss):
        loss = make(Halves(), settings(8))
        assert loss(0).item() == loss(0).item() != loss(1).item()
    # tokens are about unit in each of the 42 used directions: what a blind encoder is left with
    assert losses.image_encoder_loss(Halves(), settings(8))(0).item() == pytest.approx(0.7, abs=0.4)
