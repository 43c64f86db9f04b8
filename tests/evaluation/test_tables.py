"""Summary, tables, plots: every value with its interval and number of pairs."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mti_backend.evaluation.evaluate import BEGIN, END, write_between
from mti_backend.evaluation.plots import make_plots
from mti_backend.evaluation.summary import (
    gain_over_time,
    seconds_to,
    summarise,
    summarise_curves,
    summarise_rendered,
)
from mti_backend.evaluation.tables import as_csv, as_markdown, as_text

ABOUT = {"model": "abc", "date": "2026-01-01", "commit": "0123456789", "hardware": "a machine"}


def result(pair: int, row: str, gain: float, **more: Any) -> dict[str, Any]:
    base = {"suite": "held_out", "pair": pair, "motion": ("wave", "walk")[pair % 2], "row": row}
    return base | {"gain": gain, "first_psnr": 30.0, "curve": []} | more


@pytest.fixture
def results() -> list[dict[str, Any]]:
    """Twelve pairs; the ablation has half of them and is worse by 0.2 on each."""
    draw = random.Random(4)
    found = []
    for pair in range(12):
        gain = draw.uniform(0.1, 0.9)
        curve = [[0, 0.5, 0.0], [10, 2.0, gain / 2], [20, 4.0 + pair, gain]]
        found += [
            result(pair, "learned", gain, reconstruction_gain=gain + 0.1, leakage=None,
                   learn_seconds=20.0 + pair, curve=curve),
            result(pair, "true_tokens", gain + 0.1),
        ]  # fmt: skip
        if pair < 6:
            found += [result(pair, "shared", gain - 0.2), result(pair, "references_2", gain + 0.1)]
    return found


def curve_results() -> list[dict[str, Any]]:
    return [
        {"points": [{"curve": name, "value": value, "gain": 0.5 - value**2 + pair / 100,
                     "change": -(value**2)} for name in ("offset", "scale")
                    for value in (-0.2, 0.0, 0.2)]}
        for pair in range(4)
    ]  # fmt: skip


def test_the_headline_is_the_learned_rows_median(results: list[dict[str, Any]]) -> None:
    summary = summarise(results)
    learned = sorted(r["gain"] for r in results if r["row"] == "learned")
    median = (learned[5] + learned[6]) / 2
    gain = summary["rows"]["learned"]["columns"]["gain"]
    assert summary["median_motion_gain"] == gain["median"] == pytest.approx(median)
    assert gain["n"] == 12 and gain["interval"][0] < median < gain["interval"][1]
    assert summary["rows"]["shared"]["n"] == 6
    assert "leakage" not in summary["rows"]["learned"]["columns"]  # unknown for all pairs
    assert summary["share_of_upper_bound"] == pytest.approx(median / (median + 0.1))
    assert summary["motions"]["walk"]["learned"]["n"] == 6


def test_rows_are_compared_on_the_same_pairs(results: list[dict[str, Any]]) -> None:
    summary = summarise(results)
    (shared,) = (c for c in summary["comparisons"] if c["theirs"] == "shared")
    assert (shared["ours"], shared["n"], shared["wins"]) == ("learned", 6, 6)
    assert shared["difference"] == pytest.approx(0.2)
    assert shared["interval"] == pytest.approx([0.2, 0.2])
    few = sorted(r["gain"] for r in results if r["row"] == "learned" and r["pair"] < 6)
    assert shared["medians"][0] == pytest.approx((few[2] + few[3]) / 2)


def test_without_the_headline_there_is_a_table_all_the_same() -> None:
    summary = summarise([result(i, "shared", 0.2) for i in range(3)])
    assert "median_motion_gain" not in summary and not summary["comparisons"]
    assert "15 tokens shared" in as_text(summary | ABOUT)


def test_gain_over_time(results: list[dict[str, Any]]) -> None:
    points = gain_over_time([r for r in results if r["row"] == "learned"])
    assert [p["iterations"] for p in points] == [0, 10, 20]
    assert points[0]["median"] == 0 and points[2]["seconds"] == 9.5
    assert points[1]["median"] == pytest.approx(points[2]["median"] / 2)


def test_the_way_to_a_motion_is_told(results: list[dict[str, Any]]) -> None:
    ways = summarise(results)["gain_over_time"]
    assert list(ways) == ["learned"]
    assert (ways["learned"][0]["n"], ways["learned"][0]["iterations"]) == (12, 0)
    text = as_text(summarise(results) | ABOUT)
    assert "from estimated poses" in text and "90% of the learned motion's" in text
    lines = [line for line in text.splitlines() if line.startswith("estimated poses ")]
    assert [line.split()[5] for line in lines] == ["0", "10", "20"]


def test_seconds_to_a_gain() -> None:
    way = [{"seconds": s, "median": m} for s, m in ((1.0, 0.0), (3.0, 0.2), (4.0, 0.6))]
    assert seconds_to(way, -0.1) == 1 and seconds_to(way, 0.1) == pytest.approx(2)
    assert seconds_to(way, 0.3) == pytest.approx(3.25) and seconds_to(way, 0.7) is None


def test_rendered_clips_are_told_by_their_bound() -> None:
    of_domain = [result(pair, "autoencoder", 0.9 + pair / 100) for pair in range(3)]
    rendered = summarise_rendered([*of_domain, result(0, "learned", 0.1)])
    assert rendered is not None and rendered["n"] == 3
    text = as_text(summarise([]) | ABOUT | {"rendered_clips": rendered})
    assert (
        "rendered by Blender, encoded and decoded: motion gain 0.91 (0.90 to 0.92), n = 3" in text
    )
    assert summarise_rendered([result(0, "learned", 0.1)]) is None


def test_curves() -> None:
    points = summarise_curves(curve_results())
    assert [(p["curve"], p["value"]) for p in points[:3]] == [
        ("offset", -0.2), ("offset", 0.0), ("offset", 0.2)
    ]  # fmt: skip
    assert points[0]["gain"]["median"] == pytest.approx(0.475)
    assert points[0]["change"]["median"] == pytest.approx(-0.04) and points[0]["gain"]["n"] == 4


def told(results: list[dict[str, Any]]) -> dict[str, Any]:
    summary = summarise(results) | ABOUT
    summary["curves"] = summarise_curves(curve_results())
    summary["cross_domain"] = [
        {"caption": "figure to object", "n": 6, "verdict": "Fails: none.",
         "gain": {"learned": {"median": 0.12, "interval": [0.0, 0.3]}}}
    ]  # fmt: skip
    return summary


def test_the_text_lines_up_and_says_it_all(results: list[dict[str, Any]]) -> None:
    text = as_text(told(results))
    lines = text.splitlines()
    assert "a machine" in lines[0] and "0123456789" in lines[0]
    header = next(i for i, line in enumerate(lines) if "limb error, %" in line)
    rows = lines[header + 1 : header + 5]
    assert "learned from its pictures" in rows[0] and " 12 " in rows[0] and " 6 " in rows[2]
    assert "-" in rows[0].split()  # leakage is unknown
    for words in ("figure to object", "Fails: none.", "Spearman", "offset", "overlap"):
        assert words in text
    assert not [line for line in lines if line != line.rstrip()]


def test_markdown_has_whole_tables(results: list[dict[str, Any]]) -> None:
    tables = [line for line in as_markdown(told(results)).splitlines() if line.startswith("|")]
    bars = {
        line.count("|") for line in tables if "limb error" in line or "learned motion (" in line
    }
    assert tables and max(bars) == 16


def test_the_csv_has_a_line_for_each_pair_and_row(results: list[dict[str, Any]]) -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(results))))
    assert len(lines) == len(results)
    assert lines[0]["row"] == "learned" and float(lines[0]["gain"]) == results[0]["gain"]
    assert lines[0]["leakage"] == "" and "curve" not in lines[0]


def test_the_tables_go_between_their_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_between(page, "new")
    write_between(page, "newer")
    text = page.read_text()
    assert text.startswith("before") and text.endswith("after\n")
    assert "newer" in text and "old" not in text and text.count(END) == 1
    other = tmp_path / "other.md"
    write_between(other, "alone")
    assert other.read_text() == "alone"


def test_every_plot_is_a_picture(results: list[dict[str, Any]], tmp_path: Path) -> None:
    paths = make_plots(told(results), results, tmp_path)
    names = {"rows", "gain_over_time", "reconstruction", "references", "offset", "scale"}
    assert {path.stem for path in paths} == names
    for path in paths:
        with Image.open(path) as picture:
            low, high = picture.convert("L").getextrema()
            assert picture.width > 600 and low < 100 and high == 255


def test_what_was_not_measured_has_no_plot(tmp_path: Path) -> None:
    summary = summarise([result(i, "shared", 0.2) for i in range(3)]) | ABOUT
    assert [path.stem for path in make_plots(summary, [], tmp_path)] == ["rows"]
