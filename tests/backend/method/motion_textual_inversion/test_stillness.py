"""Static regions keep the target's own pixels; moving ones are left alone."""

import pytest
import torch

from mti_backend.method.motion_textual_inversion.stillness import hold_still


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def still_and_moving() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """A clip of three frames with a moving square, seen through a lossy autoencoder."""
    g = generator(1)
    picture = torch.rand(3, 32, 32, generator=g) * 2 - 1
    seen = picture + 0.05 * torch.randn(picture.shape, generator=g)
    truth = picture.repeat(3, 1, 1, 1)
    truth[1, :, 4:12, 4:12] = 1.0
    truth[2, :, 20:28, 20:28] = -1.0
    clip = truth + (seen - picture) + 0.02 * torch.randn(truth.shape, generator=g)
    return clip, picture, seen, truth


def test_off_it_changes_nothing() -> None:
    clip, picture, seen, _ = still_and_moving()
    assert hold_still(clip, picture, seen, 0.0) is clip


def test_still_places_get_their_own_pixels_back() -> None:
    clip, picture, seen, truth = still_and_moving()
    held = hold_still(clip, picture, seen, 0.3)
    assert held.shape == clip.shape
    before, after = ((x[0] - truth[0]).square().mean() for x in (clip, held))
    assert after < 0.05 * before


def test_moving_places_stay_as_they_are() -> None:
    clip, picture, seen, truth = still_and_moving()
    held = hold_still(clip, picture, seen, 0.3)
    inside = held[1, :, 6:10, 6:10], clip[1, :, 6:10, 6:10]
    assert torch.allclose(*inside, atol=0.02)
    assert (held - truth).square().mean() < (clip - truth).square().mean()


@pytest.mark.parametrize("size", [(8, 8), (9, 17)])
def test_any_size_goes(size: tuple[int, int]) -> None:
    g = generator(2)
    picture = torch.rand(3, *size, generator=g)
    clip = picture.repeat(2, 1, 1, 1)
    assert torch.equal(hold_still(clip, picture, picture, 0.5), clip)
