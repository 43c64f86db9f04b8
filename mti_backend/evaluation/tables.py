"""The figures as text: the printed table, Markdown, CSV."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from .columns import COLUMNS, GOOD
from .rows import HEADLINE, ROWS, STARTS
from .summary import QUICK_SHARE

Summary = dict[str, Any]
# Columns shown in every table; the others are in the CSV and the JSON.
_SHOWN = ("drawn", "cleared", "named", "gain", "share", "limb_error", "flicker", "fidelity",
          "first_psnr", "background_psnr", "leakage", "learn_seconds", "apply_seconds")  # fmt: skip
_CURVES = {
    "offset": "to the right, frame widths",
    "scale": "size of the target",
    "mirrored": "0: colours exchanged; 1: mirrored picture",
}


def rows_table(summary: Summary) -> list[list[str]]:
    """Header and one line per row: caption, n, median with its 95 % interval for each column."""
    titles = {c.key: f"{c.title}{f', {c.unit}' if c.unit else ''}" for c in COLUMNS}
    titles["share"] = f"gain > {GOOD}"
    lines = [["", "n", *(titles[key] for key in _SHOWN)]]
    for row in summary["rows"].values():
        lines.append([row["caption"], str(row["n"]), *(_cell(row, key) for key in _SHOWN)])
    return lines


def _cell(row: Summary, key: str) -> str:
    if key == "share":
        share = row[f"share_above_{GOOD}"]
        low, high = share["interval"]
        return f"{share['share']:.0%} ({low:.0%} to {high:.0%})"
    if key not in row["columns"]:
        return "-"
    digits = next(c.digits for c in COLUMNS if c.key == key)
    return with_interval(row["columns"][key], digits)


def with_interval(figure: Summary, digits: int = 2) -> str:
    """'0.46 (0.28 to 0.55)'"""
    low, high = figure["interval"]
    middle = figure["median"] if "median" in figure else figure["difference"]
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def comparisons_table(summary: Summary) -> list[list[str]]:
    """Differences of medians on the same pairs."""
    lines = [["compared", "n", "medians", "difference", "better in", "intervals"]]
    for c in summary["comparisons"]:
        lines.append([
            f"{ROWS[c['ours']].caption} - {ROWS[c['theirs']].caption}", str(c["n"]),
            f"{c['medians'][0]:.2f}, {c['medians'][1]:.2f}", with_interval(c), f"{c['wins']} pairs",
            "apart" if c["intervals_apart"] else "overlap",
        ])  # fmt: skip
    return lines


def motions_table(summary: Summary) -> list[list[str]]:
    """Gain by motion."""
    lines = [["motion", "n", "learned", "true tokens"]]
    for motion, rows in summary.get("motions", {}).items():
        bound = with_interval(rows["true_tokens"]) if "true_tokens" in rows else "-"
        lines.append([motion, str(rows[HEADLINE]["n"]), with_interval(rows[HEADLINE]), bound])
    return lines


def time_table(summary: Summary) -> list[list[str]]:
    """Gain against seconds of learning, for each start."""
    lines = [["start", "iterations", "seconds", "n", "gain"]]
    for key, points in summary.get("gain_over_time", {}).items():
        for p in points:
            iterations, seconds = f"{p['iterations']:.0f}", f"{p['seconds']:.1f}"
            lines.append([STARTS[key], iterations, seconds, str(p["n"]), with_interval(p)])
    return lines


def curves_table(summary: Summary) -> list[list[str]]:
    """Gain against offset, scale and mirroring."""
    lines = [["", "", "n", "gain", "change against aligned"]]
    for p in summary.get("curves", []):
        lines.append([
            f"{p['curve']} ({_CURVES[p['curve']]})", f"{p['value']:g}", str(p["gain"]["n"]),
            with_interval(p["gain"]), with_interval(p["change"]),
        ])  # fmt: skip
    return lines


def domains_table(summary: Summary) -> list[list[str]]:
    """Gains by domain, with a verdict each."""
    lines = [["domain", "n", "learned", "true tokens", "autoencoder", ""]]
    for d in summary.get("cross_domain", []):
        cells = [with_interval(d["gain"][row]) if row in d["gain"] else "-"
                 for row in (HEADLINE, "true_tokens", "autoencoder")]  # fmt: skip
        lines.append([d["caption"], str(d["n"]), *cells, d["verdict"]])
    return lines


def sentences(summary: Summary) -> list[str]:
    """Findings that are not in a table."""
    found = []
    share = summary.get("share_of_upper_bound")
    if share is not None:
        found.append(f"The learned motion reaches {share:.0%} of the upper bound's median gain.")
    quick = summary.get("quick_enough")
    if quick:
        times = ", ".join(
            f"after {s:.1f} s from {STARTS[key]}" if s is not None else f"never from {STARTS[key]}"
            for key, s in quick["seconds"].items()
        )
        found.append(
            f"{QUICK_SHARE:.0%} of the learned motion's last gain, {quick['gain']:.2f}, is there "
            f"{times}."
        )
    rendered = summary.get("rendered_clips")
    if rendered:
        found.append(
            "Clips rendered by Blender, encoded and decoded: motion gain "
            f"{with_interval(rendered['columns']['gain'])}, n = {rendered['n']}."
        )
    r = summary.get("reconstruction")
    if r:
        text = (
            f"Reconstruction of the reference against transfer: Spearman {r['spearman']:.2f} "
            f"({r['interval'][0]:.2f} to {r['interval'][1]:.2f}), n = {r['n']}."
        )
        if "warn_below" in r:
            text += (
                f" Warning below a reconstruction gain of {r['warn_below']:.2f} finds transfers "
                f"with gain < {GOOD} with a balanced accuracy of {r['balanced_accuracy']:.0%} "
                f"(leave one out: {r['balanced_accuracy_leave_one_out']:.0%})."
            )
        found.append(text)
    return found


_TABLES = (
    ("Held-out pairs", rows_table), ("Compared on the same pairs", comparisons_table),
    ("By motion", motions_table), ("Gain against seconds of learning", time_table),
    ("Offset, scale, mirroring", curves_table), ("Cross-domain", domains_table),
)  # fmt: skip


def as_text(summary: Summary) -> str:
    """All tables as aligned plain text."""
    parts = [about(summary)]
    for title, make in _TABLES:
        lines = make(summary)
        if len(lines) > 1:
            widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
            parts += ["", title]
            parts += ["  ".join(_fit(lines[i], widths)).rstrip() for i in range(len(lines))]
    return "\n".join([*parts, "", *sentences(summary)])


def _fit(cells: list[str], widths: list[int]) -> Iterable[str]:
    for i, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        yield cell.ljust(width) if i == 0 else cell.rjust(width)


def as_markdown(summary: Summary) -> str:
    """All tables, for docs/evaluation.md."""
    parts = [about(summary) + "."]
    for title, make in _TABLES:
        lines = make(summary)
        if len(lines) > 1:
            head, *body = (f"| {' | '.join(cells)} |" for cells in lines)
            parts += ["", f"### {title}", "", head, "|" + "---|" * len(lines[0]), *body]
    return "\n".join([*parts, "", *sentences(summary)]) + "\n"


def about(summary: Summary) -> str:
    """Model, date, commit and hardware in one line."""
    return (
        f"Model {summary['model']}; {summary['date']}, commit {summary['commit']}, "
        f"{summary['hardware']}; medians with bootstrap 95 % intervals"
    )


def as_csv(results: list[dict[str, Any]]) -> str:
    """One line per pair and row."""
    names = ["suite", "pair", "motion", "row", *(c.key for c in COLUMNS)]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(results)
    return text.getvalue()
