"""The benchmarks run and calculate correctly. Their measurements are not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import fewer_iterations, inference, motion_inversion, ranking
from mti_addon.wire import codec
from mti_backend.models.gradient_checkpointing import POLICIES

ROOT = Path(__file__).parents[2]


def run(name: str, *arguments: str) -> str:
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_full_size_one_runs_small_on_a_cpu(tmp_path: Path) -> None:
    small = ["--device", "cpu", "--size", "tiny", "--places", "64x64", "--steps", "1"]
    run("svd_full", *small, "--rounds", "1", "--repeats", "1", "--warmup", "0",
        "--out", str(tmp_path))  # fmt: skip
    result = json.loads((tmp_path / "svd_full.json").read_text())
    rows = {row["way"]: row for row in result["places"]["64x64"]}
    assert list(rows) == [
        "paper-like",
        "paper-like, latents made once",
        *(f"ours: {policy.name}" for policy in POLICIES),
    ]
    assert all(row["fits"] and row["median"] > 0 for row in rows.values())
    assert result["clips"]["64x64"]["seconds"] > 0
    table = (tmp_path / "svd_full.md").read_text()
    assert all(f"| {name} |" in table for name in rows)


def test_the_one_of_motion_inversion_runs_small_on_a_cpu(tmp_path: Path) -> None:
    small = ["--size", "tiny", "--places", "32x32", "--steps", "1", "--rounds", "1"]
    run("motion_inversion", *small, "--repeats", "1", "--warmup", "0", "--out", str(tmp_path))
    result = json.loads((tmp_path / "motion_inversion_tiny.json").read_text())
    learned, made = (result[part]["32x32"] for part in ("iterations", "clips"))
    ways = [row["way"] for row in learned]
    assert ways[:2] == [row["way"] for row in made][:2] == list(motion_inversion.BASELINES)
    assert ways[3:] == [f"ours: {policy.name}" for policy in POLICIES] and made[-1]["way"] == "ours"
    assert all(row["fits"] and row["median"] > 0 for row in [*learned, *made])
    table = (tmp_path / "motion_inversion_tiny.md").read_text()
    assert all(f"| {way} |" in table for way in ways)


def test_ratios_refer_to_the_faster_baseline() -> None:
    slow, fast = motion_inversion.BASELINES
    rows = [
        {"way": slow, "fits": False},
        {"way": fast, "fits": True, "median": 2.0, "p90": 2.5},
        {"way": "ours", "fits": True, "median": 0.5, "p90": 0.6},
    ]
    said = motion_inversion.table("an iteration", rows)
    assert "| ours | 0.500 | 0.600 | 4.00 |" in said and f"| {slow} | does not fit |" in said
    rows[0] |= {"fits": True, "median": 1.0, "p90": 1.0}
    assert "| ours | 0.500 | 0.600 | 2.00 |" in motion_inversion.table("an iteration", rows)


@pytest.mark.slow
def test_takes_are_ranked(tmp_path: Path) -> None:
    small = ["--pairs", "1", "--seeds", "2", "--out", str(tmp_path)]
    said = run("ranking", *small)
    [kept] = tmp_path.glob("*.json")
    found = json.loads(kept.read_text())
    assert len(found["score"]) == len(found["gain"]) == 2
    assert f"best: {max(found['gain']):.3f}" in said
    # when resuming, stored results are used and nothing is measured again
    kept.write_text(json.dumps({"score": [1.0, 2.0], "gain": [0.25, 0.125]}))
    said = run("ranking", *small)
    assert "correlation: -1.000" in said and "first: 0.125" in said and "mean: 0.188" in said


def test_a_summary_of_rankings() -> None:
    found = [
        {"score": [3.0, 1.0, 2.0], "gain": [0.6, 0.2, 0.4]},
        {"score": [1.0, 2.0, 3.0], "gain": [0.5, 0.4, 0.3]},
        {"score": [1.0, 2.0, 3.0], "gain": [0.1, 0.2, 0.9]},
    ]
    middle = {name: value[0] for name, value in ranking.summary(found).items()}
    assert middle["correlation"] == 1.0  # of 1, -1, 1
    assert middle["first"] == pytest.approx(0.6)  # of 0.6, 0.3, 0.9
    assert middle["best"] == pytest.approx(0.6)  # of 0.6, 0.5, 0.9
    assert middle["mean"] == pytest.approx(0.4)


@pytest.mark.parametrize("ways", [
    [*fewer_iterations.ways().values()],
    [way for group in inference.ways().values() for way in group.values()],
])  # fmt: skip
def test_every_way_is_another_one_with_settings_that_a_job_may_ask_for(ways: list[Any]) -> None:
    assert len({repr(way) for way in ways}) == len(ways) > 5
    for way in ways:
        codec.check(way.settings, "settings")


def test_work_until_a_loss_is_reached() -> None:
    base = [[0, 0.0, 1.0], [10, 100.0, 0.5], [20, 200.0, 0.2]]
    reached = fewer_iterations._reached
    assert reached(base, base) == 1.0
    faster = [[0, 0.0, 1.0], [10, 50.0, 0.4], [20, 100.0, 0.1]]
    assert reached(faster, base) == pytest.approx((50 + 50 * 2 / 3) / 200)
    assert reached([[0, 0.0, 1.0], [20, 200.0, 0.3]], base) == 2.0  # never


def test_a_table_compares_the_same_motion_and_seed() -> None:
    def run_of(loss: float, gain: float) -> dict[str, object]:
        return {"curve": [[0, 0.0, 1.0], [9, 100.0, loss]], "gain": gain}

    base = {(motion, 0): run_of(0.5, 0.1 * motion) for motion in range(5)}
    better = {(motion, 0): run_of(0.25, 0.1 * motion + 0.05) for motion in range(1, 5)}
    text = fewer_iterations.table({"as-is": base, "better": better})
    row = text.splitlines()[-1]
    assert row.startswith("| better | 1.000") and "| +0.050 (+0.050 to +0.050) |" in row
    assert "| 0.500 (0.500 to 0.500) |" in row  # its loss relative to the base's
