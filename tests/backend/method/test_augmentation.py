"""The same spatial and color augmentation for all frames of a clip."""

import torch

from mti_addon.wire.settings import Augmentation
from mti_backend.method.augmentation import augment


def clip() -> torch.Tensor:
    return torch.rand(3, 3, 24, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_off_changes_nothing():
    assert augment(clip(), Augmentation(enabled=False), generator(0)) is not None
    assert torch.equal(augment(clip(), Augmentation(enabled=False), generator(0)), clip())
    nothing = Augmentation(
        crop_scale_min=1.0, horizontal_flip=False, brightness=0, contrast=0, saturation=0, hue=0
    )
    torch.testing.assert_close(augment(clip(), nothing, generator(0)), clip(), rtol=0, atol=1e-5)


def test_all_frames_share_one_draw():
    same = clip()[:1].expand(3, -1, -1, -1)
    changed = augment(same, Augmentation(), generator(1))
    torch.testing.assert_close(changed[0], changed[1], rtol=0, atol=1e-5)
    torch.testing.assert_close(changed[0], changed[2], rtol=0, atol=1e-5)
    assert not torch.allclose(changed, same, atol=0.05)
    assert changed.abs().max() <= 1


def test_flips_only_where_allowed():
    flipping = Augmentation(
        crop_scale_min=1.0, horizontal_flip=True, brightness=0, contrast=0, saturation=0, hue=0
    )
    kept = Augmentation(
        crop_scale_min=1.0, horizontal_flip=False, brightness=0, contrast=0, saturation=0, hue=0
    )
    flipped = [
        torch.allclose(augment(clip(), flipping, generator(i)), clip().flip(-1), atol=1e-4)
        for i in range(20)
    ]
    assert any(flipped) and not all(flipped)
    assert not any(
        torch.allclose(augment(clip(), kept, generator(i)), clip().flip(-1), atol=1e-2)
        for i in range(20)
    )


def test_hue_leaves_greys_alone():
    grey = torch.full((2, 3, 8, 8), 0.2)
    only_hue = Augmentation(
        crop_scale_min=1.0, horizontal_flip=False, brightness=0, contrast=0, saturation=0, hue=0.5
    )
    torch.testing.assert_close(augment(grey, only_hue, generator(3)), grey, rtol=0, atol=1e-5)
