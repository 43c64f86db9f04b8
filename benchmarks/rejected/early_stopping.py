"""Early stopping when the loss on fixed noise no longer decreases.

DVAR (Voronov et al. 2023, arXiv 2302.04841) finds that the training loss, whose noise varies, does
not show convergence, but the loss on fixed noise does.
"""

PAIRS = 8
"""Number of noise levels and noise samples on which the loss is compared."""
_LOOKS = 4
_BETTER = 0.995


class EarlyStopping:
    """Waits `patience` iterations for the loss to drop by half a percent; 0 never stops."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.every = max(1, patience // _LOOKS)
        self._best, self._best_step = float("inf"), 0

    def looks(self, step: int) -> bool:
        """Whether the loss is needed after this step."""
        return self.patience > 0 and step % self.every == 0

    def over(self, step: int, loss: float) -> bool:
        """Record the loss after a step; returns whether learning should stop."""
        if loss < _BETTER * self._best:
            self._best, self._best_step = loss, step
        return self.patience > 0 and step - self._best_step >= self.patience
