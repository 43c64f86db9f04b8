"""Aggregates results: medians with intervals, comparisons. Imports torch."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from .columns import COLUMNS, GOOD
from .reconstruction import reconstruction_report
from .rows import COMPARISONS, HEADLINE, KEYED, ROWS, STARTS
from .statistics import median_difference, median_interval, share_interval

Result = dict[str, Any]
Summary = dict[str, Any]
HEADLINE_COLUMNS = ("drawn", "cleared", "named", "gain", "limb_error", "flicker")
"""Columns by which a motion is judged: medians (named: the share of pairs)."""
QUICK_SHARE = 0.9
"""Fraction of the headline's final gain that a quick start has to reach."""


def summarise(results: list[Result]) -> Summary:
    """All figures of the held-out pairs; `median_motion_gain` is the headline.

    Args:
        results: One per pair and row, as stored by store.py.
    """
    by_row: dict[str, list[Result]] = defaultdict(list)
    for result in sorted(results, key=lambda r: r["pair"]):
        by_row[result["row"]].append(result)
    summary: Summary = {
        "rows": {key: _row(key, by_row[key]) for key in ROWS if by_row[key]},
        "comparisons": list(_comparisons(by_row)),
        "gain_over_time": {key: p for key in STARTS if (p := gain_over_time(by_row[key]))},
    }
    headline = by_row[HEADLINE]
    if headline:
        gain = summary["rows"][HEADLINE]["columns"]["gain"]["median"]
        summary["median_motion_gain"] = gain
        rows = summary["rows"]
        summary["headline"] = _headline(rows[KEYED if KEYED in rows else HEADLINE])
        summary["headline_from_pictures"] = _headline(rows[HEADLINE])
        summary["motions"] = _motions(by_row)
        summary["reconstruction"] = reconstruction_report(headline)
        summary["quick_enough"] = _quick_enough(summary["gain_over_time"])
        if by_row["true_tokens"]:
            bound = summary["rows"]["true_tokens"]["columns"]["gain"]["median"]
            summary["share_of_upper_bound"] = gain / bound if bound > 0 else None
    return summary


def _headline(row: Summary) -> Summary:
    columns = row["columns"]
    return {key: columns[key]["median"] if key in columns else None for key in HEADLINE_COLUMNS}


def _row(key: str, results: list[Result]) -> Summary:
    gains = [r["gain"] for r in results]
    share, low, high = share_interval(gains, GOOD)
    columns = {}
    for column in COLUMNS:
        values = [r[column.key] for r in results if r.get(column.key) is not None]
        if values:
            columns[column.key] = told_share(values) if column.share else told(values)
    return {
        "caption": ROWS[key].caption,
        "n": len(results),
        "columns": columns,
        f"share_above_{GOOD}": {"share": share, "interval": [low, high]},
    }


def told(values: list[float]) -> Summary:
    """A median as stored in the JSON: with its 95 % interval and the number of values."""
    median, low, high = median_interval(values)
    return {"median": median, "interval": [low, high], "n": len(values)}


def told_share(values: list[float]) -> Summary:
    """A share of pairs, in the format of a median."""
    share, low, high = share_interval(values, 0.5)
    return {"median": share, "interval": [low, high], "n": len(values)}


def _comparisons(by_row: dict[str, list[Result]]) -> Iterable[Summary]:
    """Differences of median gains, each on the pairs for which both rows were measured."""
    for ours, theirs in COMPARISONS:
        a = {r["pair"]: r["gain"] for r in by_row[ours]}
        b = {r["pair"]: r["gain"] for r in by_row[theirs]}
        both = sorted(a.keys() & b.keys())
        if not both:
            continue
        mine, other = [a[i] for i in both], [b[i] for i in both]
        difference, low, high = median_difference(mine, other)
        yield {
            "ours": ours, "theirs": theirs, "n": len(both),
            "medians": [told(mine)["median"], told(other)["median"]],
            "difference": difference, "interval": [low, high],
            "intervals_apart": _apart(told(mine)["interval"], told(other)["interval"]),
            "wins": sum(x > y for x, y in zip(mine, other, strict=True)),
        }  # fmt: skip


def _apart(a: list[float], b: list[float]) -> bool:
    return a[0] > b[1] or b[0] > a[1]


def _motions(by_row: dict[str, list[Result]]) -> Summary:
    """Median gain by motion, for the learned row and its upper bound."""
    table: Summary = {}
    for key in (HEADLINE, "true_tokens"):
        gains: dict[str, list[float]] = defaultdict(list)
        for result in by_row[key]:
            gains[result["motion"]].append(result["gain"])
        for motion, values in gains.items():
            table.setdefault(motion, {})[key] = told(values)
    return table


def gain_over_time(results: list[Result]) -> list[Summary]:
    """Median gain by iterations and seconds of learning, where it was measured.

    Args:
        results: Of one row. The first point is the initialization, 0 iterations.
    """
    looked = [r["curve"] for r in results if r.get("curve")]
    if not looked or len({len(curve) for curve in looked}) != 1:
        return []
    points = []
    for stop in zip(*looked, strict=True):
        seconds = median_interval([point[1] for point in stop])[0]
        points.append({"iterations": stop[0][0], "seconds": seconds, **told([p[2] for p in stop])})
    return points


def _quick_enough(ways: dict[str, list[Summary]]) -> Summary | None:
    """Seconds after which each start reaches QUICK_SHARE of the headline's final gain."""
    if HEADLINE not in ways or ways[HEADLINE][-1]["median"] <= 0:
        return None
    level = QUICK_SHARE * ways[HEADLINE][-1]["median"]
    return {
        "gain": level,
        "seconds": {key: seconds_to(points, level) for key, points in ways.items()},
    }


def seconds_to(points: list[Summary], level: float) -> float | None:
    """When the median gain first reaches `level`, interpolated linearly; None if it never does."""
    if points[0]["median"] >= level:
        return float(points[0]["seconds"])
    for before, after in pairwise(points):
        if after["median"] >= level:
            share = (level - before["median"]) / (after["median"] - before["median"])
            return float(before["seconds"] + share * (after["seconds"] - before["seconds"]))
    return None


def summarise_rendered(results: list[Result]) -> Summary | None:
    """Reconstruction by the autoencoder of clips rendered by Blender; None if there are none.

    Args:
        results: All rows of the domain of rendered targets.
    """
    decoded = [r for r in results if r["row"] == "autoencoder"]
    return _row("autoencoder", decoded) if decoded else None


def summarise_curves(results: list[Result]) -> list[Summary]:
    """Gain at each point of each curve, and its change relative to the aligned target."""
    at: dict[tuple[str, float], list[Result]] = defaultdict(list)
    for result in results:
        for point in result["points"]:
            at[point["curve"], point["value"]].append(point)
    return [
        {
            "curve": curve, "value": value, "gain": told([p["gain"] for p in points]),
            "change": told([p["change"] for p in points]),
        }
        for (curve, value), points in sorted(at.items())
    ]  # fmt: skip
