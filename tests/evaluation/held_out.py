"""The held-out pairs, each drawn once for all tests."""

from __future__ import annotations

from functools import cache

from mti_backend.evaluation import pairs
from mti_backend.evaluation.pairs import Pair


@cache
def held_out_pair(index: int) -> Pair:
    """Pair number `index`. Do not modify it."""
    return pairs.held_out_pair(index)


def held_out_pairs(count: int) -> list[Pair]:
    """The first `count` pairs."""
    return [held_out_pair(index) for index in range(count)]
