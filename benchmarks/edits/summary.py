"""The figures of all trials, and their tables. Imports torch for the statistics only."""

import math
from collections.abc import Iterable
from typing import Any

from mti_backend.evaluation.statistics import median_interval
from mti_backend.method.motion_textual_inversion.edits import DEAD_ZONE, interpolation

from .units import RAW, SEAMS, STRENGTHS, TIMES, WEIGHTS

Figures = dict[str, Any]
LEAST = 0.02
"""Frame widths: a motion that was learned with a smaller amplitude is near the draft's threshold of
stillness, where a ratio of amplitudes says little. It is named, and left out."""
LINEAR = 0.15
"""Difference from the strength, in shares of the full amplitude, that counts as linear."""


def summary(found: dict[str, Figures]) -> Figures:
    """Everything that the tables and plots show, by kind of edit; kinds without trials are left
    out."""
    kinds = {
        "strength": _strength,
        "time": _time,
        "blend": _blend,
        "chain": _chain,
    }
    trials = {kind: [r for n, r in found.items() if n.startswith(kind)] for kind in kinds}
    return {kind: kinds[kind](rows) for kind, rows in trials.items() if rows}


def _spread(values: Iterable[float | None]) -> Figures:
    """Median, interval and range of what is known."""
    known = [v for v in values if v is not None and math.isfinite(v)]
    if not known:
        return {"n": 0}
    median, low, high = median_interval(known)
    return {"n": len(known), "median": median, "interval": [low, high],
            "range": [min(known), max(known)]}  # fmt: skip


def _strength(rows: list[Figures]) -> Figures:
    moving = [r for r in rows if _is_known(r)]
    dead, errors = _fit_and_check(moving)
    points = []
    for k, strength in enumerate(STRENGTHS):
        each = [r["points"][k] for r in moving]
        point = {"strength": strength, "amplitude": _spread(p["amplitude"] for p in each)}
        point["true_amplitude"] = _spread(p["true_amplitude"] for p in each)
        for key in ("gain", "bound", "unedited"):
            point[key] = _spread(p.get(key) for p in each)
        points.append(point)
    curves = {name: [p["amplitude"] for p in r["points"]] for name, r in _named(moving)}
    off = [abs(a - s) for c in curves.values() for a, s in zip(c, STRENGTHS, strict=True) if s <= 1]
    return {
        "points": points,
        "raw": [
            {"factor": f, "amplitude": _spread(r["raw"][k]["amplitude"] for r in moving)}
            for k, f in enumerate(RAW)
        ],
        "curves": curves,
        "monotonic": sum(c == sorted(c) for c in curves.values()),
        "linear": sum(
            all(abs(a - s) <= LINEAR for a, s in zip(c, STRENGTHS, strict=True) if s <= 1)
            for c in curves.values()
        ),
        "worst": max(off, default=None),
        "n": len(curves),
        "still": {name: r for name, r in _named([r for r in rows if r not in moving])},
        "dead_zone": {"used": DEAD_ZONE["draft"], "fitted": dead, "checked": errors},
    }


def _is_known(row: Figures) -> bool:
    return math.isfinite(row["learned"]) and row["learned"] >= LEAST


def _named(rows: list[Figures]) -> Iterable[tuple[str, Figures]]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["motion"]] = number = counts.get(row["motion"], 0) + 1
        yield f"{row['motion']} {number}", row


def _fit_and_check(rows: list[Figures]) -> tuple[float | None, Figures]:
    """The dead zone that makes one half of the motions most linear, and how linear the other half
    then is."""
    names = sorted({r["motion"] for r in rows})
    ours = [r for r in rows if names.index(r["motion"]) % 2 == 0]
    others = [r for r in rows if names.index(r["motion"]) % 2]
    if not ours or not others:
        return None, {}
    best = min((k / 100 for k in range(31)), key=lambda dead: _off(ours, dead)[0])
    mean, worst = _off(others, best)
    return best, {"mean": mean, "worst": worst, "n": len(others), "fitted_on": len(ours)}


def _off(rows: list[Figures], dead: float) -> tuple[float, float]:
    """Mean and largest difference of the amplitude from the strength, up to 100 %."""
    off = []
    for row in rows:
        amplitudes = [p["amplitude"] for p in row["raw"]]
        for k in range(1, 21):
            strength = k / 20
            factor = dead + (1 - dead) * strength
            off.append(abs(_between(amplitudes, factor) - strength))
    return sum(off) / len(off), max(off)


def _between(values: list[float], factor: float) -> float:
    place = factor * 8
    low = min(int(place), len(values) - 2)
    return values[low] + (place - low) * (values[low + 1] - values[low])


