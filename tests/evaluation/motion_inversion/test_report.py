"""Tables of handmade results."""

from __future__ import annotations

from typing import Any

import pytest

from mti_backend.evaluation.motion_inversion.measure import COLUMNS
from mti_backend.evaluation.motion_inversion.report import as_markdown, mean_interval, summarise
from mti_backend.evaluation.motion_inversion.rows import AS_LEARNED, HEADLINE, NO_MOTION, ROWS


def results(row: str, tracks: list[float], leakage: float) -> list[dict[str, Any]]:
    return [
        {"pair": i, "row": row, "track_correlation": value, "subject_right": float(i % 2),
         "colour_right": 1.0, "leakage": leakage, "learn_seconds": 2.0, "play_seconds": 4.0}
        for i, value in enumerate(tracks)
    ]  # fmt: skip


@pytest.fixture
def found() -> list[dict[str, Any]]:
    return [
        *results(HEADLINE, [0.9, 0.7, 0.8, 0.1], 0.25),
        *results(NO_MOTION, [0.0, 0.1, 0.2, -0.1], 0.0),
        *results(AS_LEARNED, [0.9, 0.7, 0.8, 0.1], 0.75),
    ]


def test_the_headline_is_the_object_view_s(found: list[dict[str, Any]]) -> None:
    summary = summarise(found)
    assert summary["headline"] == {
        "track_correlation": pytest.approx(0.75), "subject_right": 0.5, "colour_right": 1.0,
        "leakage": 0.25,
    }  # fmt: skip
    assert set(summary["rows"]) == {HEADLINE, NO_MOTION, AS_LEARNED}
    low, high = summary["rows"][HEADLINE]["columns"]["subject_right"]["interval"]
    assert low == 0 and high == 1
    assert "headline" not in summarise(results(NO_MOTION, [0.1], 0.0))


def test_rows_are_compared_on_the_same_pairs(found: list[dict[str, Any]]) -> None:
    compared = {(c["theirs"], c["column"]): c for c in summarise(found[1:])["comparisons"]}
    against = compared[NO_MOTION, "track_correlation"]
    assert against["n"] == 3 and against["difference"] == pytest.approx(0.7 - 0.1)
    leaked = compared[AS_LEARNED, "leakage"]
    assert leaked["difference"] == -0.5 and leaked["interval"] == [-0.5, -0.5]


def test_the_table_names_rows_and_columns(found: list[dict[str, Any]]) -> None:
    text = as_markdown(summarise(found))
    head, _, first = text.splitlines()[:3]
    assert all(title in head for title in COLUMNS.values())
    line = next(
        line for line in text.splitlines() if line.startswith(f"| {ROWS[HEADLINE].caption} |")
    )
    assert "| 4 | 0.75 (" in line and "| 2.0 | 4.0 |" in line and ROWS[NO_MOTION].caption in first


def test_the_interval_of_a_mean() -> None:
    mean, low, high = mean_interval([0.0, 1.0] * 50)
    assert (
        mean == 0.5 and low == pytest.approx(0.4, abs=0.02) and high == pytest.approx(0.6, abs=0.02)
    )
