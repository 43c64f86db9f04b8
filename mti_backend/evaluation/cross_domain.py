"""Pairs whose reference and target are of different kinds, and their verdicts. Imports torch."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ..draft.procedural.figures import random_figures
from ..draft.procedural.motions import CAMERA, CHANNELS, INDEX, Motions
from ..draft.procedural.named import NAMED, named_motion
from .columns import GOOD
from .pairs import Pair, in_full, make_pair
from .statistics import median_interval

RENDERED = "stick_to_blender"
"""The domain whose targets were rendered by Blender."""
SEEDS = 6
"""Default number of pairs per domain."""
ROWS = ("no_motion", "poses", "learned", "true_tokens", "autoencoder")
_SEED = 950_000_000
# Motions that also suit quadrupeds and objects, which perform them in their own way.
_FOR_ALL = ("walk", "squat", "jumping_jack", "wave", "bow", "run")
# Pan (frame widths), ln zoom, roll (radians) at the end of an eased camera move.
_CAMERAS = {
    "pan": {"pan_x": 0.25}, "zoom in": {"zoom": 0.35}, "roll": {"roll": 0.3},
    "tilt": {"pan_y": 0.15}, "zoom out": {"zoom": -0.3},
    "pan and zoom": {"pan_x": -0.2, "zoom": 0.2},
}  # fmt: skip


@dataclass(frozen=True)
class Domain:
    """A kind of transfer; `make` creates its pair number `index`."""

    key: str
    caption: str
    make: Callable[[int], Pair]
    count: int = SEEDS


def _random(key: str, index: int) -> torch.Generator:
    place = sum(ord(c) * (i + 1) for i, c in enumerate(key))
    return torch.Generator().manual_seed(_SEED + 1000 * place + index)


def _looks(key: str, reference: str, target: str, kind: str = "human") -> Callable[[int], Pair]:
    names = list(NAMED) if kind == "human" else list(_FOR_ALL)

    def make(index: int) -> Pair:
        g = _random(key, index)
        name = names[index % len(names)]
        shown = in_full(random_figures(1, g, reference), g)
        wanted = in_full(random_figures(1, g, target, kind=kind), g)
        return make_pair(name, named_motion(name), shown, wanted)

    return make


def camera_motion(name: str) -> Motions:
    """The eased camera move `name` of _CAMERAS, with a standing figure; B = 1."""
    ends = _CAMERAS[name]

    def values(t: Tensor) -> Tensor:
        out = torch.zeros(t.shape[0], len(CHANNELS), t.shape[1])
        for side in ("l", "r"):
            out[:, INDEX[f"arm_{side}"]], out[:, INDEX[f"leg_{side}"]] = 0.15, 0.08
        for channel, end in ends.items():
            out[:, INDEX[channel]] = end * t * t * (3 - 2 * t)
        return out

    return Motions(values, torch.tensor([True]))


def _camera_to_anything(index: int) -> Pair:
    g = _random("camera", index)
    name = list(_CAMERAS)[index % len(_CAMERAS)]
    kinds = ("human", "object", "quadruped")
    shown = random_figures(1, g, "stick")
    wanted = random_figures(1, g, "solid", kind=kinds[index % 3])
    # A camera move is not visible on plain paper.
    for figures in (shown, wanted):
        figures.behind.blobs[:, :, 3].clamp_(min=0.6)
    return make_pair(name, camera_motion(name), shown, wanted)


def _two_at_once(index: int) -> Pair:
    g = _random("two", index)
    body, camera = list(_FOR_ALL)[index % len(_FOR_ALL)], list(_CAMERAS)[index % len(_CAMERAS)]
    figure, move = named_motion(body), camera_motion(camera)

    def values(t: Tensor) -> Tensor:
        both = figure.values(t).clone()
        both[:, CAMERA] += move.values(t)[:, CAMERA]
        return both

    motion = replace(figure, values=values)
    shown, wanted = random_figures(1, g, "stick"), random_figures(1, g, "solid")
    return make_pair(f"{body} with {camera}", motion, shown, wanted)


def _blender(index: int) -> Pair:
    from .blender_targets import blender_pair

    return blender_pair(index)


def domains() -> list[Domain]:
    """All domains in table order; stick to Blender only if its images are present."""
    found = [
        Domain("stick_to_solid", "stick to solid", _looks("ss", "stick", "solid")),
        Domain("solid_to_stick", "solid to stick", _looks("st", "solid", "stick")),
        Domain(RENDERED, "stick to Blender-rendered", _blender, _blender_count()),
        Domain("to_quadruped", "human to quadruped", _looks("hq", "stick", "solid", "quadruped")),
        Domain("to_object", "figure to object", _looks("fo", "stick", "solid", "object")),
        Domain("camera", "camera to anything", _camera_to_anything),
        Domain("two_at_once", "two motions at once (figure and camera)", _two_at_once),
    ]
    return [domain for domain in found if domain.count]


def _blender_count() -> int:
    from .blender_targets import DATA, blender_pair_count

    return blender_pair_count() if DATA.is_dir() else 0


def verdict(gains: list[float], bounds: list[float]) -> str:
    """One sentence on whether a domain works, based on its figures.

    Args:
        gains: Of the learned motion. bounds: Of the true motion tokens, on the same pairs.
    """
    median, low, high = median_interval(gains)
    bound = median_interval(bounds)[0]
    share = sum(gain > GOOD for gain in gains)
    told = f"{share} of {len(gains)} above a gain of {GOOD}, median {median:+.2f}"
    if low > GOOD:
        return f"Works: {told}."
    if median > GOOD:
        return f"Works for some: {told}, interval {low:+.2f} to {high:+.2f}."
    if bound <= GOOD:
        return f"Fails: {told}; the model cannot do it with the true tokens either ({bound:+.2f})."
    return f"Fails: {told}, though the true tokens reach {bound:+.2f}: learning misses the motion."


def summarise_domains(results: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """One table row per domain, from results by domain key (rows of ROWS).

    The verdict is empty unless both the learned motion and the true tokens were measured.
    """
    table = []
    for domain in domains():
        mine = results.get(domain.key, [])
        gains = {row: [r["gain"] for r in mine if r["row"] == row] for row in ROWS}
        gains = {row: values for row, values in gains.items() if values}
        if not gains:
            continue
        medians = {row: median_interval(values) for row, values in gains.items()}
        judged = "learned" in gains and "true_tokens" in gains
        table.append({
            "domain": domain.key, "caption": domain.caption, "n": max(map(len, gains.values())),
            "gain": {row: {"median": m, "interval": [low, high]}
                     for row, (m, low, high) in medians.items()},
            "verdict": verdict(gains["learned"], gains["true_tokens"]) if judged else "",
        })  # fmt: skip
    return table
