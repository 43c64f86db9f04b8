"""How a batch is shared out. What processes do with it: tests/e2e/test_team.py."""

import pytest

from mti_backend.team import Team


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("batch", [5, 6, 7, 64])
def test_every_clip_is_somebody_s_and_nobody_has_two_more(batch: int, count: int) -> None:
    shares = [list(range(batch))[Team(rank, count).rows(batch)] for rank in range(count)]
    assert [clip for share in shares for clip in share] == list(range(batch))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1 and min(sizes) > 0
