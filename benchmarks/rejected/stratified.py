"""Noise levels spread evenly over the iterations. Imports torch only."""

import torch
from torch import Tensor

from mti_backend.method.noise import step_generator

# Steps of the decks, far from those of iterations (0 ..) and of variants (-2, -3 ..).
_DECKS = -1_000_000

STRATA = 16
"""Number of strata of equal probability into which `stratified_sigma` divides the noise levels."""


def stratified_sigma(step: int, count: int, p_mean: float, p_std: float, seed: int) -> Tensor:
    """(count,) noise levels of one iteration, spread evenly over the iterations.

    They have the same distribution as those of `noise.sample_sigmas`.

    The k-th level of all iterations falls into the stratum given by the k-th card of a shuffled
    deck of STRATA; every deck is shuffled anew. So no stratum is missed by chance.
    """
    levels = torch.empty(count)
    for i in range(count):
        deck, place = divmod(step * count + i, STRATA)
        g = step_generator(seed, _DECKS - deck)
        order = torch.randperm(STRATA, generator=g)
        within = torch.rand(STRATA, generator=g)
        levels[i] = (order[place] + within[place]) / STRATA
    # The outer strata extend to infinity; limit them to the range of a 32-bit normal draw.
    normal: Tensor = torch.special.ndtri(levels.clamp(1e-6, 1 - 1e-6).double()).float()
    return (p_mean + p_std * normal).exp()
