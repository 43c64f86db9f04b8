"""What moves in a clip: the actions of the captions, motions without words, cameras. Torch only.

A mover is a function of time t (n, T) in [0, 1] and random numbers p (n, 4) in [0, 1] -> the
channels it moves, (n, T) each; the root's path is in frame widths here, and everything else as in
motions.py.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..procedural.motions import CAMERA, CHANNELS, INDEX, Motions, limit, random_motions
from ..procedural.named import NAMED

Curves = dict[str, Tensor]
Mover = Callable[[Tensor, Tensor], Curves]
FRAMES = 16
_REST = {"arm_l": 0.25, "arm_r": 0.25, "elbow_l": 0.1, "elbow_r": 0.1, "leg_l": 0.1, "leg_r": 0.1}
_ROOT = [INDEX["root_x"], INDEX["root_y"]]
LIMBS = "limbs"
"""Random joint curves, of which captions say nothing; the root and the camera stay."""


def _between(p: Tensor, i: int, low: float, high: float) -> Tensor:
    return low + (high - low) * p[:, i : i + 1]


def _sine(t: Tensor, turns: Tensor | float, phase: Tensor | float = 0.0) -> Tensor:
    return torch.sin(2 * math.pi * (turns * t + phase))


def _moving(side: float) -> Mover:
    def curves(t: Tensor, p: Tensor) -> Curves:
        start, end = _between(p, 0, 0.0, 0.25), _between(p, 1, 0.75, 1.0)
        u = ((t - start) / (end - start)).clamp(0, 1)
        return {"root_x": side * _between(p, 2, 0.4, 0.6) * (u * u * (3 - 2 * u) - 0.5)}

    return curves


def _walking(side: float) -> Mover:
    def curves(t: Tensor, p: Tensor) -> Curves:
        found = NAMED["walk"](t + 0.3 * p[:, :1])
        path = side * _between(p, 2, 0.35, 0.55) * (t - 0.5)
        return found | {"root_x": path, "yaw": side * found["yaw"]}

    return curves


def _jumping(t: Tensor, p: Tensor) -> Curves:
    jumps = torch.where(p[:, :1] < 0.5, 2.0, 3.0)
    up = torch.sin(math.pi * jumps * t).abs()
    high = _between(p, 1, 0.15, 0.28)
    return {"root_y": high * (up - 0.5), "arm_l": 0.3 + 0.9 * up, "arm_r": 0.3 + 0.9 * up}


def _swaying(t: Tensor, p: Tensor) -> Curves:
    lean = _between(p, 0, 0.35, 0.55) * _sine(t, _between(p, 1, 1.0, 2.0), p[:, 2:3])
    return {"lean_side": lean, "head_tilt": 0.3 * lean}


def _named(name: str) -> Mover:
    return lambda t, p: NAMED[name]((t * _between(p, 0, 0.85, 1.15)).clamp(0, 1))


def _still(t: Tensor, p: Tensor) -> Curves:
    return {}


def _wandering(t: Tensor, p: Tensor) -> Curves:
    """A smooth path of any shape; wide, high, or both."""
    wide, high = _between(p, 0, 0.0, 0.28), _between(p, 1, 0.0, 0.22)
    turns = _between(p, 2, 0.3, 1.2)
    phase = p[:, 3:4]
    along = 0.7 * _sine(t, turns, phase) + 0.3 * _sine(t, 1.7 * turns, 3 * phase)
    up = 0.7 * _sine(t, 1.3 * turns, 5 * phase) + 0.3 * _sine(t, 2.1 * turns, 7 * phase)
    return {"root_x": wide * along, "root_y": high * up}


def _circle(t: Tensor, p: Tensor) -> Curves:
    return {"root_x": 0.24 * _sine(t, 1.0, 0.25), "root_y": 0.2 * _sine(t, 1.0)}


def _zigzag(t: Tensor, p: Tensor) -> Curves:
    teeth = (3 * t) % 1.0
    return {"root_x": 0.5 * (t - 0.5), "root_y": 0.3 * (2 * (teeth - 0.5).abs() - 0.5)}


def _hops(t: Tensor, p: Tensor) -> Curves:
    up = torch.sin(3 * math.pi * t).abs()
    return {"root_x": -0.5 * (t - 0.5), "root_y": 0.22 * (up - 0.5)}


def _there_and_back(t: Tensor, p: Tensor) -> Curves:
    return {"root_x": 0.5 * (torch.sin(math.pi * t) ** 2 - 0.5)}


MOVERS: dict[str, Mover] = {
    "still": _still, "wandering": _wandering,
    "moving left": _moving(-1.0), "moving right": _moving(1.0),
    "walking left": _walking(-1.0), "walking right": _walking(1.0),
    "jumping": _jumping, "swaying": _swaying,
    "waving": _named("wave"), "bowing": _named("bow"), "squatting": _named("squat"),
    "nodding": _named("nod"),
}  # fmt: skip
"""By an action's words, and two that captions never name."""
HELD_OUT: dict[str, Mover] = {
    "circle": _circle, "zigzag": _zigzag, "hops": _hops, "there and back": _there_and_back
}  # fmt: skip
"""Paths that training never draws."""
NEAREST = {"circle": "moving left", "zigzag": "moving right", "hops": "jumping",
           "there and back": "moving right"}  # fmt: skip
"""The action in words that is nearest to each of them."""
# Camera words: the channel, its sign, and the range of its amplitude. A camera that pans to the
# left sees its subject move to the right.
_CAMERA_MOVES = {
    "camera pans left": ("pan_x", -1.0, 0.25, 0.45),
    "camera pans right": ("pan_x", 1.0, 0.25, 0.45),
    "camera tilts up": ("pan_y", 1.0, 0.2, 0.35),
    "camera tilts down": ("pan_y", -1.0, 0.2, 0.35),
    "camera zooms in": ("zoom", 1.0, 0.4, 0.7),
    "camera zooms out": ("zoom", -1.0, 0.4, 0.7),
}


def motions_of(
    movers: list[str], cameras: list[str | None], heights: Tensor, g: torch.Generator
) -> Motions:
    """The motion of each row: a name in MOVERS or HELD_OUT, or LIMBS, and a camera's words or None.

    heights: (B,), the figures', in frame widths, by which paths are measured.
    """
    count = len(movers)
    p, limbs = torch.rand(count, 8, generator=g), random_motions(count, g)
    every = MOVERS | HELD_OUT

    def values(t: Tensor) -> Tensor:
        out = torch.zeros(count, len(CHANNELS), t.shape[1])
        for channel, angle in _REST.items():
            out[:, INDEX[channel]] = angle
        for name in dict.fromkeys(movers):
            rows = [i for i, mover in enumerate(movers) if mover == name]
            if name == LIMBS:
                out[rows] = limbs.values(t)[rows]
                out[rows, CAMERA] = 0
                out[rows, _ROOT[0]] = out[rows, _ROOT[1]] = 0
                continue
            for channel, curve in every[name](t[rows], p[rows, :4]).items():
                out[rows, INDEX[channel]] = curve
                if INDEX[channel] in _ROOT:
                    out[rows, INDEX[channel]] /= heights[rows, None]
        for i, words in enumerate(cameras):
            if words is not None:
                channel, sign, low, high = _CAMERA_MOVES[words]
                far = low + (high - low) * float(p[i, 4])
                out[i, INDEX[channel]] = sign * far * (t[i] - 0.5)
        return limit(out)

    return Motions(values, torch.ones(count, dtype=torch.bool))
