"""The preconditioning and the loss are EDM's, checked against its formula in float64."""

import pytest
import torch
from diffusers import EulerDiscreteScheduler

from mti_backend.method import noise


def test_v_target_is_the_weighted_edm_objective():
    g = torch.Generator().manual_seed(0)
    x0, n, output = (torch.randn(3, 4, 2, 5, 5, generator=g, dtype=torch.float64) for _ in range(3))
    sigma = torch.tensor([0.03, 1.0, 40.0], dtype=torch.float64)
    noisy = x0 + sigma.view(-1, 1, 1, 1, 1) * n
    denoised = noise.c_skip(sigma) * noisy + noise.c_out(sigma) * output
    weight = (1 + sigma**2) / sigma**2
    edm = weight * (denoised - x0).square().mean((1, 2, 3, 4))
    ours = (output - noise.v_target(x0, noisy, sigma)).square().mean((1, 2, 3, 4))
    torch.testing.assert_close(ours, edm, rtol=1e-10, atol=0)


def test_preconditioning_is_the_schedulers():
    scheduler = EulerDiscreteScheduler(
        prediction_type="v_prediction", use_karras_sigmas=True, sigma_min=0.002, sigma_max=700.0,
        timestep_type="continuous", timestep_spacing="leading",
    )  # fmt: skip
    scheduler.set_timesteps(10)
    x = torch.randn(1, 2, 3, 4, 4)
    for t, s in zip(scheduler.timesteps, scheduler.sigmas[:-1], strict=True):
        sigma = s.view(1)
        torch.testing.assert_close(noise.c_noise(sigma)[0], t)
        torch.testing.assert_close(noise.c_in(sigma) * x, scheduler.scale_model_input(x, t))
        output = torch.randn_like(x)
        ours = noise.c_skip(sigma) * x + noise.c_out(sigma) * output
        step = scheduler.step(output, t, x)
        torch.testing.assert_close(ours, step.pred_original_sample, rtol=1e-5, atol=1e-4)


def test_sigmas_follow_the_log_normal():
    g = torch.Generator().manual_seed(1)
    logs = noise.sample_sigmas(200_000, 2.8, 1.6, g).log()
    assert logs.mean().item() == pytest.approx(2.8, abs=0.02)
    assert logs.std().item() == pytest.approx(1.6, abs=0.02)


def test_step_generators_repeat_and_differ():
    def first(seed: int, step: int) -> float:
        return torch.rand((), generator=noise.step_generator(seed, step)).item()

    assert first(3, 7) == first(3, 7)
    drawn = {first(seed, step) for seed in range(4) for step in range(-1, 250)}
    assert len(drawn) == 4 * 251
