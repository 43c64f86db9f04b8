"""The losses: zero for a perfect network, and functions of the step alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from diffusers.pipelines.stable_video_diffusion.pipeline_stable_video_diffusion import (
    _resize_with_antialiasing,
)
from torch import Tensor, nn

from mti_backend.draft.training import losses
from mti_backend.draft.training.losses import (
    SIGMA_MAX,
    Drafts,
    drop,
    map_error,
    motion_error,
    noise_levels,
)
from mti_backend.draft.training.networks import (
    LATENT_CHANNELS,
    is_temporal,
    make_autoencoder,
    make_image_processor,
)
from mti_backend.draft.training.trainer import StageSettings
from mti_backend.draft.training.training_clips import Drawn, draw_clips
from mti_backend.method import noise
from mti_backend.models.motion_autoencoder import MotionAutoencoder, positions, relative_to
from mti_backend.models.svd import clip_pixels
from tests.draft.procedural.examples import generator, small_unet


def settings(batch: int) -> StageSettings:
    return StageSettings(steps=1, batch=batch, learning_rate=1e-3, seed=3)


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    times = torch.rand(6, 3, generator=generator(1))
    times[:, 0] = 0
    return draw_clips(generator(2), 6, times)


@pytest.fixture(scope="module")
def autoencoder(drawn: Drawn) -> MotionAutoencoder:
    torch.manual_seed(0)
    made = make_autoencoder()
    maps = drawn.maps
    near = maps.near.repeat_interleave(2, 0)
    made.fit_code(maps.flow.flatten(0, 1), maps.depth.flatten(0, 1), near)
    return made


class Perfect(nn.Module):
    """Behaves like a network that knows x0, plus an error; inverts c_in and c_noise."""

    def __init__(self, x0: Tensor, error: float = 0.0) -> None:
        super().__init__()
        self.x0, self.error = x0, error

    def forward(self, given: Tensor, timestep: Tensor, *more: object) -> SimpleNamespace:
        sigma = (4 * timestep).exp()
        x = given[:, :, :LATENT_CHANNELS] / noise.c_in(sigma)
        x0 = self.x0.view_as(x) + self.error
        return SimpleNamespace(sample=noise.v_target(x0, x, sigma))


def test_a_perfect_network_is_as_wrong_as_the_code(
    drawn: Drawn, autoencoder: MotionAutoencoder
) -> None:
    maps = drawn.maps
    x0 = autoencoder.to_latents(maps.flow.flatten(0, 1), maps.depth.flatten(0, 1))
    code, _ = map_error(autoencoder, x0, maps)
    image = torch.zeros(6, 64, 16, 16)
    for sigma in (0.5, SIGMA_MAX):
        levels = torch.full((12,), sigma)
        networks = Drafts(autoencoder, Perfect(x0))
        error, pixels = motion_error(networks, image, drawn, levels, generator(3), 0.0)
        assert error.item() == pytest.approx(code.item(), rel=0.05, abs=2e-3) and pixels < 0.2
        wrong = Drafts(autoencoder, Perfect(x0, 0.5))
        assert motion_error(wrong, image, drawn, levels, generator(3), 0.0)[0] > 3 * error


def test_the_figure_counts_most(drawn: Drawn, autoencoder: MotionAutoencoder) -> None:
    """The same flow error counts more on the figure than beside it."""
    maps = drawn.maps
    x0 = autoencoder.to_latents(maps.flow.flatten(0, 1), maps.depth.flatten(0, 1))
    right = map_error(autoencoder, x0, maps)[0]
    near = torch.nn.functional.max_pool2d(maps.near, 4).repeat_interleave(2, 0)
    bump = torch.zeros(LATENT_CHANNELS, 1, 1)
    bump[0] = 0.5
    on, off = (map_error(autoencoder, x0 + bump * where, maps)[0] for where in (near, 1 - near))
    share = near.mean() / (1 - near).mean()
    assert (on - right) / share > 4 * (off - right) > 0


def test_noise_levels_are_mostly_the_samplers() -> None:
    levels = noise_levels(20_000, generator(4))
    assert (levels == SIGMA_MAX).float().mean().item() == pytest.approx(0.75, abs=0.02)
    other = levels[levels != SIGMA_MAX]
    assert other.min() >= 0.5 and other.max() <= SIGMA_MAX
    assert other.log().std().item() == pytest.approx(1.465, abs=0.05)


def test_the_motion_the_picture_or_both_are_dropped() -> None:
    """Guidance uses the case without both, so the network must be trained on it."""
    count = 20_000
    tokens, pictures = torch.ones(count, 2, 8), torch.ones(count, 6, 2, 2)
    motion, image = drop(tokens, pictures, generator(16))
    lost = [(kept == 0).flatten(1).all(1) for kept in (motion, image)]
    whole = [(kept == 1).flatten(1).all(1) for kept in (motion, image)]
    assert all(
        (a ^ b).all() for a, b in zip(lost, whole, strict=True)
    )  # each is dropped completely or not at all
    for share in (lost[0] & ~lost[1], lost[1] & ~lost[0], lost[0] & lost[1]):
        assert share.float().mean().item() == pytest.approx(0.02, abs=0.005)
    assert drop(tokens, pictures, generator(16), 0.0) == (tokens, pictures)


def test_joints_are_told_from_every_place() -> None:
    joints = torch.tensor([[[0.25, 0.75, 0.1], [0.5, 0.5, -0.2]]])
    told = relative_to(joints, positions(torch.zeros(1, 1, 16, 16)))
    assert told.shape == (1, 6, 16, 16)
    here = (torch.tensor([3, 11]) + 0.5) / 16  # x of column 3, y of row 11
    torch.testing.assert_close(told[0, :2, 11, 3], torch.tensor([0.25, 0.75]) - here)
    assert (told[0, 4] == 0.1).all() and (told[0, 5] == -0.2).all()


def test_the_image_encoder_is_trained_on_what_the_pipeline_shows_it(drawn: Drawn) -> None:
    pictures = drawn.first[:2]
    shown = (_resize_with_antialiasing(pictures, (224, 224)) + 1) / 2
    theirs = make_image_processor()(
        images=shown, do_normalize=True, do_center_crop=False, do_resize=False, do_rescale=False,
        return_tensors="pt",
    ).pixel_values  # fmt: skip
    torch.testing.assert_close(
        clip_pixels(pictures, make_image_processor()), theirs, rtol=0, atol=2e-3
    )


def test_losses_are_functions_of_the_step_and_reach_what_they_train() -> None:
    torch.manual_seed(0)
    networks = Drafts(make_autoencoder(), small_unet())
    for make, batch, trained in (
        (losses.frames_loss, 8, ("autoencoder.first_frame", "unet")),
        (losses.clips_loss, 14, ("unet",)),
    ):
        once, again = (make(networks, settings(batch)) for _ in range(2))
        first = once(0)
        first.backward()
        values = [first.item(), once(1).item()]
        assert values == [again(0).item(), again(1).item()] and values[0] != values[1]
        got = {name for name, p in networks.named_parameters() if p.grad is not None}
        assert {name.rsplit(".", 1)[0].startswith(trained) for name in got} == {True}
        temporal = {n for n in got if is_temporal(n)}
        assert bool(temporal) == (make is losses.clips_loss)
        networks.zero_grad()


def test_pairs_train_the_pair_encoder_alone() -> None:
    torch.manual_seed(0)
    autoencoder = make_autoencoder().requires_grad_(False)
    autoencoder.pair.requires_grad_(True)
    loss = losses.pairs_loss(autoencoder, settings(2 * losses.TIMES))
    value = loss(0)
    value.backward()
    assert value.item() == losses.pairs_loss(autoencoder, settings(2 * losses.TIMES))(0).item()
    moved = {n for n, p in autoencoder.named_parameters() if p.grad is not None}
    assert moved and all(name.startswith("pair.") for name in moved)


def test_a_blind_image_encoder() -> None:
    class Blind:
        def __call__(self, pixels: Tensor) -> SimpleNamespace:
            return SimpleNamespace(image_embeds=torch.zeros(len(pixels), 64))

    loss = losses.image_encoder_loss(Blind(), settings(8))
    assert loss(0).item() == loss(0).item() != loss(1).item()
    # tokens have about unit variance in each of the 42 used directions
    assert loss(0).item() == pytest.approx(0.8, abs=0.5)


def test_the_check_is_the_same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "_CHECKED", 32)
    torch.manual_seed(0)
    networks = Drafts(make_autoencoder(), small_unet())
    state = torch.random.get_rng_state()
    check = losses.frames_check(networks)
    before = check()
    assert check() == before and set(before) == {"loss", "pixels", "known"}
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(p.grad is None for p in networks.parameters())
