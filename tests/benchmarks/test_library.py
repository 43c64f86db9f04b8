"""The library's benchmark runs; that the index saves work is tested as a ratio in one run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks import library

ROOT = Path(__file__).parents[2]


def test_it_runs_and_says_what_it_measured(tmp_path: Path) -> None:
    small = ["--motions", "40", "--repeats", "2", "--out", str(tmp_path), "--folder", str(tmp_path)]
    command = [sys.executable, "-m", "benchmarks.library", *small]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "library.json").read_text())
    assert found["motions"] == 40 and found["index_bytes"] > 5000
    assert len(found["milliseconds"]) == 12
    for name, each in found["milliseconds"].items():
        assert 0 < each["median"] <= each["longest"]
        assert f"| {name} |" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["library.json"]


def test_the_index_saves_reading(tmp_path: Path) -> None:
    """In CPU time, so that it holds on a busy machine."""
    library.make_library(tmp_path, 300)
    found = library.measure(tmp_path, 3)
    base = found[library.BASELINE].median
    assert found["opening with an index, all at once"].median < base / 4
    assert found["refreshing, nothing changed, all at once"].median < base / 20
    assert found["searching, each key"].median < base / 50
    assert found["drawing again what was found"].median < base / 1000
