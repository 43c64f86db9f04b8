"""Pieces that several panels draw, in as much width as there is: the sidebar may be narrow.

Blender's labels do not wrap, and cut off what does not fit. All widths are pixels of the screen.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import blf
import bpy

from .translations import OPERATOR, OWN, translated

UNIT = 20
"""Height of a button at a UI scale of 1; the others here are at this scale, too."""
MARGINS = 54
"""Of a sidebar, that no button is drawn on: the tabs, and the edges of a panel."""
BOX_EDGES = 14
"""Of a box, on both sides together."""
BUTTON_EDGES = 8
ICON = 26
"""Of a label or a button: its icon, and the gap before its words."""
USUAL_WIDTH = 300
"""Of a sidebar, where there is no window."""
NARROW = 185
"""Below this much room a property's name stands above it, or both would be cut off."""


def scale_of(context: Any) -> float:
    """How many times as large as usual everything is drawn; 1 without a window."""
    return float(context.preferences.system.ui_scale or 1.0)


def room(context: Any) -> float:
    """How wide a button can be."""
    region, scale = context.region, scale_of(context)
    return max((region.width if region else USUAL_WIDTH * scale) - MARGINS * scale, UNIT * scale)


def is_narrow(context: Any) -> bool:
    """A property and its name do not fit beside each other."""
    return room(context) < NARROW * scale_of(context)


def paragraph(context: Any, layout: Any, text: str, icon: str, boxed: bool = False) -> None:
    """Text over as many lines as it takes, in the interface's language if it is known there.

    `boxed`: the layout is a box.
    """
    own_words(context, layout, translated(text.strip()), icon, boxed)


def own_words(
    context: Any, layout: Any, shown: str, icon: str, boxed: bool = False, beside: float = 0
) -> None:
    """The same of words that no language changes, or that are in the right one already; `beside`:
    what stands in the row before them."""
    scale = scale_of(context)
    width = room(context) - (BOX_EDGES * boxed + beside) * scale
    lines = list(wrapped(shown, width, width - ICON * scale * (icon != "NONE"), _size(context)))
    column = layout.column(align=True)
    column.scale_y = 0.8
    for i, line in enumerate(lines):
        column.label(text=line, icon=icon if i == 0 else "NONE", translate=False)


def name(
    context: Any, layout: Any, text: str, icon: str, boxed: bool = False, beside: str = ""
) -> None:
    """The name of something of the user's, which no language translates; its beginning where not
    all of it fits. `beside`: words with an icon that stand behind it."""
    shown = beginning(context, text, (icon != "NONE") + bool(beside), boxed, beside)
    layout.label(text=shown, icon=icon, translate=False)


def beginning(context: Any, text: str, icons: int, boxed: bool = False, beside: str = "") -> str:
    """As much of a name as fits into a row with so many icons, and the words beside it."""
    width = room(context) - (ICON * icons + BOX_EDGES * boxed) * scale_of(context)
    return shortened(text, width - text_width(beside, _size(context)), _size(context))


def field(
    context: Any, layout: Any, data: Any, name: str, above: bool = False, **options: Any
) -> None:
    """A property with its name: beside it, or above it in a narrow sidebar, and where what it says
    is too long beside it (`above`)."""
    column, about = layout.column(align=True), data.bl_rna.properties[name]
    if not (above or is_narrow(context)):
        column.use_property_split = True
        (column.row(align=True) if "expand" in options else column).prop(data, name, **options)
        return
    column.use_property_split = False
    words = bpy.app.translations.pgettext_iface(about.name, about.translation_context)
    if about.type != "BOOLEAN":
        column.label(text=words, translate=False)
        # expanded: one below the other
        column.prop(data, name, **options, **({} if "expand" in options else {"text": ""}))
        return
    row = column.row(align=True)
    row.prop(data, name, text="", **options)
    own_words(context, row, words, "NONE", beside=ICON)


def button(
    context: Any,
    layout: Any,
    name: str,
    text: str,
    icon: str,
    boxed: bool = False,
    short: str = "",
) -> Any:
    """An operator's button: without its icon where that would take the place of words, and with
    the short text where the other one would be cut. Its tooltip says all of it."""
    scale, size = scale_of(context), _size(context)
    width = room(context) - (BOX_EDGES * boxed + BUTTON_EDGES) * scale
    words = bpy.app.translations.pgettext_iface(text, OPERATOR)
    if short and text_width(words, size) > width:
        words = bpy.app.translations.pgettext_iface(short, OPERATOR)
    fits = text_width(words, size) + ICON * scale <= width
    return layout.operator(name, text=words, icon=icon if fits else "NONE", translate=False)


def menu(context: Any, layout: Any, name: str, text: str, icon: str, short: str) -> None:
    """A menu, shortened as a button is; its arrow takes an icon's place."""
    width, size = room(context) - (ICON + BUTTON_EDGES) * scale_of(context), _size(context)
    words = bpy.app.translations.pgettext_iface(text)
    if text_width(words, size) + ICON * scale_of(context) > width:
        words = bpy.app.translations.pgettext_iface(short, OWN)
    layout.menu(name, text=words, icon=icon, translate=False)


@functools.lru_cache(maxsize=1024)
def wrapped(text: str, width: float, first: float, size: float) -> tuple[str, ...]:
    """Lines no wider than `width` pixels; the first one no wider than `first`."""
    return tuple(_wrapped(text.split(), width, first, lambda line: text_width(line, size)))


def _wrapped(
    words: list[str], width: float, first: float, measure: Callable[[str], float]
) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if line and measure(longer) > (width if lines else first):
            lines.append(line)
            longer = word
        while len(longer) > 1 and measure(longer) > (width if lines else first):  # a path
            fitting = _fitting(longer, width if lines else first, measure)
            lines.append(longer[:fitting])
            longer = longer[fitting:]
        line = longer
    return [*lines, line] if line else lines


def _fitting(word: str, width: float, measure: Callable[[str], float]) -> int:
    """How many letters of a word fit, at least one."""
    return next((n for n in range(len(word) - 1, 1, -1) if measure(word[:n]) <= width), 1)


@functools.lru_cache(maxsize=1024)
def shortened(text: str, width: float, size: float) -> str:
    """As much of a text as `width` pixels take, with an ellipsis where something is missing."""
    if text_width(text, size) <= width:
        return text
    room_left = width - text_width("…", size)
    return text[: _fitting(text, room_left, lambda part: text_width(part, size))] + "…"


def text_width(text: str, size: float) -> float:
    """Of a text in the interface's font, pixels; `size`: its height, pixels."""
    blf.size(0, size)
    return float(blf.dimensions(0, text)[0])


def _size(context: Any) -> float:
    styles = context.preferences.ui_styles
    points = getattr(styles[0].widget, "points", 11.0) if len(styles) else 11.0
    return float(points) * scale_of(context)
