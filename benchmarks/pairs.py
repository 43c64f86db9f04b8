"""Development pairs for choosing settings, used by neither training nor evaluation."""

from collections.abc import Iterator

from mti_backend.evaluation.pairs import Pair, held_out_pair
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding

_FIRST = 200  # the evaluation's are 0 to 63
MOTIONS = 10


def development_pairs(count: int) -> Iterator[Pair]:
    """The ten held-out motions in turn, with other figures than the evaluation's."""
    for index in range(count):
        yield held_out_pair(_FIRST + index)


def true_motion(pair: Pair) -> MotionEmbedding:
    """The tokens with which the draft was trained for the pair's motion."""
    return MotionEmbedding(pair.tokens[:, None].contiguous(), pair.tokens.mean(0, keepdim=True))
