"""Twenty relays are killed at random moments; `tests.client.remote.kill_rounds` kills more."""

from __future__ import annotations

from pathlib import Path

from tests.client.remote.kill_rounds import kill_rounds


def test_relays_that_are_killed_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    phases = kill_rounds(tmp_path, 20)
    assert sum(phases.values()) >= 20 and {"upload", "follow", "download"} <= set(phases), phases
