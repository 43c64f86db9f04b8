"""Pieces that several panels draw."""

from __future__ import annotations

import textwrap
from typing import Any

from .translations import translated


def paragraph(context: Any, layout: Any, text: str, icon: str) -> None:
    """Text over as many lines as it takes, in the interface's language if it is known there.

    Labels do not wrap; about 7 pixels a letter at the usual size.
    """
    region = context.region
    scale = context.preferences.system.ui_scale or 1.0  # 0 without a window
    letters = int((region.width if region else 300) / (7 * scale)) - 6
    column = layout.column(align=True)
    column.scale_y = 0.8
    for i, line in enumerate(textwrap.wrap(translated(text.strip()), max(letters, 20))):
        column.label(text=line, icon=icon if i == 0 else "NONE", translate=False)
