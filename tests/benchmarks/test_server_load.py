"""The load benchmark runs, and says what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_it_runs_and_says_what_it_measured(tmp_path: Path) -> None:
    small = ["--seconds", "1.5", "--artists", "20", "--streams", "16", "--out", str(tmp_path)]
    command = [sys.executable, "-m", "benchmarks.server_load", *small]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "server_load.json").read_text())
    assert found["requests_per_second"] > 20 and found["events_per_second"] > 5
    assert 0 < found["event_ms"]["median"] <= found["event_ms"]["p99"]
    assert 5 < found["memory_mib"]["idle"] < 200
    assert "| event's latency, ms: median, p99 |" in done.stdout
