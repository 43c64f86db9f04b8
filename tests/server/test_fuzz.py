"""A few hundred of the fuzzer's requests; more with `python -m tests.server.fuzz N`."""

from __future__ import annotations

from pathlib import Path

from tests.server.fuzz import run


def test_odd_requests_neither_crash_the_server_nor_show_how_it_works(tmp_path: Path) -> None:
    statuses = run(800, 0, tmp_path)
    assert statuses["500"] == 0
    assert min(statuses[each] for each in ("200", "400", "401", "404", "405", "422")) > 5, statuses
