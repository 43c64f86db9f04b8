"""Our sampler against diffusers' own pipeline, with the same weights and seeds."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableVideoDiffusionPipeline
from PIL import Image

from mti_addon.wire.settings import SamplingSettings, Settings
from mti_backend.method.motion_textual_inversion.sampling import image_embedding_motion, sample
from mti_backend.models.svd import SvdModel
from tests.tiny import FRAMES, SIZE, make_tiny_model


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Models by number of frames: 14 for svd, 25 for svd-xt."""
    root = tmp_path_factory.mktemp("tiny")
    return {n: make_tiny_model(root / str(n), frames=n) for n in (FRAMES, 14, 25)}


Ours = dict[int, SvdModel]
Theirs = dict[int, StableVideoDiffusionPipeline]


@pytest.fixture(scope="module")
def loaded(folders: dict[int, Path]) -> tuple[Ours, Theirs]:
    """Each of them as our model and as diffusers' pipeline."""
    theirs = {n: StableVideoDiffusionPipeline.from_pretrained(f) for n, f in folders.items()}
    for pipeline in theirs.values():
        pipeline.set_progress_bar_config(disable=True)
    return {n: SvdModel("draft", folder) for n, folder in folders.items()}, theirs


@pytest.fixture(scope="module")
def folder(folders: dict[int, Path]) -> Path:
    return folders[FRAMES]


def picture(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    ("frames", "steps", "max_guidance_scale", "chunk", "size"),
    [
        (FRAMES, 3, 1.0, 0, (SIZE, SIZE)),
        (FRAMES, 2, 3.0, 1, (64, SIZE)),
        (FRAMES, 3, 2.0, 3, (SIZE, SIZE)),
        (FRAMES, 25, 3.0, 0, (SIZE, SIZE)),
        (14, 3, 3.0, 7, (SIZE, SIZE)),
        (14, 2, 1.0, 1, (64, SIZE)),
        (14, 5, 3.0, 0, (SIZE, SIZE)),
        (25, 2, 3.0, 7, (64, SIZE)),
        (25, 2, 3.0, 1, (SIZE, SIZE)),
        (25, 4, 1.0, 0, (SIZE, SIZE)),
    ],
)
def test_frames_equal_the_pipelines(
    loaded: tuple[Ours, Theirs],
    frames: int,
    steps: int,
    max_guidance_scale: float,
    chunk: int,
    size: tuple[int, int],
):
    image, model, pipeline = picture(*size), loaded[0][frames], loaded[1][frames]
    theirs = pipeline(
        image, width=size[0], height=size[1], num_frames=frames, num_inference_steps=steps,
        fps=7, motion_bucket_id=127, noise_aug_strength=0.02,
        min_guidance_scale=1.0, max_guidance_scale=max_guidance_scale,
        decode_chunk_size=chunk or frames, generator=torch.Generator().manual_seed(5),
        output_type="pt",
    ).frames[0]  # fmt: skip
    tensor = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float() / 127.5 - 1
    settings = replace(
        SamplingSettings(),
        num_inference_steps=steps,
        max_guidance_scale=max_guidance_scale,
        decode_chunk_size=chunk,
        seed=5,
    )
    ours = sample(model, tensor, image_embedding_motion(model, tensor), settings)
    torch.testing.assert_close((ours + 1) / 2, theirs.float(), rtol=0, atol=2e-4)


def test_frame_count_and_progress(folder: Path):
    model = SvdModel("draft", folder)
    tensor = torch.zeros(3, SIZE, SIZE)
    seen = []
    settings = replace(Settings.for_model("svd").sampling, num_inference_steps=2)
    clip = sample(
        model,
        tensor,
        image_embedding_motion(model, tensor),
        settings,
        lambda i, n: seen.append((i, n)),
    )
    assert clip.shape == (FRAMES, 3, SIZE, SIZE) and clip.abs().max() <= 1
    assert seen == [(1, 2), (2, 2)]


def test_another_seed_is_another_clip(folder: Path):
    model = SvdModel("draft", folder)
    tensor = torch.zeros(3, SIZE, SIZE)
    motion = image_embedding_motion(model, tensor)
    settings = replace(SamplingSettings(), num_inference_steps=2)
    one, again, other = (
        sample(model, tensor, motion, replace(settings, seed=s)) for s in (0, 0, 1)
    )
    assert torch.equal(one, again) and not torch.allclose(one, other, atol=1e-3)


def test_no_tokens_are_zero_tokens(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """The unconditional branch skips queries, keys and values without changing the result."""
    model = SvdModel("draft", folder, dtype=torch.float64)
    tensor = torch.rand(3, SIZE, SIZE) * 2 - 1
    motion = image_embedding_motion(model, tensor)
    settings = replace(SamplingSettings(), num_inference_steps=3)
    assert model.no_motion(FRAMES)[0].shape[2] == 0
    left_out = sample(model, tensor, motion, settings)
    monkeypatch.setattr(model, "_none_is_enough", False)
    assert model.no_motion(FRAMES)[0].shape[2] == 1
    zeros = sample(model, tensor, motion, settings)
    torch.testing.assert_close(left_out, zeros, rtol=0, atol=1e-10)


def test_where_memory_ends_fewer_frames_are_decoded_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = SvdModel("draft", make_tiny_model(tmp_path / "tiny"))
    latents = torch.randn(1, FRAMES, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    first = model.framed(torch.zeros(3, SIZE, SIZE))
    expected = model.decode(latents, first, 1)
    decode = model.vae.decode

    def full(rows: torch.Tensor, num_frames: int) -> Any:
        if num_frames > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return decode(rows, num_frames=num_frames)

    monkeypatch.setattr(model.vae, "decode", full)
    torch.testing.assert_close(model.decode(latents, first), expected)
    assert capsys.readouterr().out.splitlines() == [
        "Out of memory; decoding in chunks of 2 instead.",
        "Out of memory; decoding in chunks of 1 instead.",
    ]
    monkeypatch.setattr(model.vae, "decode", lambda rows, num_frames: full(rows, 2))
    with pytest.raises(torch.OutOfMemoryError):
        model.decode(latents, first)
