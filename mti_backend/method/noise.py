"""SVD's noise: preconditioning, training noise levels and seeding. Imports torch only.

sigma is the standard deviation of the noise added to scaled latents (B, F, C, h, w). The EDM
preconditioning of Karras et al. (2022), table 1, in the form SVD uses it, with sigma_data = 1:

    D(x; sigma) = c_skip x + c_out Net(c_in x; c_noise)
    c_skip = 1 / (s^2 + 1), c_out = -s / sqrt(s^2 + 1)
    c_in = 1 / sqrt(s^2 + 1), c_noise = ln(s) / 4
"""

import torch
from torch import Tensor


def _as_clip(sigma: Tensor) -> Tensor:
    return sigma.view(-1, 1, 1, 1, 1)


def c_in(sigma: Tensor) -> Tensor:
    """(B,) -> (B, 1, 1, 1, 1)"""
    return 1 / (_as_clip(sigma) ** 2 + 1).sqrt()


def c_skip(sigma: Tensor) -> Tensor:
    """(B,) -> (B, 1, 1, 1, 1)"""
    return 1 / (_as_clip(sigma) ** 2 + 1)


def c_out(sigma: Tensor) -> Tensor:
    """(B,) -> (B, 1, 1, 1, 1)"""
    s = _as_clip(sigma)
    return -s / (s**2 + 1).sqrt()


def c_noise(sigma: Tensor) -> Tensor:
    """(B,) -> (B,), passed to the UNet as its timestep."""
    return 0.25 * sigma.log()


def v_target(x0: Tensor, noisy: Tensor, sigma: Tensor) -> Tensor:
    """Target of the network's raw output: (x0 - c_skip x) / c_out.

    The plain squared error to this target equals the EDM objective on the denoised latents with
    weight (1 + s^2) / s^2 = 1 / c_out^2 (Karras et al. 2022, eq. 8).
    """
    return (x0 - c_skip(sigma) * noisy) / c_out(sigma)


def sample_sigmas(count: int, p_mean: float, p_std: float, generator: torch.Generator) -> Tensor:
    """Sample (count,) noise levels with ln sigma ~ N(p_mean, p_std^2).

    Reenact Anything, App. B.1: 2.8 and 1.6.
    """
    return (p_mean + p_std * torch.randn(count, generator=generator)).exp()


def step_generator(seed: int, step: int) -> torch.Generator:
    """Random generator of one iteration, on the CPU: a function of seed and step only.

    No state has to survive a restart, so a resumed run repeats the uninterrupted one bit for bit.
    """
    # Knuth's multiplicative constant keeps neighboring (seed, step) pairs apart.
    return torch.Generator().manual_seed((seed * 2654435761 + step * 40503 + 12345) % 2**63)
