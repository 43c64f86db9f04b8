"""The predictor: image embeddings at first, and what it learns from a clip as a whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from mti_backend.models.predictor import TokenPredictor
from tests.draft.examples import generator

WIDTH, FRAMES = 8, 5


def small(seed: int = 0) -> TokenPredictor:
    torch.manual_seed(seed)
    return TokenPredictor(WIDTH, FRAMES, width=16, layers=1)


def shaken(seed: int = 0) -> TokenPredictor:
    """One whose last layer says something."""
    predictor = small(seed).eval()
    with torch.no_grad():
        predictor.leave.weight.normal_()
    return predictor


def clip(batch: int = 2, frames: int = FRAMES, size: int = 64) -> tuple[Tensor, Tensor]:
    g = generator(1)
    pictures = torch.rand(batch, frames, 3, size, size, generator=g) * 2 - 1
    return pictures, torch.randn(batch, frames, WIDTH, generator=g)


@torch.no_grad()
def test_it_starts_as_the_image_embeddings() -> None:
    pictures, embeddings = clip()
    assert torch.equal(small()(pictures, embeddings), embeddings)
    assert not torch.allclose(shaken()(pictures, embeddings), embeddings, atol=0.1)


@torch.no_grad()
@pytest.mark.parametrize("frames", [1, 3, FRAMES])
def test_clips_may_be_shorter(frames: int) -> None:
    pictures, embeddings = clip(frames=frames)
    assert shaken()(pictures, embeddings).shape == (2, frames, WIDTH)


def test_a_clip_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="takes 5 frames at most, got 6"):
        small()(*clip(frames=FRAMES + 1))


@torch.no_grad()
def test_each_frame_is_looked_at_beside_the_others() -> None:
    """Another last frame changes what is said of the second; clips do not mix."""
    predictor, (pictures, embeddings) = shaken(), clip()
    before = predictor(pictures, embeddings)
    pictures[0, -1] = -pictures[0, -1]
    after = predictor(pictures, embeddings)
    assert (after[0, 1] - before[0, 1]).abs().max() > 1e-3
    torch.testing.assert_close(after[1], before[1])


@torch.no_grad()
def test_order_counts() -> None:
    """The same pictures in another order are another motion, also where the first stays."""
    predictor, (pictures, embeddings) = shaken(), clip()
    swapped = [0, 2, 1, 4, 3]  # its own inverse
    before = predictor(pictures, embeddings)
    after = predictor(pictures[:, swapped], embeddings[:, swapped])[:, swapped]
    assert (before - after).abs().max() > 1e-3


@torch.no_grad()
def test_each_picture_is_seen_beside_the_first() -> None:
    """Before frames know of each other: from the first alone."""
    predictor, (pictures, embeddings) = shaken(), clip()
    predictor.frames = nn.Identity()
    before = predictor(pictures, embeddings)
    for changed, others in ((0, [1, 2, 3, 4]), (2, [0, 1, 3, 4])):
        other = pictures.clone()
        other[:, changed] = -other[:, changed]
        change = (predictor(other, embeddings) - before).abs().amax((0, 2))
        assert change[changed] > 1e-3
        assert (change[others] > 1e-3).all() if changed == 0 else (change[others] < 1e-5).all()


@torch.no_grad()
@pytest.mark.parametrize("size", [128, 256])
def test_pictures_of_any_size_are_looked_at_alike(size: int) -> None:
    predictor, (pictures, embeddings) = shaken(), clip()
    large = torch.nn.functional.interpolate(pictures.flatten(0, 1), (size, size), mode="nearest")
    answer = predictor(large.unflatten(0, pictures.shape[:2]), embeddings)
    plain = predictor(pictures, embeddings)
    change = (plain - embeddings).square().mean()
    assert (answer - plain).square().mean() < 0.02 * change


def test_it_learns_what_embeddings_do_not_tell() -> None:
    """How far a bright field has moved since the first picture, from the pictures alone."""
    predictor = small()
    optimiser = torch.optim.AdamW(predictor.parameters(), 6e-3)

    def loss_of(seed: int) -> Tensor:
        g = generator(seed)
        start = torch.randint(0, 20, (8, 1), generator=g)
        places = start + torch.randint(0, 40, (8, FRAMES), generator=g)
        places[:, 0] = start[:, 0]
        columns = torch.arange(64)
        bars = ((columns >= places[..., None]) & (columns < places[..., None] + 6)).float()
        pictures = (2 * bars - 1)[:, :, None, None].expand(-1, -1, 3, 64, -1)
        tokens = ((places - start) / 20.0)[..., None].expand(-1, -1, WIDTH)
        guess = predictor(pictures, torch.zeros(8, FRAMES, WIDTH))
        return (guess - tokens).square().mean()

    with torch.no_grad():
        blind = loss_of(1000).item()
    for step in range(30):
        optimiser.zero_grad()
        loss_of(step).backward()
        optimiser.step()
    with torch.no_grad():
        assert loss_of(1000).item() < 0.3 * blind


@torch.no_grad()
def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    """In half precision on disk, in full when it is used, frozen."""
    predictor, (pictures, embeddings) = shaken(), clip()
    shaken().half().save(tmp_path / "predictor")
    read = TokenPredictor.load(tmp_path / "predictor")
    assert not read.training and not any(p.requires_grad for p in read.parameters())
    assert all(p.dtype == torch.float32 for p in read.parameters())
    expected = predictor(pictures, embeddings)
    torch.testing.assert_close(read(pictures, embeddings), expected, rtol=0, atol=0.03)
    assert read.config == predictor.config


def test_what_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        TokenPredictor.load(tmp_path)
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError):
        TokenPredictor.load(tmp_path)
    small().save(tmp_path)
    other = json.loads((tmp_path / "config.json").read_text("utf-8")) | {"width": 32}
    (tmp_path / "config.json").write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(RuntimeError):  # weights of another size
        TokenPredictor.load(tmp_path)
