"""When learning has come to an end: the loss on fixed noise falls no more. Imports torch only.

DVAR (Voronov et al. 2023, arXiv 2302.04841) finds that the loss of the iterations, whose noise
differs, does not tell, and that the loss on noise that stays the same does.
"""

import torch
from torch import Tensor

PAIRS = 8
"""Noise levels and noises that the loss is compared on."""
_LOOKS = 4
_BETTER = 0.995


class Patience:
    """Waits `iterations` iterations for a loss that is half a percent lower; 0 waits for ever."""

    def __init__(self, iterations: int) -> None:
        self.iterations = iterations
        self.every = max(1, iterations // _LOOKS)
        self._best, self._best_step = float("inf"), 0

    def looks(self, step: int) -> bool:
        """Whether the loss is wanted after this step."""
        return self.iterations > 0 and step % self.every == 0

    def over(self, step: int, loss: float) -> bool:
        """Take in the loss after a step: has it fallen too little for too long?"""
        if loss < _BETTER * self._best:
            self._best, self._best_step = loss, step
        return self.is_over(step)

    def is_over(self, step: int) -> bool:
        """What `over` said last, for who goes on from a saved state after `step`."""
        return self.iterations > 0 and step - self._best_step >= self.iterations

    def state(self) -> Tensor:
        """float64 (2,), to go on from."""
        return torch.tensor([self._best, float(self._best_step)], dtype=torch.float64)

    def load(self, state: Tensor) -> None:
        """Of `state`."""
        self._best, self._best_step = float(state[0]), int(state[1])
