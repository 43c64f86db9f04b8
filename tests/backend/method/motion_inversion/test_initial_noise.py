"""DDIM inversion and the four noise starts, each against its formula."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import DDIMInverseScheduler, DDIMScheduler
from diffusers.pipelines.free_init_utils import FreeInitMixin
from torch import Tensor

from mti_addon.wire.errors import BadRequest
from mti_backend.method.motion_inversion.initial_noise import (
    fft_mix,
    invert,
    low_frequencies,
    start,
)
from mti_backend.models.animatediff import AnimateDiffModel
from mti_backend.models.text_to_video import TextToVideoModel
from mti_backend.models.zeroscope import ZeroScopeModel
from tests.tiny_text_to_video import make_tiny_text_to_video

KINDS = {"animatediff": AnimateDiffModel, "zeroscope": ZeroScopeModel}


@pytest.fixture(scope="module", params=KINDS)
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> TextToVideoModel:
    folder = make_tiny_text_to_video(request.param, tmp_path_factory.mktemp(request.param))
    return KINDS[request.param](request.param, folder, dtype=torch.float64)


@pytest.fixture(params=["epsilon", "v_prediction"])
def prediction(
    request: pytest.FixtureRequest, model: TextToVideoModel, monkeypatch: pytest.MonkeyPatch
) -> str:
    config = model.scheduler_config | {"prediction_type": request.param}
    monkeypatch.setattr(model, "scheduler_config", config)
    return str(request.param)


def clip(seed: int, frames: int = 3) -> Tensor:
    g = torch.Generator().manual_seed(seed)
    return torch.randn(1, frames, 4, 6, 8, generator=g, dtype=torch.float64)


def _written_out(model: TextToVideoModel, latents: Tensor, steps: int, kind: str) -> Tensor:
    """x_next = sqrt(abar_next) x0 + sqrt(1 - abar_next) eps, in float64."""
    betas = DDIMScheduler.from_config(model.scheduler_config).betas
    abar = torch.cumprod(1 - betas, 0).double()
    text = model.encode_prompt("")
    stride, x = model.train_timesteps // steps, latents
    for i in range(steps):
        t = i * stride + 1  # steps_offset
        now, then = abar[max(0, t - stride)], abar[t]
        with torch.no_grad():
            output = model.network(x, torch.tensor(t), text)
        if kind == "epsilon":
            eps, x0 = output, (x - (1 - now).sqrt() * output) / now.sqrt()
        else:
            eps = now.sqrt() * output + (1 - now).sqrt() * x
            x0 = now.sqrt() * x - (1 - now).sqrt() * output
        x = then.sqrt() * x0 + (1 - then).sqrt() * eps
    return x


def test_inversion_equals_its_formula(model: TextToVideoModel, prediction: str) -> None:
    seen: list[tuple[int, int]] = []
    found = invert(model, clip(0), 5, on_step=lambda *at: seen.append(at))
    expected = _written_out(model, clip(0), 5, prediction)
    assert (found - expected).norm() < 1e-6 * expected.norm()
    assert seen == [(i + 1, 5) for i in range(5)]


def test_inversion_equals_diffusers_inverse_scheduler(model: TextToVideoModel) -> None:
    spacing = {"timestep_spacing": "leading"}
    scheduler = DDIMInverseScheduler.from_config(model.scheduler_config, **spacing)
    scheduler.set_timesteps(50)
    assert scheduler.timesteps.tolist() == list(range(1, 1000, 20))
    scheduler.set_timesteps(4)
    x = clip(0)
    for t in scheduler.timesteps:
        with torch.no_grad():
            x = scheduler.step(model.network(x, t, model.encode_prompt("")), t, x).prev_sample
    assert torch.equal(invert(model, clip(0), 4), x)


def test_ddim_undoes_every_step(model: TextToVideoModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """DDIM with the same eps in reverse leads back to the reference. (With those of the places that
    it comes through itself, a random network would need very many steps.)"""
    network, outputs = model.network, []

    def recorded(x: Tensor, t: Tensor, text: Tensor) -> Tensor:
        outputs.append((int(t), network(x, t, text)))
        return outputs[-1][1]

    monkeypatch.setattr(model, "network", recorded)
    x = invert(model, clip(0), 6)
    config = model.scheduler_config | {"timestep_spacing": "leading"}
    scheduler: Any = DDIMScheduler.from_config(config)
    scheduler.set_timesteps(6)
    assert scheduler.timesteps.tolist() == [t for t, _ in reversed(outputs)]
    assert (x - clip(0)).abs().max() > 0.1
    for t, output in reversed(outputs):
        x = scheduler.step(output, t, x).prev_sample
    torch.testing.assert_close(x, clip(0), atol=1e-5, rtol=0)


def test_blending_keeps_the_variance() -> None:
    z, n = clip(1), clip(2)
    for a in (0.0, 0.3, 1.0):
        expected = a**0.5 * z + (1 - a) ** 0.5 * n
        torch.testing.assert_close(start("blended", n, z, a), expected, rtol=1e-12, atol=0)
    assert torch.equal(start("fresh", n, z, 0.7), n)
    g = torch.Generator().manual_seed(0)
    large = [torch.randn(1, 8, 4, 32, 32, generator=g) for _ in range(2)]
    assert float(start("blended", large[0], large[1], 0.5).std()) == pytest.approx(1, abs=0.02)


def test_frequency_takes_each_from_its_own() -> None:
    z, n = clip(1), clip(2)
    found = start("frequency", n, z, 0.5)
    torch.testing.assert_close(found - low_frequencies(z), n - low_frequencies(n))
    flat = torch.ones(1, 3, 4, 6, 8, dtype=torch.float64) * torch.arange(3).view(1, 3, 1, 1, 1)
    torch.testing.assert_close(low_frequencies(flat), flat)
    # each frame by itself
    moved = z.clone()
    moved[:, 1] += clip(3)[:, 1]
    assert (low_frequencies(moved) - low_frequencies(z))[:, [0, 2]].abs().max() == 0
    torch.testing.assert_close(start("frequency", n, n, 0.5), n)


@pytest.mark.parametrize("frames", [4, 6])
def test_fft_mix_is_freeinit_s(frames: int) -> None:
    """diffusers' mask and mix, on (B, C, F, h, w), for even sizes; its mask of odd ones is not
    centered on frequency 0."""
    z, n = clip(1, frames), clip(2, frames)
    theirs = FreeInitMixin()
    shape = (1, 4, frames, 6, 8)
    mask = theirs._get_free_init_freq_filter(shape, "cpu", "gaussian", 4, 0.25, 0.25)
    mixed = theirs._apply_freq_filter(z.transpose(1, 2), n.transpose(1, 2), mask.double())
    torch.testing.assert_close(
        start("fft_mix", n, z, 0.5), mixed.transpose(1, 2), atol=1e-6, rtol=0
    )


def test_fft_mix_of_odd_sizes() -> None:
    z, n = clip(1, 5)[..., :5, :7], clip(2, 5)[..., :5, :7]
    torch.testing.assert_close(fft_mix(n, n), n)
    ones = torch.ones_like(z)
    torch.testing.assert_close(fft_mix(z + 3 * ones, n) - fft_mix(z, n), 3 * ones)
    torch.testing.assert_close(fft_mix(z, n + 3 * ones), fft_mix(z, n))
    half = fft_mix(z.half(), n.half())
    assert half.dtype == torch.float16
    torch.testing.assert_close(half.double(), fft_mix(z, n), atol=5e-3, rtol=0)


def test_a_start_without_the_reference_s_noise_is_refused() -> None:
    for kind in ("blended", "frequency", "fft_mix"):
        for wrong in (None, clip(1, 4)):
            with pytest.raises(BadRequest, match="does not contain its reference's noise"):
                start(kind, clip(2), wrong, 0.5)  # type: ignore[arg-type]
    assert torch.equal(start("blended", clip(2), None, 0.0), clip(2))
