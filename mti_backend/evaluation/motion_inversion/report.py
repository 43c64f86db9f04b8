"""Summary, tables and contact sheets of the pairs' results. Imports torch and PIL."""

from pathlib import Path
from typing import Any

import torch

from ...contact_sheet import contact_sheet
from ..statistics import median_difference, median_interval
from ..store import Store
from .measure import COLUMNS, Result
from .pairs import Pair
from .rows import COMPARISONS, HEADLINE, ROWS

Summary = dict[str, Any]
_MEDIAN = "track_correlation"
_DRAWS = 10_000


def summarise(results: list[Result]) -> Summary:
    """Every row's columns with 95 % bootstrap intervals; `headline` is that of one row, as numbers:
    track_correlation, subject_right, colour_right, leakage."""
    by_row = {
        key: sorted((r for r in results if r["row"] == key), key=lambda r: int(r["pair"]))
        for key in ROWS
    }
    rows = {key: _row(key, found) for key, found in by_row.items() if found}
    summary: Summary = {"method": "motion-inversion", "rows": rows}
    if HEADLINE in rows:
        columns = rows[HEADLINE]["columns"]
        summary["headline"] = {column: columns[column]["value"] for column in COLUMNS}
    summary["comparisons"] = [
        _compared(column, ours, theirs, by_row)
        for ours, theirs in COMPARISONS
        for column in ("track_correlation", "leakage")
        if by_row[ours] and by_row[theirs]
    ]
    return summary


def _row(key: str, results: list[Result]) -> Summary:
    seconds = {
        what: sum(r[what] for r in results) / len(results)
        for what in ("learn_seconds", "play_seconds")
    }
    columns = {column: _told(column, results) for column in COLUMNS}
    return {"caption": ROWS[key].caption, "n": len(results), "columns": columns, "seconds": seconds}


def _told(column: str, results: list[Result]) -> Summary:
    values = [float(r[column]) for r in results]
    value, low, high = median_interval(values) if column == _MEDIAN else mean_interval(values)
    return {"value": value, "interval": [low, high]}


def mean_interval(values: list[float], seed: int = 0) -> tuple[float, float, float]:
    """The mean and its 95 % bootstrap interval (percentile method): mean, low, high."""
    data = torch.tensor(values, dtype=torch.float64)
    g = torch.Generator().manual_seed(seed)
    means = data[torch.randint(len(data), (_DRAWS, len(data)), generator=g)].mean(1)
    low, high = means.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return float(data.mean()), low, high


def _compared(column: str, ours: str, theirs: str, by_row: dict[str, list[Result]]) -> Summary:
    """The difference on the pairs that both have: of medians, or for leakage of means."""
    left, right = ({r["pair"]: float(r[column]) for r in by_row[key]} for key in (ours, theirs))
    both = sorted(set(left) & set(right))
    a, b = [left[i] for i in both], [right[i] for i in both]
    if column == _MEDIAN:
        difference, low, high = median_difference(a, b)
    else:
        difference, low, high = mean_interval([x - y for x, y in zip(a, b, strict=True)])
    return {
        "column": column, "ours": ours, "theirs": theirs, "n": len(both),
        "difference": difference, "interval": [low, high],
    }  # fmt: skip


def as_markdown(summary: Summary) -> str:
    """The tables."""
    head = ["", "n", *COLUMNS.values(), "learning, s", "playing, s"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for row in summary["rows"].values():
        cells = [_cell(row["columns"][column]) for column in COLUMNS]
        times = [f"{row['seconds'][what]:.1f}" for what in ("learn_seconds", "play_seconds")]
        lines.append(f"| {' | '.join([row['caption'], str(row['n']), *cells, *times])} |")
    if summary["comparisons"]:
        lines += ["", "| compared | column | n | difference |", "|---|---|---|---|"]
    for c in summary["comparisons"]:
        told = f"{ROWS[c['ours']].caption} - {ROWS[c['theirs']].caption}"
        value = _cell({"value": c["difference"], "interval": c["interval"]})
        lines.append(f"| {told} | {COLUMNS[c['column']]} | {c['n']} | {value} |")
    return "\n".join(lines) + "\n"


def _cell(figure: Summary) -> str:
    low, high = figure["interval"]
    return f"{figure['value']:.2f} ({low:.2f} to {high:.2f})"


def write_pages(pairs: list[Pair], rows: list[str], store: Store, folder: Path) -> list[Path]:
    """One contact sheet of each pair: its reference, then its rows, every second frame."""
    paths = []
    folder.mkdir(parents=True, exist_ok=True)
    for pair in pairs:
        frames = len(pair.reference)
        clips = [
            (f"reference: {pair.reference_caption.text()} [{pair.motion}]", "reference"),
            *((f"{ROWS[key].caption}: {_prompt(pair, key)}", key) for key in rows),
        ]
        sheet = contact_sheet(
            [(told, store.read_clip(pair.name, key, frames)[::2]) for told, key in clips]
        )
        paths.append(folder / f"{pair.name}.png")
        sheet.save(paths[-1])
    return paths


def _prompt(pair: Pair, row: str) -> str:
    """What a row's clip was asked to show."""
    return (pair.words if ROWS[row].kind == "words" else pair.prompt).text()
