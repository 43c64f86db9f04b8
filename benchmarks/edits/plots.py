"""Plots of the figures, and contact sheets of edited clips. Imports matplotlib."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from mti_addon.wire.edit import AS_LEARNED, MotionEdit, MotionPart
from mti_backend.frames import to_pictures

from .measure import Lab, Trial
from .summary import LINEAR, Figures
from .units import TIMES, chained, one

_SIZE = (7.0, 4.2)
_BLUE, _ORANGE, _GREEN, _GREY = "tab:blue", "tab:orange", "tab:green", "0.55"


def make_plots(figures: Figures, folder: Path) -> list[Path]:
    """Write the plots that the figures allow as edits_KIND.png; returns their paths."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    drawers: dict[str, Callable[[Any, Any], None]] = {
        "strength": _strength, "time": _time, "blend": _blend, "chain": _chain,
    }  # fmt: skip
    paths = []
    for kind, draw in drawers.items():
        if kind not in figures:
            continue
        figure, axes = pyplot.subplots(figsize=_SIZE, layout="constrained")
        draw(axes, figures[kind])
        axes.grid(alpha=0.25)
        path = folder / f"edits_{kind}.png"
        figure.savefig(path, dpi=120)
        paths.append(path)
        pyplot.close(figure)
    return paths


def _strength(axes: Any, of: Figures) -> None:
    x = [100 * p["strength"] for p in of["points"]]
    axes.fill_between([0, 100], [-100 * LINEAR, 100 - 100 * LINEAR],
                      [100 * LINEAR, 100 + 100 * LINEAR], color="0.92",
                      label=f"within {LINEAR:.0%} of the full amplitude")  # fmt: skip
    axes.plot([0, 150], [0, 150], color=_GREY, linestyle="--", linewidth=1)
    label: str | None = "each motion and target"
    for curve in of["curves"].values():
        percent = [100 * amplitude for amplitude in curve]
        axes.plot(x, percent, color=_BLUE, alpha=0.25, linewidth=0.9, label=label)
        label = None
    axes.plot(x, [100 * p["amplitude"]["median"] for p in of["points"]], "o-", color=_BLUE,
              label=f"edited tokens, median (n = {of['n']})")  # fmt: skip
    axes.plot([100 * p["factor"] for p in of["raw"]],
              [100 * p["amplitude"]["median"] for p in of["raw"]], ":", color=_ORANGE,
              label="without the dead zone")  # fmt: skip
    axes.plot(x, [100 * p["true_amplitude"]["median"] for p in of["points"]], "-", color=_GREEN,
              linewidth=1, label="the joint angles scaled")  # fmt: skip
    axes.set_xlabel("strength, %")
    axes.set_ylabel("amplitude of the limbs, % of that at 100 %")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)


def _bars(axes: Any, names: Sequence[str], rows: dict[str, list[Figures]]) -> None:
    """Grouped bars with intervals; a name for each group, a row of medians for each color."""
    colors = (_BLUE, _GREEN, _GREY, _ORANGE)
    width = 0.8 / len(rows)
    for k, (label, spreads) in enumerate(rows.items()):
        x = np.arange(len(names)) + (k - (len(rows) - 1) / 2) * width
        middle = np.array([s.get("median", np.nan) for s in spreads])
        ends = np.array([s.get("interval", [np.nan] * 2) for s in spreads]).T
        axes.bar(x, middle, width, color=colors[k], label=label)
        axes.errorbar(x, middle, np.abs(ends - middle), fmt="none", color="0.25", linewidth=0.8)
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.axhline(0, color="0.3", linewidth=0.8)
    axes.set_ylabel("motion gain, median and 95 % interval")
    low = min((s["median"] for row in rows.values() for s in row if s.get("n")), default=0)
    axes.set_ylim(max(-1.0, min(0.0, low) - 0.25), 1.0)
    axes.legend(fontsize=8)


def _time(axes: Any, of: Figures) -> None:
    names = list(TIMES)
    _bars(axes, [name.replace(", ", ",\n").replace(" to ", "\nto ") for name in names], {
        "edited tokens": [of[name]["gain"] for name in names],
        "true tokens of the edited motion": [of[name]["bound"] for name in names],
        "not edited": [of[name]["unedited"] for name in names],
        "edited without the token layout": [of[name]["without_layout"] for name in names],
    })  # fmt: skip


def _blend(axes: Any, of: list[Figures]) -> None:
    names = [f"influence {p['weight']:.0%}" for p in of]
    keys = {"blended tokens": "gain", "true tokens of the blend": "bound",
            "only the first motion": "first", "only the second motion": "second"}  # fmt: skip
    _bars(axes, names, {label: [p[key] for p in of] for label, key in keys.items()})


def _chain(axes: Any, of: list[Figures]) -> None:
    names = [f"seam {p['seam']:.0%}\njerk {p['seam_jerk']['jerk']['median']:.2f}" for p in of]
    keys = {"chained tokens": "gain", "true tokens of the chain": "bound",
            "only the first motion": "first",
            "chained without the token layout": "without_layout"}  # fmt: skip
    _bars(axes, names, {label: [p[key] for p in of] for label, key in keys.items()})


def make_sheets(lab: Lab, folder: Path) -> list[Path]:
    """Write edits_clips.png: a row of images for each of some edits, on one target each."""
    wave, walk, squat = (lab.names.index(name) for name in ("wave", "walk", "squat"))
    blend = MotionEdit("blend", parts=(MotionPart(weight=0.5), MotionPart(weight=0.5)))
    rows: list[tuple[str, Trial]] = [
        (f"wave, strength {s:.0%}", lab.trial([wave], one(MotionPart(strength=s)), 0))
        for s in (0.0, 0.5, 1.0, 1.5)
    ]
    rows += [
        ("wave, reversed", lab.trial([wave], one(TIMES["reverse"]), 0)),
        ("walk, as learned", lab.trial([walk], AS_LEARNED, 0)),
        ("walk, speed 200 %, repeated", lab.trial([walk], one(TIMES["speed 200 %, loop"]), 0)),
        ("wave and squat, blended", lab.trial([wave, squat], blend, 0)),
        ("walk, then wave", lab.trial([walk, wave], chained(0.2), 0)),
    ]
    strips = [_labelled(name, trial.clip(trial.embedding())) for name, trial in rows]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "edits_clips.png"
    Image.fromarray(np.concatenate(strips, 0)).save(path, optimize=True)
    return [path]


def _labelled(name: str, clip: torch.Tensor) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Seven images of a clip side by side, below a line of text."""
    from PIL import ImageDraw

    shown = np.concatenate(list(to_pictures(clip[::2])), axis=1)
    head = Image.new("RGB", (shown.shape[1], 18), "white")
    ImageDraw.Draw(head).text((4, 3), name, fill="black")
    return np.concatenate([np.asarray(head), shown], 0)
