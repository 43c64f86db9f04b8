"""The licenses of the text-to-video models, wherever such a model can be chosen."""

from __future__ import annotations

from typing import Any

from ...client.setup.licenses import LICENSES, NOT_COMMERCIAL, License
from ..common.drawing import button, paragraph

MAY = (
    "May be used commercially under these licenses. Its training data may raise questions of its "
    "own."
)
MAY_NOT = "Not for commercial use: neither the model nor what it generates."


def draw_licenses(context: Any, layout: Any, name: str, boxed: bool = False) -> None:
    """Draw what a model's licenses allow, and links to them; nothing for one without."""
    found = LICENSES.get(name)  # type: ignore[call-overload]
    if not found:
        return
    forbidden = name in NOT_COMMERCIAL
    paragraph(
        context, layout, MAY_NOT if forbidden else MAY, "ERROR" if forbidden else "INFO", boxed
    )
    column = layout.column(align=True)
    for each in found:
        link = button(context, column, "wm.url_open", _named(each), "URL", boxed, each.short)
        link.url = each.url


def _named(each: License) -> str:
    return f"{each.part}: {each.name}"
