"""Pairs that neither the training nor the evaluation uses, to choose settings by."""

from collections.abc import Iterator

from mti_backend.embedding import MotionEmbedding
from mti_backend.evaluation.pairs import Pair, held_out_pair

_FIRST = 200  # the evaluation's are 0 to 63
MOTIONS = 10


def development_pairs(count: int) -> Iterator[Pair]:
    """The ten held-out motions in turn, by other figures than the evaluation's."""
    for index in range(count):
        yield held_out_pair(_FIRST + index)


def true_motion(pair: Pair) -> MotionEmbedding:
    """The tokens that the draft was trained with for the pair's motion."""
    return MotionEmbedding(pair.tokens[:, None].contiguous(), pair.tokens.mean(0, keepdim=True))
