"""Rejected variants of sampling: another solver, guidance at some noise levels only. Imports torch
and models.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from diffusers import EDMDPMSolverMultistepScheduler
from torch import Tensor

from mti_addon.wire.settings import SamplingSettings
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from mti_backend.method.motion_textual_inversion.sampling import sample
from mti_backend.models.svd import SvdModel


@dataclass(frozen=True)
class Way:
    """Variants of sampling beyond the product's settings.

    dpmpp_2m: DPM-Solver++ instead of Euler steps. sigmas: range of noise levels with guidance.
    """

    settings: SamplingSettings
    dpmpp_2m: bool = False
    sigmas: tuple[float, float] = (0.0, 1000.0)


def play(model: SvdModel, picture: Tensor, motion: MotionEmbedding, way: Way) -> Tensor:
    """Sample a clip (F, 3, H, W) in [-1, 1]; `picture` is its first frame, (3, H, W) in [-1, 1]."""
    with _solving(model, way.dpmpp_2m), _guided_between(model, *way.sigmas):
        return sample(model, picture, motion, way.settings)


@contextmanager
def _solving(model: SvdModel, dpmpp_2m: bool) -> Iterator[None]:
    kept = model.scheduler
    if dpmpp_2m:
        model.scheduler = dpmpp_2m_of(model)
    try:
        yield
    finally:
        model.scheduler = kept


def dpmpp_2m_of(model: SvdModel) -> Any:
    """Second-order DPM-Solver++ (Lu et al. 2022) in EDM's form, on the model's noise levels, with
    SVD's sigma_data = 1."""
    config = model.scheduler.config
    return EDMDPMSolverMultistepScheduler(
        sigma_min=config.sigma_min,
        sigma_max=config.sigma_max,
        sigma_data=1.0,
        sigma_schedule="karras",
        prediction_type="v_prediction",
        solver_order=2,
        final_sigmas_type="zero",
    )


@contextmanager
def _guided_between(model: SvdModel, low: float, high: float) -> Iterator[None]:
    """Outside these noise levels, let the unconditional branch return the conditional output. That
    disables guidance and saves the call (Kynkaanniemi et al. 2024, arXiv 2404.07724)."""
    network, width = model.network, model.no_motion(1)[0].shape[2]
    last: list[Tensor] = []

    def network_or_same(
        x: Tensor, timestep: Tensor, image_latents: Tensor, frame_tokens: Tensor, *rest: Tensor
    ) -> Tensor:
        free = frame_tokens.shape[2] == width and not frame_tokens.any()
        if free and not low <= math.exp(4 * float(timestep)) <= high:
            return last[0]
        output = network(x, timestep, image_latents, frame_tokens, *rest)
        last[:] = [output]
        return output

    model.network = network_or_same  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        model.network = network  # type: ignore[method-assign]
