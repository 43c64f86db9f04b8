"""Building blocks for panels, fitted to the width of the sidebar, which may be narrow.

Blender's labels do not wrap; they are clipped. All widths are in screen pixels.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import blf
import bpy

from ..translations import OPERATOR, OWN, translated

UNIT = 20
"""Height of a button, in pixels at UI scale 1; so are the sizes below."""
MARGINS = 54
"""Width of a sidebar that buttons cannot use: the tabs and the panel's edges."""
BOX_EDGES = 14
"""Width of a box's edges, both sides together."""
BUTTON_EDGES = 8
ICON = 26
"""Width of an icon in a label or button, including the gap before the text."""
USUAL_WIDTH = 300
"""Assumed width of a sidebar when there is no window."""
NARROW = 185
"""Below this width a property's name goes above it, since side by side both would be clipped."""


def scale_of(context: Any) -> float:
    """Return the UI scale; 1 without a window."""
    return float(context.preferences.system.ui_scale or 1.0)


def room(context: Any) -> float:
    """Return the available width of a button."""
    region, scale = context.region, scale_of(context)
    return max((region.width if region else USUAL_WIDTH * scale) - MARGINS * scale, UNIT * scale)


def is_narrow(context: Any) -> bool:
    """Return whether a property and its name do not fit side by side."""
    return room(context) < NARROW * scale_of(context)


def paragraph(context: Any, layout: Any, text: str, icon: str, boxed: bool = False) -> None:
    """Draw wrapped text, translated if possible.

    `boxed`: the layout is a box.
    """
    own_words(context, layout, translated(text.strip()), icon, boxed)


def own_words(
    context: Any, layout: Any, shown: str, icon: str, boxed: bool = False, beside: float = 0
) -> None:
    """Draw wrapped text that is already translated or needs no translation.

    `beside`: width taken by what precedes the text in the row.
    """
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
    """Draw a user-defined name, untranslated and shortened to fit.

    `beside`: text with an icon that follows it.
    """
    shown = beginning(context, text, (icon != "NONE") + bool(beside), boxed, beside)
    layout.label(text=shown, icon=icon, translate=False)


def beginning(context: Any, text: str, icons: int, boxed: bool = False, beside: str = "") -> str:
    """Return as much of a name as fits into a row with this many icons and the text `beside` it."""
    width = room(context) - (ICON * icons + BOX_EDGES * boxed) * scale_of(context)
    return shortened(text, width - text_width(beside, _size(context)), _size(context))


def beginning_in(context: Any, text: str, width: float) -> str:
    """Return as much of a name as fits into so many pixels."""
    return shortened(text, width, _size(context))


def field(
    context: Any, layout: Any, data: Any, name: str, above: bool = False, **options: Any
) -> None:
    """Draw a property with its name beside it.

    In a narrow sidebar the name goes above, and so it does if the property's text is too long
    (`above`).
    """
    column, about = layout.column(align=True), data.bl_rna.properties[name]
    if not (above or is_narrow(context)):
        column.use_property_split = True
        (column.row(align=True) if "expand" in options else column).prop(data, name, **options)
        return
    column.use_property_split = False
    words = bpy.app.translations.pgettext_iface(about.name, about.translation_context)
    if about.type != "BOOLEAN":
        column.label(text=words, translate=False)
        # expanded: stack the choices vertically
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
    """Draw an operator button that fits the available width.

    Drops the icon if it would displace text, and uses the short text if the full one would be
    clipped; the tooltip has all of it.
    """
    scale, size = scale_of(context), _size(context)
    width = room(context) - (BOX_EDGES * boxed + BUTTON_EDGES) * scale
    words = bpy.app.translations.pgettext_iface(text, OPERATOR)
    if short and text_width(words, size) > width:
        words = bpy.app.translations.pgettext_iface(short, OPERATOR)
    fits = text_width(words, size) + ICON * scale <= width
    return layout.operator(name, text=words, icon=icon if fits else "NONE", translate=False)


def menu(context: Any, layout: Any, name: str, text: str, icon: str, short: str) -> None:
    """Draw a menu, shortened like a button; its arrow takes up an icon's width."""
    width, size = room(context) - (ICON + BUTTON_EDGES) * scale_of(context), _size(context)
    words = bpy.app.translations.pgettext_iface(text)
    if text_width(words, size) + ICON * scale_of(context) > width:
        words = bpy.app.translations.pgettext_iface(short, OWN)
    layout.menu(name, text=words, icon=icon, translate=False)


@functools.lru_cache(maxsize=1024)
def wrapped(text: str, width: float, first: float, size: float) -> tuple[str, ...]:
    """Wrap text into lines no wider than `width` pixels, the first no wider than `first`."""
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
        while len(longer) > 1 and measure(longer) > (width if lines else first):  # such as a path
            fitting = _fitting(longer, width if lines else first, measure)
            lines.append(longer[:fitting])
            longer = longer[fitting:]
        line = longer
    return [*lines, line] if line else lines


def _fitting(word: str, width: float, measure: Callable[[str], float]) -> int:
    """Return how many letters of a word fit, at least one."""
    return next((n for n in range(len(word) - 1, 1, -1) if measure(word[:n]) <= width), 1)


@functools.lru_cache(maxsize=1024)
def shortened(text: str, width: float, size: float) -> str:
    """Shorten text to `width` pixels, ending in an ellipsis if something was cut."""
    if text_width(text, size) <= width:
        return text
    room_left = width - text_width("…", size)
    return text[: _fitting(text, room_left, lambda part: text_width(part, size))] + "…"


def text_width(text: str, size: float) -> float:
    """Return the width of text in the interface font, in pixels; `size`: font size, pixels."""
    blf.size(0, size)
    return float(blf.dimensions(0, text)[0])


def _size(context: Any) -> float:
    styles = context.preferences.ui_styles
    points = getattr(styles[0].widget, "points", 11.0) if len(styles) else 11.0
    return float(points) * scale_of(context)
