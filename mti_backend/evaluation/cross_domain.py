"""Pairs whose reference and target are of different kinds, and what they say. Imports torch."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ..draft.figures import random_figures
from ..draft.motions import CHANNELS, INDEX, Motions
from ..draft.named import NAMED, named_motion
from .columns import GOOD
from .metrics import median_interval
from .pairs import Pair, in_full, make_pair

RENDERED = "stick_to_blender"
"""The domain whose targets Blender rendered."""
SEEDS = 6
"""How often each domain is drawn, unless it says otherwise."""
ROWS = ("no_motion", "learned", "true_tokens", "autoencoder")
_SEED = 950_000_000
# motions that a quadruped and a thing have as well: the last two move in their own way by them
_FOR_ALL = ("walk", "squat", "jumping_jack", "wave", "bow", "run")
# pan (frame widths), ln zoom, roll (radians) at the end of an eased camera move
_CAMERAS = {
    "pan": {"pan_x": 0.25}, "zoom in": {"zoom": 0.35}, "roll": {"roll": 0.3},
    "tilt": {"pan_y": 0.15}, "zoom out": {"zoom": -0.3},
    "pan and zoom": {"pan_x": -0.2, "zoom": 0.2},
}  # fmt: skip


@dataclass(frozen=True)
class Domain:
    """A kind of transfer: how pair number `index` of it is made."""

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
    """A camera move of _CAMERAS, eased, while whoever is there stands; B = 1."""
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
    # a plain sheet of paper shows no camera move
    for figures in (shown, wanted):
        figures.behind.blobs[:, :, 3].clamp_(min=0.6)
    return make_pair(name, camera_motion(name), shown, wanted)


def _two_at_once(index: int) -> Pair:
    g = _random("two", index)
    body, camera = list(_FOR_ALL)[index % len(_FOR_ALL)], list(_CAMERAS)[index % len(_CAMERAS)]
    figure, move = named_motion(body), camera_motion(camera)
    first = INDEX["pan_x"]

    def values(t: Tensor) -> Tensor:
        both = figure.values(t).clone()
        both[:, first:] += move.values(t)[:, first:]
        return both

    motion = replace(figure, values=values)
    shown, wanted = random_figures(1, g, "stick"), random_figures(1, g, "solid")
    return make_pair(f"{body} with {camera}", motion, shown, wanted)


def _blender(index: int) -> Pair:
    from .blender_targets import blender_pairs

    return blender_pairs()[index]


def domains() -> list[Domain]:
    """All of them, the table's order; stick to Blender only where its pictures are there."""
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
    from .blender_targets import DATA, blender_pairs

    return len(blender_pairs()) if DATA.is_dir() else 0


def verdict(gains: list[float], bounds: list[float]) -> str:
    """One sentence that says whether a domain works, from its own figures.

    Args:
        gains: of the learned motion. bounds: of the true motion tokens, on the same pairs.
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
    """A table row a domain, of its results by domain key (rows of ROWS).

    The verdict is empty where the learned motion or the true tokens were not measured.
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
