"""Easily missed details of Stable Video Diffusion. Each is broken here on purpose; our frames must
then differ from those of diffusers' pipeline, so that the parity test would notice it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import EulerDiscreteScheduler, StableVideoDiffusionPipeline
from PIL import Image
from torch import Tensor

from mti_addon.wire.settings import SamplingSettings
from mti_backend.method.motion_textual_inversion.sampling import image_embedding_motion, sample
from mti_backend.models import svd
from mti_backend.models.svd import SvdModel
from tests.tiny import FRAMES, SIZE, make_tiny_model

SETTINGS = replace(SamplingSettings(), num_inference_steps=4, seed=5)
"""SVD's defaults: guidance 1 to 3, noise augmentation 0.02, fps 7."""
Break = Callable[[pytest.MonkeyPatch, SvdModel], None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def image() -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.fixture(scope="module")
def theirs(folder: Path, image: Image.Image) -> Tensor:
    pipeline = StableVideoDiffusionPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    frames: Tensor = pipeline(
        image, width=SIZE, height=SIZE, num_frames=FRAMES,
        num_inference_steps=SETTINGS.num_inference_steps,
        fps=7, noise_aug_strength=0.02, min_guidance_scale=1.0, max_guidance_scale=3.0,
        decode_chunk_size=FRAMES, generator=torch.Generator().manual_seed(5), output_type="pt",
    ).frames[0].float()  # fmt: skip
    return frames


def ours(model: SvdModel, image: Image.Image, settings: SamplingSettings = SETTINGS) -> Tensor:
    picture = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float() / 127.5 - 1
    return (sample(model, picture, image_embedding_motion(model, picture), settings) + 1) / 2


def _sampled_not_mode(patch: pytest.MonkeyPatch, model: SvdModel) -> None:
    original = model.vae.encode

    def encode(pictures: Tensor) -> Any:
        found = original(pictures)
        found.latent_dist.mode = lambda: found.latent_dist.sample()
        return found

    patch.setattr(model.vae, "encode", encode)


def _scaled_condition(patch: pytest.MonkeyPatch, model: SvdModel) -> None:
    original = model.encode_image
    factor = model.vae.config.scaling_factor
    patch.setattr(model, "encode_image", lambda *given: original(*given) * factor)


def _unscaled_latents(patch: pytest.MonkeyPatch, model: SvdModel) -> None:
    original, factor = model.decode, model.vae.config.scaling_factor
    patch.setattr(model, "decode", lambda latents, *rest: original(latents * factor, *rest))


def _fps(patch: pytest.MonkeyPatch, model: SvdModel) -> None:
    original = model.time_ids
    patch.setattr(model, "time_ids", lambda fps, *rest: original(fps + 1, *rest))


def _order_of_conditions(patch: pytest.MonkeyPatch, model: SvdModel) -> None:
    original = model.time_ids
    patch.setattr(model, "time_ids", lambda *given: original(*given)[:, [1, 0, 2]])


def _null_embedding(patch: pytest.MonkeyPatch, model: SvdModel) -> None:
    """Unconditional: the embedding of a blank image instead of zeros."""
    token = model.image_embeddings(torch.zeros(1, 3, SIZE, SIZE))
    nothing = token.expand(1, FRAMES, 1, -1), token[None]
    patch.setattr(model, "no_motion", lambda frames: nothing)


def _picture_without_a_motion(patch: pytest.MonkeyPatch, model: SvdModel) -> None:
    """The unconditional branch keeps the image latent."""
    original, seen = model.network, []

    def network(x: Tensor, t: Tensor, image: Tensor, *rest: Any) -> Tensor:
        seen.append(image)
        return original(x, t, seen[0], *rest)

    patch.setattr(model, "network", network)


def _time_context(patch: pytest.MonkeyPatch, model: SvdModel) -> None:
    """The temporal cross-attentions get zero tokens."""
    original = model.inflation.set
    patch.setattr(
        model.inflation, "set",
        lambda frames, clip: original(frames, None if clip is None else torch.zeros_like(clip)),
    )  # fmt: skip


def _order_of_rows(patch: pytest.MonkeyPatch, model: SvdModel) -> None:
    """Frame tokens in another order. With one token for all frames only guidance would reveal it,
    so the first frame's is zeroed."""
    original = model.inflation.set

    def set_(frames: Tensor, clip: Tensor) -> None:
        if frames.shape[2]:
            frames = torch.cat([frames[:, :1] * 0, frames[:, 1:]], 1)
        original(frames, clip)

    patch.setattr(model.inflation, "set", set_)


def _clip_squeezed(patch: pytest.MonkeyPatch, model: SvdModel) -> None:
    """Resized without the preceding blur."""

    def plain(pictures: Tensor, size: tuple[int, int]) -> Tensor:
        return torch.nn.functional.interpolate(pictures, size, mode="bilinear")

    patch.setattr(svd, "_resize_with_antialiasing", plain)


def _sigmas(patch: pytest.MonkeyPatch, model: SvdModel) -> None:
    """Noise levels up to 80, as in EDM."""
    config = {**model.scheduler.config, "sigma_max": 80.0}
    patch.setattr(model, "scheduler", EulerDiscreteScheduler.from_config(config))


BREAKS: dict[str, Break] = {
    "the mode, not a sample": _sampled_not_mode,
    "the condition's latent is not scaled": _scaled_condition,
    "video latents are scaled": _unscaled_latents,
    "fps - 1": _fps,
    "the order of the micro-conditions": _order_of_conditions,
    "zeros, not an empty picture's embedding": _null_embedding,
    "no picture where there is no motion": _picture_without_a_motion,
    "the temporal layers' context": _time_context,
    "the order of rows": _order_of_rows,
    "the picture is blurred before CLIP sees it": _clip_squeezed,
    "Karras sigmas from 0.002 to 700": _sigmas,
}


def test_nothing_is_broken(folder: Path, image: Image.Image, theirs: Tensor) -> None:
    torch.testing.assert_close(ours(SvdModel("svd", folder), image), theirs, rtol=0, atol=2e-4)


@pytest.mark.parametrize("fact", BREAKS)
def test_a_fact_that_is_broken_is_seen(
    folder: Path, image: Image.Image, theirs: Tensor, fact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = SvdModel("svd", folder)
    BREAKS[fact](monkeypatch, model)
    assert (ours(model, image) - theirs).abs().max() > 1e-3


@pytest.mark.parametrize(
    "changes",
    [
        {"noise_aug_strength": 0.0},  # noise on the pixels, and its conditioning
        {"max_guidance_scale": 1.0},  # guidance increases over the frames
        {"min_guidance_scale": 3.0},
        {"motion_bucket_id": 1},
        {"decode_chunk_size": 1},  # the decoder mixes time within a chunk
        {"seed": 6},
    ],
    ids=str,
)
def test_every_number_has_its_effect(
    folder: Path, image: Image.Image, theirs: Tensor, changes: dict[str, Any]
) -> None:
    other = ours(SvdModel("svd", folder), image, replace(SETTINGS, **changes))
    assert (other - theirs).abs().max() > 1e-3
