"""Which motion a result looks like: a small version of the paper's action accuracy. Imports
torch."""

from functools import lru_cache

import torch
from torch import Tensor

from ..draft.procedural.named import NAMED, named_motion
from .pairs import Pair, known_clip


def named_rightly(result: Tensor, pair: Pair) -> float | None:
    """1 if the ground truth of the pair's own motion is the nearest one, else 0.

    Compared are the ground truths of all named motions on the same target, by squared error over
    frames 2..F; chance is one in ten. The motions do not all start from the same pose, which a
    still image also gets right, so the score must be compared with that row. None if the target or
    its motion cannot be drawn again.

    Args:
        result: (F, 3, H, W) in [-1, 1].
    """
    if pair.figure is None or pair.name not in NAMED:
        return None
    answers = _answers(_Key(pair))
    errors = {name: float((result - clip)[1:].square().mean()) for name, clip in answers.items()}
    return float(min(errors, key=lambda name: errors[name]) == pair.name)


class _Key:
    """A pair, hashed and compared by its images."""

    def __init__(self, pair: Pair) -> None:
        self.pair, self.fingerprint = pair, pair.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.fingerprint == self.fingerprint


@lru_cache(maxsize=2)
def _answers(key: _Key) -> dict[str, Tensor]:
    assert key.pair.figure is not None
    with torch.no_grad():
        return {name: known_clip(named_motion(name), key.pair.figure).pixels[0] for name in NAMED}
