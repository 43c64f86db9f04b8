"""When learning has come to an end: the loss on fixed noise falls no more.

DVAR (Voronov et al. 2023, arXiv 2302.04841) finds that the loss of the iterations, whose noise
differs, does not tell, and that the loss on noise that stays the same does.
"""

PAIRS = 8
"""Noise levels and noises that the loss is compared on."""
_LOOKS = 4
_BETTER = 0.995


class EarlyStopping:
    """Waits `patience` iterations for a loss that is half a percent lower; 0 waits for ever."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.every = max(1, patience // _LOOKS)
        self._best, self._best_step = float("inf"), 0

    def looks(self, step: int) -> bool:
        """Whether the loss is wanted after this step."""
        return self.patience > 0 and step % self.every == 0

    def over(self, step: int, loss: float) -> bool:
        """Take in the loss after a step: has it fallen too little for too long?"""
        if loss < _BETTER * self._best:
            self._best, self._best_step = loss, step
        return self.patience > 0 and step - self._best_step >= self.patience
