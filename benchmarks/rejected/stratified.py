"""Noise levels that are spread evenly over the iterations. Imports torch only."""

import torch
from torch import Tensor

from mti_backend.noise import step_generator

# the decks' own numbers, far before those of iterations (0 ..) and of variants (-2, -3 ..)
_DECKS = -1_000_000

STRATA = 16
"""Into so many parts of equal probability the noise levels of `stratified_sigma` are divided."""


def stratified_sigma(step: int, count: int, p_mean: float, p_std: float, seed: int) -> Tensor:
    """(count,) noise levels of one iteration, spread evenly over the iterations.

    They are distributed as those of `noise.sample_sigmas`.

    The k-th level of all iterations falls into the part of the distribution that the k-th place of
    a shuffled deck of STRATA tells; every deck is shuffled anew. So no part is left out by chance.
    """
    levels = torch.empty(count)
    for i in range(count):
        deck, place = divmod(step * count + i, STRATA)
        g = step_generator(seed, _DECKS - deck)
        order = torch.randperm(STRATA, generator=g)
        within = torch.rand(STRATA, generator=g)
        levels[i] = (order[place] + within[place]) / STRATA
    # the ends of the last strata reach to infinity: as far as 32 bits of a normal draw would
    normal: Tensor = torch.special.ndtri(levels.clamp(1e-6, 1 - 1e-6).double()).float()
    return (p_mean + p_std * normal).exp()
