"""Colors for drawing a pose sequence, well apart from the background. Imports stdlib only."""

from __future__ import annotations

import colorsys
from random import Random

from .raster import PALETTE, Color, Look

CONTRAST, DARK_CONTRAST = 0.22, 0.32
"""Minimum distance of a limb's luma from that of paper, and of a dark background, all in [0, 1];
the default look's head is 0.21 away from its paper."""
LIFT = 0.35
"""How much white is mixed into the colors of limbs on a dark background."""
_LIMBS = ("left_arm", "right_arm", "left_leg", "right_leg")


def random_look(rng: Random, dark: bool) -> Look:
    """Return a random look, on light paper or light on `dark`; left and right stay distinct."""
    draw, hue = rng.random(), rng.random()
    if dark:
        background = _rgb(hue, rng.uniform(0.0, 0.6), rng.uniform(0.06, 0.22))
    elif draw < 0.35:
        background = _rgb(hue, 0.0, rng.uniform(0.95, 1.0))
    else:
        background = _rgb(hue, rng.uniform(0.03, 0.24), rng.uniform(0.8, 1.0))
    style = rng.random()
    palette = _ink(rng) if style < 0.3 else _dressed(rng) if style < 0.65 else _many(rng)
    if dark:
        palette = {part: _mixed(color, 255, LIFT) for part, color in palette.items()}
    palette = {part: _apart(color, background) for part, color in palette.items()}
    return Look(background=background, palette={**PALETTE, **palette})


def _ink(rng: Random) -> dict[str, Color]:
    """Return one ink in three strengths: for the trunk, the left and the right side."""
    hue, strong = rng.random(), rng.uniform(0.0, 0.7)
    trunk, left, right = (_rgb(hue, strong, value) for value in (0.2, 0.42, 0.66))
    sides = {part: left if part.startswith("left") else right for part in _LIMBS}
    return {"torso": trunk, "head": trunk, **sides}


def _dressed(rng: Random) -> dict[str, Color]:
    """Return skin, a shirt with two sleeves, and pants with two legs."""
    shirt, trousers = rng.random(), rng.random()
    bright = rng.uniform(0.55, 0.9)
    return {
        "head": _rgb(rng.uniform(0.04, 0.1), rng.uniform(0.3, 0.6), rng.uniform(0.4, 0.95)),
        "torso": _rgb(shirt, 0.6, bright),
        "left_arm": _rgb(shirt, 0.45, bright * 0.7),
        "right_arm": _rgb(shirt, 0.75, bright),
        "left_leg": _rgb(trousers, 0.5, 0.35),
        "right_leg": _rgb(trousers, 0.6, 0.6),
    }


def _many(rng: Random) -> dict[str, Color]:
    """Return a hue of its own for each limb, in random order around the color wheel."""
    start, turn = rng.random(), 1 if rng.random() < 0.5 else -1
    strong = rng.uniform(0.45, 0.9)
    hues = {part: start + turn * i / len(_LIMBS) for i, part in enumerate(_LIMBS)}
    palette = {part: _rgb(hue, strong, rng.uniform(0.5, 0.95)) for part, hue in hues.items()}
    palette["torso"] = _rgb(rng.random(), rng.uniform(0.1, 0.4), rng.uniform(0.25, 0.6))
    palette["head"] = _rgb(rng.random(), rng.uniform(0.2, 0.6), rng.uniform(0.5, 0.9))
    return palette


def _apart(color: Color, background: Color) -> Color:
    """Mix a color with black on light paper, or with white on dark, until it stands out."""
    now, behind = luma(color), luma(background)
    if behind < 0.5:
        missing, end = behind + DARK_CONTRAST - now, 1.0
    else:
        missing, end = behind - CONTRAST - now, 0.0
    if missing * (end - 0.5) <= 0:
        return color
    # slightly more than needed, because channels are integers
    return _mixed(color, round(255 * end), min(1.0, missing / (end - now) + 0.01))


def _mixed(color: Color, end: int, share: float) -> Color:
    r, g, b = (round(channel + share * (end - channel)) for channel in color)
    return r, g, b


def luma(color: Color) -> float:
    """Return the perceived brightness of an sRGB color, in [0, 1] (ITU-R BT.601)."""
    r, g, b = color
    return (0.299 * r + 0.587 * g + 0.114 * b) / 255


def _rgb(hue: float, saturation: float, value: float) -> Color:
    r, g, b = (round(255 * c) for c in colorsys.hsv_to_rgb(hue % 1.0, saturation, value))
    return r, g, b
