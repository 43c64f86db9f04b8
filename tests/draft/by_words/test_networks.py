"""The networks begin as they should, and latents have mean 0 and variance 1."""

from __future__ import annotations

import torch

from mti_backend.draft.by_words import networks
from tests.draft.procedural.examples import generator


def test_motion_modules_begin_as_the_identity() -> None:
    torch.manual_seed(0)
    unet = networks.make_unet()
    video = networks.with_motion(unet, networks.make_motion_adapter())
    clip = torch.randn(1, 4, 3, 16, 16, generator=generator(1))
    text = torch.randn(1, 77, networks.TEXT_WIDTH, generator=generator(2))
    with torch.no_grad():
        whole = video(clip, 500, text.repeat_interleave(3, 0)).sample
        frames = [unet(clip[:, :, i], 500, text).sample for i in range(3)]
    torch.testing.assert_close(whole, torch.stack(frames, 2), rtol=1e-4, atol=1e-5)


def test_only_motion_modules_are_trained_on_clips() -> None:
    video = networks.with_motion(networks.make_unet(), networks.make_motion_adapter())
    trained = sum(p.numel() for p in video.parameters() if p.requires_grad)
    assert trained == sum(p.numel() for p in networks.make_motion_adapter().parameters())


def test_whitened_latents_come_back_as_the_same_images() -> None:
    torch.manual_seed(3)
    autoencoder = networks.make_autoencoder().requires_grad_(False).eval()
    pixels = torch.rand(6, 3, 64, 64, generator=generator(4)) * 2 - 1

    def both() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        found = autoencoder.encode(pixels).latent_dist
        return found.mean, found.std, autoencoder.decode(found.mean).sample

    mean, std, images = both()
    networks.whiten(autoencoder, pixels)
    white, white_std, again = both()
    torch.testing.assert_close(again, images, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(white.mean((0, 2, 3)), torch.zeros(4), rtol=0, atol=1e-4)
    torch.testing.assert_close(white.std((0, 2, 3)), torch.ones(4), rtol=1e-4, atol=1e-4)
    scale = mean.std((0, 2, 3)).view(1, 4, 1, 1)
    torch.testing.assert_close(white_std * scale, std, rtol=1e-3, atol=1e-5)


def test_the_noisiest_latents_are_noise_alone() -> None:
    scheduler = networks.make_scheduler()
    x0, noise = torch.ones(1, 4, 2, 2), torch.zeros(1, 4, 2, 2)
    last = torch.tensor([999])
    assert scheduler.add_noise(x0, noise, last).abs().max() < 1e-6
    assert torch.allclose(scheduler.get_velocity(x0, noise, last), -x0)
    scheduler.set_timesteps(20)
    assert scheduler.timesteps[0] == 999
