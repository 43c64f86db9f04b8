"""Ways to play a motion that were no better: another solver, guidance at some noise levels only.
Imports torch, models."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from diffusers import EDMDPMSolverMultistepScheduler
from torch import Tensor

from mti_addon.wire.settings import SamplingSettings
from mti_backend.embedding import MotionEmbedding
from mti_backend.models.svd import SvdModel
from mti_backend.sampling import sample


@dataclass(frozen=True)
class Way:
    """How to play, beyond what the product can be asked for.

    dpmpp_2m: DPM-Solver++ instead of Euler steps. sigmas: noise levels that are guided, from and
    to.
    """

    settings: SamplingSettings
    dpmpp_2m: bool = False
    sigmas: tuple[float, float] = (0.0, 1000.0)


def play(model: SvdModel, picture: Tensor, motion: MotionEmbedding, way: Way) -> Tensor:
    """A clip (F, 3, H, W) in [-1, 1]; `picture` is its first frame, (3, H, W) in [-1, 1]."""
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
    """DPM-Solver++ of second order (Lu et al. 2022) in EDM's form, on the noise levels of the
    model, with SVD's sigma_data = 1."""
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
    """Outside these noise levels the branch without a motion gives what the other one gave, which
    is no guidance, without a call of the network (Kynkaanniemi et al. 2024, arXiv 2404.07724)."""
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
