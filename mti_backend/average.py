"""A moving average of the tokens being learned. Imports torch only."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


class Average:
    """What tokens were lately, weighted so that older values count less; decay 0 is what they are.

    The last tokens carry the noise of the last iterations; their average much less of it.
    """

    def __init__(self, tokens: Sequence[Tensor], decay: float) -> None:
        self.decay = decay
        self._tokens = list(tokens)
        self._means = [t.detach().clone() for t in tokens] if decay else []

    @torch.no_grad()
    def follow(self, steps: int) -> None:
        """Take in the tokens after `steps` steps; the first ones hardly count the start."""
        decay = min(self.decay, (1 + steps) / (10 + steps))
        for mean, token in zip(self._means, self._tokens, strict=False):
            mean.lerp_(token.detach(), 1 - decay)

    def tokens(self) -> list[Tensor]:
        """Copies of the averages, in the order they were given; of the tokens for decay 0."""
        return [t.detach().clone() for t in (self._means or self._tokens)]

    def set(self, token: Tensor, mean: Tensor) -> None:
        """The average of one of the tokens, as it was saved."""
        index = next(i for i, each in enumerate(self._tokens) if each is token)
        self._means[index].copy_(mean)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The averages stand where the tokens do, for as long as this lasts."""
        kept = [t.detach().clone() for t in self._tokens]
        with torch.no_grad():
            for token, mean in zip(self._tokens, self.tokens(), strict=True):
                token.copy_(mean)
        try:
            yield
        finally:
            with torch.no_grad():
                for token, value in zip(self._tokens, kept, strict=True):
                    token.copy_(value)
