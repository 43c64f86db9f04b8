"""Ranking of takes, and attention maps of tokens."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from mti_addon.wire.settings import Settings
from mti_backend import frames
from mti_backend.evaluation.pairs import Pair
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from mti_backend.method.motion_textual_inversion.sampling import sample, visualisation
from mti_backend.metrics.attention_maps import AttentionMaps
from mti_backend.metrics.ranking import agreement, reconstruction, warning
from mti_backend.models import load_model
from mti_backend.models.svd import SvdModel
from tests.evaluation.held_out import held_out_pair
from tests.tiny import FRAMES, SIZE, make_tiny_model

WALK, RUN = 3, 4  # indices of held-out pairs


@pytest.fixture(scope="module")
def draft() -> SvdModel:
    return load_model("draft")


def motion_of(pair: Pair, model: SvdModel) -> MotionEmbedding:
    """The true tokens of the pair's ground truth."""
    return MotionEmbedding(
        pair.tokens[:, None].contiguous(),
        pair.tokens.mean(0, keepdim=True),
        {"model": model.identity},
    )


def test_a_poor_reconstruction_is_warned_of() -> None:
    assert warning("draft", 0.6) == warning("svd", 0.2) == warning("draft", None) is None
    assert warning("draft", 0.212) == warning("svd", -2.0)
    assert warning("draft", 0.1, on_targets=0.5) is None
    assert warning("draft", 0.6, on_targets=0.1) is None
    assert warning("draft", 0.1, on_targets=0.2) == warning("draft", 0.212)
    assert str(warning("draft", 0.212)).startswith(
        "Weak: only part of the motion was learned. Raise"
    )


def test_a_reference_is_reconstructed(draft: SvdModel) -> None:
    pair, playing = held_out_pair(WALK), Settings.for_model("draft").sampling
    right = reconstruction(draft, pair.answer, motion_of(pair, draft), playing)
    other = reconstruction(draft, pair.answer, motion_of(held_out_pair(RUN), draft), playing)
    assert right is not None and other is not None and right > max(0.3, other + 0.1)
    still = pair.answer[:1].expand_as(pair.answer)
    assert reconstruction(draft, still, motion_of(pair, draft), playing) is None


def test_who_does_what_the_others_do_comes_first() -> None:
    g = torch.Generator().manual_seed(0)
    right = torch.rand(4, 3, 8, 8, generator=g)
    noise = torch.randn(4, 4, 3, 8, 8, generator=g)
    clips = [right + scale * n for scale, n in zip((0.3, 0.05, 0.1, 0.2), noise, strict=True)]
    scores = agreement(clips)
    assert scores is not None and all(score < 1 for score in scores)
    order = sorted(range(4), key=lambda i: -scores[i])
    assert order == [1, 2, 3, 0]
    assert agreement([right] * 3) == pytest.approx([1.0] * 3)


def test_where_nobody_is_outvoted_nobody_is_judged() -> None:
    g = torch.Generator().manual_seed(0)
    clips = list(torch.rand(3, 4, 3, 8, 8, generator=g))
    assert agreement(clips) is not None and agreement(clips[:2]) is None
    assert agreement([clip[:1].expand_as(clip) for clip in clips]) is None


def test_maps_are_shares_of_the_tokens(draft: SvdModel) -> None:
    pair = held_out_pair(WALK)
    one = motion_of(pair, draft)
    g = torch.Generator().manual_seed(0)
    tokens = one.frame_tokens.repeat(1, 3, 1)
    tokens = tokens + 0.3 * torch.randn(tokens.shape, generator=g)
    motion = MotionEmbedding(tokens, one.video_tokens.repeat(3, 1), one.meta)
    maps = AttentionMaps(14, 128, 128)
    settings = Settings.for_model("draft").sampling
    with maps.watching(draft):
        clip = sample(draft, pair.answer[0], motion, settings)
    assert maps.maps.shape == (14, 3, 128, 128)
    torch.testing.assert_close(maps.maps.sum(1), torch.ones(14, 128, 128), rtol=0, atol=1e-4)
    assert maps.maps.std((2, 3)).mean() > 1e-3  # the maps vary over the image
    shown = frames.to_pictures(clip)
    strip = maps.pictures(shown)
    assert strip.shape == (14, 128, 4 * 128, 3) and np.array_equal(strip[:, :, :128], shown)
    before = maps.maps
    sample(draft, pair.answer[0], motion, settings)  # recording has ended
    assert torch.equal(maps.maps, before)


def test_maps_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no attention was recorded"):
        _ = AttentionMaps(14, 64, 64).maps


def test_a_motion_is_seen_without_a_picture(tmp_path: Path) -> None:
    """Only the tokens matter, not the target's pixels."""
    model = SvdModel("svd", make_tiny_model(tmp_path / "svd"))
    settings = visualisation(Settings.for_model("svd").sampling)
    settings = dataclasses.replace(settings, num_inference_steps=2, noise_aug_strength=0.0)
    assert (settings.min_guidance_scale, settings.max_guidance_scale) == (1.0, 10.0)
    g = torch.Generator().manual_seed(0)
    walk, run = (
        MotionEmbedding(
            torch.randn(FRAMES, 2, 32, generator=g), torch.randn(2, 32, generator=g),
            {"model": model.identity},
        )
        for _ in range(2)
    )  # fmt: skip
    blank, noise = torch.zeros(3, SIZE, SIZE), torch.rand(3, SIZE, SIZE, generator=g) * 2 - 1
    one = sample(model, blank, walk, settings)
    assert torch.equal(one, sample(model, noise, walk, settings))
    assert not torch.equal(one, sample(model, blank, run, settings))
