"""The same seconds, as the command line, an estimate and a countdown say them."""

from __future__ import annotations

import pytest

from mti_addon.wire.durations import about, clock, duration_text


@pytest.mark.parametrize(
    ("seconds", "text", "estimate", "counted"),
    [(-1, "0 s", "1 s", "0:00"), (12.3, "12 s", "12 s", "0:12"),
     (59.6, "1 min 00 s", "60 s", "1:00"),
     (200, "3 min 20 s", "3 min", "3:20"), (1500, "25 min 00 s", "25 min", "25:00"),
     (7500, "2 h 05 min", "2.1 h", "2:05:00"), (200_000, "2 days", "55.5 h", "55:33:20")],
)  # fmt: skip
def test_durations(seconds: float, text: str, estimate: str, counted: str) -> None:
    assert (duration_text(seconds), about(seconds), clock(seconds)) == (text, estimate, counted)
