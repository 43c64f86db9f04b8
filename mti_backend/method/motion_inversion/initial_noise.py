"""DDIM inversion of a reference, and the noise that a clip starts from. Imports torch and models.

z is the reference's inverted noise and n fresh noise, both (1, F, C, h, w) of variance 1.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.motion_inversion import NoiseStart
from mti_addon.wire.problem import Problem

from ...models.text_to_video import TextToVideoModel

INVERSION_STEPS = 50
"""As in the paper's code."""
_LOW_PASS_FACTOR = 4
"""Side of the latents over that of their low frequencies (DMT, arXiv 2311.17009)."""
_STOP_FREQUENCY = 0.25
"""d_s = d_t, as a share of the Nyquist frequency (FreeInit, arXiv 2312.07537)."""

_Step = Callable[[int, int], None]


@torch.no_grad()
def invert(
    model: TextToVideoModel,
    latents: Tensor,
    steps: int = INVERSION_STEPS,
    on_step: _Step = lambda step, total: None,
) -> Tensor:
    """The noise z (1, F, C, h, w) from which DDIM samples a reference's latents.

    DDIM backwards in time with an empty prompt and without guidance, on the model without a motion,
    which the caller sees to (`TemporalInjection.clear`).

    Args:
        latents: Scaled, (1, F, C, h, w). on_step: Called with (steps done, total steps); an
        exception it raises stops the inversion.
    """
    scheduler = model.inverse_scheduler()
    scheduler.set_timesteps(steps, device=model.device)
    text = model.encode_prompt("")
    for i, t in enumerate(scheduler.timesteps):
        latents = scheduler.step(model.network(latents, t, text), t, latents).prev_sample
        on_step(i + 1, steps)
    return latents


def start(kind: NoiseStart, fresh: Tensor, inverted: Tensor | None, prior: float) -> Tensor:
    """The noise (1, F, C, h, w) that sampling starts from, of about variance 1.

    'fresh': n. 'blended': sqrt(a) z + sqrt(1 - a) n with a = prior. 'frequency': z's low spatial
    frequencies and n's high ones. 'fft_mix': the same with a Gaussian low-pass over space and time.
    `prior` only matters to 'blended'; 0 there is 'fresh', and needs no z either.

    Raises BadRequest if the motion has no inverted noise, or one of another shape.
    """
    if kind == "fresh" or (kind == "blended" and prior == 0):
        return fresh
    if inverted is None or inverted.shape != fresh.shape:
        raise BadRequest(
            Problem(
                "no_inverted_noise",
                "The motion does not contain its reference's noise for clips of this size.",
                "Choose fresh noise, or learn the motion again.",
            )
        )
    z = inverted.to(fresh)
    if kind == "blended":
        return math.sqrt(prior) * z + math.sqrt(1 - prior) * fresh
    if kind == "frequency":
        return low_frequencies(z) + (fresh - low_frequencies(fresh))
    return fft_mix(z, fresh)


def low_frequencies(x: Tensor) -> Tensor:
    """x (1, F, C, h, w), each frame scaled down by 4 and up again, bilinearly."""
    rows = x.flatten(0, 1)
    height, width = rows.shape[-2:]
    small = max(1, height // _LOW_PASS_FACTOR), max(1, width // _LOW_PASS_FACTOR)
    for size in (small, (height, width)):
        rows = functional.interpolate(
            rows, size, mode="bilinear", align_corners=True, antialias=True
        )
    return rows.view_as(x)


def fft_mix(low: Tensor, high: Tensor) -> Tensor:
    """Low frequencies of one tensor and high ones of the other, (1, F, C, h, w) each.

    As in FreeInit: the masks exp(-d^2 / (2 d_s^2)) and 1 minus it, over frames and places.
    """
    dims = (1, 3, 4)
    mask = _gaussian(low.shape[1], *low.shape[-2:]).to(low.device)
    mask = mask[:, None]  # (F, 1, h, w): the same for every channel
    wide = torch.promote_types(low.dtype, torch.float32)  # half precision has no FFT of every size
    mixed = torch.fft.fftn(low.to(wide), dim=dims) * mask
    mixed = mixed + torch.fft.fftn(high.to(wide), dim=dims) * (1 - mask)
    found: Tensor = torch.fft.ifftn(mixed, dim=dims).real
    return found.to(low.dtype)


def _gaussian(frames: int, height: int, width: int) -> Tensor:
    """Low-pass mask (F, h, w), in the order of `torch.fft.fftn`: frequency 0 first."""
    axes = [2 * torch.fft.fftfreq(size).abs() for size in (frames, height, width)]  # 1 is Nyquist
    squares = [axis**2 for axis in axes]
    distance = squares[0][:, None, None] + squares[1][:, None] + squares[2]
    return torch.exp(-distance / (2 * _STOP_FREQUENCY**2))
