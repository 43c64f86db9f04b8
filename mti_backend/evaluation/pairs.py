"""Held-out pairs: a motion nobody trained on, shown by one figure, wanted from another.

Imports torch and the draft's clips.
"""

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from ..draft.clips import make_clips
from ..draft.figures import random_figures
from ..draft.motions import frame_times
from ..draft.named import NAMED, named_motion

# far from the seeds of training, which are stage * 10^7 + step
_SEED = 900_000_000


@dataclass(frozen=True)
class Pair:
    """One transfer whose right answer is known; pictures float (F, 3, H, W) in [-1, 1].

    reference: the motion as a stick figure. answer: the target figure with the same motion; its
    first frame is the target. tokens: (F, D) the true motion tokens of the answer.
    """

    name: str
    reference: Tensor
    answer: Tensor
    tokens: Tensor

    @property
    def fingerprint(self) -> str:
        """16 hex digits, others for other pictures."""
        digest = hashlib.sha256()
        for pictures in (self.reference, self.answer):
            digest.update(pictures.contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]


def held_out_pairs(count: int, reference_look: str = "stick") -> list[Pair]:
    """`count` pairs: the named motions in turn, every figure, place and background drawn anew."""
    pairs = []
    names = list(NAMED)
    for i in range(count):
        g = torch.Generator().manual_seed(_SEED + i)
        motion = named_motion(names[i % len(names)])
        reference = make_clips(random_figures(1, g, reference_look), motion, frame_times(1))
        answer = make_clips(random_figures(1, g, "solid"), motion, frame_times(1))
        pairs.append(
            Pair(names[i % len(names)], reference.pixels[0], answer.pixels[0], answer.tokens[0])
        )
    return pairs
