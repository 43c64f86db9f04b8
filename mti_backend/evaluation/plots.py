"""Plots of the figures. Imports matplotlib lazily, since it is not part of the backend."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mti_addon.wire.errors import BackendMissing

from .columns import GOOD
from .rows import HEADLINE, ROWS, STARTS

Summary = dict[str, Any]
_SIZE = (8.0, 4.5)


def make_plots(summary: Summary, results: list[dict[str, Any]], folder: Path) -> list[Path]:
    """Write all plots that the figures allow, as PNG; returns their paths.

    Raises BackendMissing if matplotlib is not installed.
    """
    pyplot = _pyplot()
    folder.mkdir(parents=True, exist_ok=True)
    drawers: dict[str, Callable[[Any], bool]] = {
        "rows": lambda axes: _rows(axes, summary),
        "gain_over_time": lambda axes: _over_time(axes, summary),
        "reconstruction": lambda axes: _reconstruction(axes, summary, results),
        "references": lambda axes: _references(axes, summary),
        "offset": lambda axes: _curve(axes, summary, "offset"),
        "scale": lambda axes: _curve(axes, summary, "scale"),
    }
    paths = []
    for name, draw in drawers.items():
        figure, axes = pyplot.subplots(figsize=_SIZE, layout="constrained")
        if draw(axes):
            path = folder / f"{name}.png"
            figure.savefig(path, dpi=120)
            paths.append(path)
        pyplot.close(figure)
    return paths


def _pyplot() -> Any:
    try:
        import matplotlib
    except ImportError as error:
        raise BackendMissing(
            "The plots need matplotlib, which is not installed.",
            "Install the development packages (make setup), or skip the plots with --no-plots.",
        ) from error
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def _rows(axes: Any, summary: Summary) -> bool:
    rows = [r for r in summary["rows"].values() if "gain" in r["columns"]]
    if not rows:
        return False
    for y, row in enumerate(reversed(rows)):
        gain = row["columns"]["gain"]
        axes.errorbar(gain["median"], y, xerr=_arms(gain), fmt="o", color="tab:blue", capsize=3)
    axes.set_yticks(range(len(rows)), [f"{r['caption']} (n = {r['n']})" for r in reversed(rows)])
    axes.axvline(GOOD, color="grey", linewidth=0.8, linestyle=":")
    axes.set_xlabel("motion gain, median and 95 % interval")
    axes.tick_params(axis="y", labelsize=7)
    return True


def _over_time(axes: Any, summary: Summary) -> bool:
    ways = summary.get("gain_over_time", {})
    if not ways:
        return False
    for key, colour in zip(STARTS, ("tab:blue", "tab:orange"), strict=False):
        points = ways.get(key, [])
        if points:
            name = f"from {STARTS[key]} (n = {points[0]['n']})"
            _band(axes, [p["seconds"] for p in points], points, colour, name)
    axes.legend(fontsize=8)
    axes.set_xlabel("seconds of learning (median)")
    axes.set_ylabel("motion gain")
    return True


def _curve(axes: Any, summary: Summary, name: str) -> bool:
    points = [p for p in summary.get("curves", []) if p["curve"] == name]
    if not points:
        return False
    _band(axes, [p["value"] for p in points], [p["gain"] for p in points])
    what = "offset of the target, frame widths" if name == "offset" else "size of the target"
    axes.set_xlabel(f"{what} (n = {points[0]['gain']['n']})")
    axes.set_ylabel("motion gain")
    axes.set_ylim(bottom=min(0.0, *(p["gain"]["interval"][0] for p in points)))
    return True


def _references(axes: Any, summary: Summary) -> bool:
    keys = {ROWS[key].references: key for key in summary["rows"] if key.startswith("references_")}
    ours = {c["ours"]: c for c in summary["comparisons"] if c["theirs"] == HEADLINE}
    counts = [k for k in sorted(keys) if keys[k] in ours]
    if not counts:
        return False
    points = [ours[keys[k]] | {"median": ours[keys[k]]["difference"]} for k in counts]
    _band(axes, counts, points)
    axes.axhline(0, color="grey", linewidth=0.8)
    axes.set_xlabel(f"re-rendered references K (n = {points[0]['n']})")
    axes.set_ylabel("difference of median gain to one reference")
    return True


def _reconstruction(axes: Any, summary: Summary, results: list[dict[str, Any]]) -> bool:
    report = summary.get("reconstruction")
    if not report:
        return False
    known = [r for r in results
             if r["row"] == HEADLINE and r.get("reconstruction_gain") is not None]  # fmt: skip
    axes.scatter([r["reconstruction_gain"] for r in known], [r["gain"] for r in known], s=14)
    axes.axhline(GOOD, color="grey", linewidth=0.8, linestyle=":")
    if "warn_below" in report:
        axes.axvline(report["warn_below"], color="tab:red", linewidth=0.8)
    axes.set_xlabel("gain on the reference's own first frame (line: warn below)")
    axes.set_ylabel("gain on the target")
    axes.set_title(f"Spearman {report['spearman']:.2f}, n = {report['n']}", fontsize=9)
    return True


def _band(
    axes: Any, x: Sequence[float], points: list[Summary], colour: str = "tab:blue", name: str = ""
) -> None:
    axes.plot(x, [p["median"] for p in points], "o-", color=colour, label=name)
    low, high = zip(*(p["interval"] for p in points), strict=True)
    axes.fill_between(x, low, high, color=colour, alpha=0.2)


def _arms(figure: Summary) -> list[list[float]]:
    low, high = figure["interval"]
    return [[figure["median"] - low], [high - figure["median"]]]