def _time(rows: list[Figures]) -> Figures:
    keys = ("gain", "bound", "unedited", "without_layout")
    result: Figures = {
        name: {key: _spread(r["rows"][name][key] for r in rows) for key in keys} for name in TIMES
    }
    matching = [r["reverse"] for r in rows]
    steps = {
        "pose at its end": matching,
        "pose at its start": [step["from_other_pose"] for step in matching],
    }
    result["first_step"] = {
        place: {key: _spread(s.get(key) for s in each) for key in ("first", "later")}
        for place, each in steps.items()
    }
    return result


def _blend(rows: list[Figures]) -> list[Figures]:
    keys = ("gain", "bound", "first", "second")
    return [
        {"weight": w, **{key: _spread(r["points"][k][key] for r in rows) for key in keys}}
        for k, w in enumerate(WEIGHTS)
    ]


def _chain(rows: list[Figures]) -> list[Figures]:
    points = []
    for k, seam in enumerate(SEAMS):
        each = [r["points"][k] for r in rows]
        point: Figures = {"seam": seam}
        for key in ("gain", "bound", "first", "without_layout"):
            point[key] = _spread(p[key] for p in each)
        for key in ("seam_jerk", "true_jerk"):
            point[key] = {
                order: _spread(p[key].get(order) for p in each)
                for order in ("speed", "acceleration", "jerk")
            }
        points.append(point)
    return points


def told(figures: Figures) -> str:
    """The tables of the docs, as Markdown."""
    about = figures["about"]
    lines = [f"Model {about['model']}; commit {about['commit']}, {about['machine']}; medians with "
             "bootstrap 95 % intervals.", ""]  # fmt: skip
    for kind, tell in (("strength", _told_strength), ("time", _told_time),
                       ("blend", _told_blend), ("chain", _told_chain)):  # fmt: skip
        if kind in figures:
            lines += [*tell(figures[kind]), ""]
    return "\n".join(lines)


def _cell(spread: Figures, digits: int = 2) -> str:
    if not spread.get("n"):
        return "-"
    low, high = spread["interval"]
    return f"{spread['median']:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def _told_strength(of: Figures) -> list[str]:
    rows = []
    for p in of["points"]:
        low, high = p["amplitude"].get("range", (0, 0))
        rows.append([
            f"{p['strength']:.0%}", f"{interpolation(p['strength'], 'draft'):.2f}",
            _cell(p["amplitude"]), f"{low:.2f} to {high:.2f}", _cell(p["true_amplitude"]),
            _cell(p["gain"]), _cell(p["bound"]), _cell(p["unedited"]),
        ])  # fmt: skip
    zone = of["dead_zone"]
    lines = _table(
        ["strength", "i", "amplitude", "range", "amplitude of scaled angles", "gain",
         "true tokens", "not edited"], rows)  # fmt: skip
    checked = zone["checked"]
    lines += ["", f"Monotonic: {of['monotonic']} of {of['n']}. Within {LINEAR:.0%} of the full "
              f"amplitude up to 100 %: {of['linear']} of {of['n']}; largest difference "
              f"{of['worst']:.2f}."]  # fmt: skip
    for name, row in of["still"].items():
        curve = ", ".join(f"{p['amplitude']:.2f}" for p in row["points"])
        lines.append(f"Left out: {name}, learned with an amplitude of {row['learned']:.3f} frame "
                     f"widths; {curve}.")  # fmt: skip
    if checked:
        lines.append(
            f"Dead zone used: {zone['used']:.2f}. Fitted on one half of the motions: "
            f"{zone['fitted']:.2f}; with it, the others differ by {checked['mean']:.3f} in the "
            f"mean and {checked['worst']:.2f} at most."
        )
    return lines


def _told_time(of: Figures) -> list[str]:
    keys = ("gain", "bound", "unedited", "without_layout")
    rows = [[name, *(_cell(of[name][key]) for key in keys)] for name in TIMES]
    lines = _table(["time", "gain", "true tokens", "not edited", "without the layout"], rows)
    steps = [[place, *(_cell(step[key], 3) for key in ("first", "later"))]
             for place, step in of["first_step"].items()]  # fmt: skip
    head = ["reversed; the target shows the motion's", "first step", "largest later step"]
    return [*lines, "", *_table(head, steps)]


def _told_blend(of: list[Figures]) -> list[str]:
    keys = ("gain", "bound", "first", "second")
    rows = [[f"{p['weight']:.0%}", *(_cell(p[key]) for key in keys)] for p in of]
    return _table(["influence of the second", "gain", "true tokens", "only the first",
                   "only the second"], rows)  # fmt: skip


def _told_chain(of: list[Figures]) -> list[str]:
    rows = [
        [f"{p['seam']:.0%}", *(_cell(p[key]) for key in ("gain", "bound", "first",
                                                         "without_layout")),
         *(_cell(p["seam_jerk"][order], 3) for order in ("speed", "acceleration", "jerk"))]
        for p in of
    ]  # fmt: skip
    return _table(["seam", "gain", "true tokens", "only the first", "without the layout",
                   "speed at the seam", "acceleration", "jerk"], rows)  # fmt: skip
