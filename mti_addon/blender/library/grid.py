"""The grid of motions: a list whose rows hold several pictures each.

Blender's own grids of pictures are for data-blocks and assets, or are gone since 5.0. A list
scrolls and can be made larger. All of its parts are scaled, so that its rows are as high as the
pictures.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import bpy

from ...client.library import Entry
from ..common import addon, icons
from ..common.drawing import BOX_EDGES, room, scale_of
from ..common.lists import Mirror
from . import grid_clicks, shown

PICTURE = 3.2
"""Side of a picture, in UNITs; below it is the name."""
SCALE = 2.4
"""Height of a list's row, in UNITs, which is where a picture can be clicked. What Blender keeps
free around a list is as many times higher, too."""
SCROLL_BAR = 24
CELL = 66
"""Width of a cell at UI scale 1, at least; a narrow sidebar has two columns nevertheless."""
NARROW_CELL = 46
ROWS = 3
"""Rows that are visible, unless the animator makes the list larger."""
GRID_LEFT = 18
"""Pixels from the region's left edge to the first picture, at UI scale 1."""
NO_PICTURE = "ACTION"


class MTI_UL_library(bpy.types.UIList):
    """Motions of the library."""

    def draw_item(
        self,
        context: Any,
        layout: Any,
        _data: Any,
        _item: Any,
        _icon: int,
        _active_data: Any,
        _active_property: str,
        index: int = 0,
    ) -> None:
        """Draw one row of pictures."""
        entries, across = shown.found(context.window_manager.mti), columns(context)
        chosen = shown.chosen(context.scene)
        row = layout.row(align=True)
        for place in range(index * across, (index + 1) * across):
            cell = row.column(align=True)
            cell.scale_y = 1 / SCALE
            if place < len(entries):
                _draw_cell(cell, entries[place], chosen)
            else:
                cell.label(text="")

    def filter_items(self, context: Any, data: Any, name: str) -> tuple[list[int], list[int]]:
        """Keep as many rows as the motions need."""
        all_rows = len(getattr(data, name))
        needed = min(all_rows, row_count(context) + grid_clicks.extra_rows())
        return [self.bitflag_filter_item] * needed + [0] * (all_rows - needed), []


class _RowMirror(Mirror):
    """Rows without contents, at least as many as are ever needed: one per motion."""

    def __init__(self) -> None:
        super().__init__("library_rows", "library_row", dict)

    def look(self, window: Any) -> None:
        """Schedule an update if there are too few."""
        if len(window.library_rows) < _most_rows():
            self.schedule()

    def fill(self, window: Any) -> None:
        """Add what is missing; those that are not needed are hidden."""
        for _ in range(_most_rows() - len(window.library_rows)):
            window.library_rows.add()


mirror = _RowMirror()
_across = 1
"""Pictures side by side where the grid was drawn last."""


def draw_grid(context: Any, layout: Any) -> None:
    """Draw the list, as high as it is without a search."""
    global _across
    window, _across = context.window_manager.mti, columns(context)
    mirror.look(window)
    high = min(ROWS, rows_for(shown.total(), _across))
    column = layout.column()
    column.scale_y = SCALE
    column.template_list(
        "MTI_UL_library", "", window, "library_rows", window, "library_row", rows=high, maxrows=high
    )


def columns(context: Any) -> int:
    """Return how many pictures are side by side in this sidebar."""
    width = (room(context) - (BOX_EDGES + SCROLL_BAR) * scale_of(context)) / scale_of(context)
    return max(1, int(width / CELL), min(2, int(width / NARROW_CELL)))


def rows_for(count: int, across: int) -> int:
    """Return the number of rows of so many motions, at least one."""
    return max(1, -(-count // across))


def row_count(context: Any) -> int:
    """Return the number of rows shown, empty ones included: the list's height never changes."""
    across = columns(context)
    least = min(ROWS, rows_for(shown.total(), across))
    return max(least, rows_for(len(shown.found(context.window_manager.mti)), across))


def entry_at(context: Any, row: int, x: float) -> Entry | None:
    """Return the motion in a row of the list, `x` pixels from the region's left edge."""
    scale, across = scale_of(context), columns(context)
    left = GRID_LEFT * scale
    width = room(context) - (BOX_EDGES + SCROLL_BAR) * scale
    column = min(max(int((x - left) / width * across), 0), across - 1)
    place, entries = row * across + column, shown.found(context.window_manager.mti)
    return entries[place] if 0 <= place < len(entries) else None


def reveal(entry: Entry | None) -> None:
    """Scroll to a motion, if it is shown."""
    entries = shown.found(bpy.context.window_manager.mti)
    place = next((i for i, each in enumerate(entries) if entry and each.folder == entry.folder), -1)
    if place >= 0:
        grid_clicks.reveal(place // _across)


def picture_of(entry: Entry) -> int:
    """Return the icon ID of a motion's picture, which Blender loads by itself."""
    return icons.sure_icon(entry.id, lambda: _picture_file(entry)) or _blank_icon()


def _picture_file(entry: Entry) -> Path | None:
    if entry.thumbnail is not None:
        return entry.thumbnail
    references = entry.references  # Blender cannot read a moving preview
    return references[len(references) // 2] if references else None


@functools.cache
def _blank_icon() -> int:
    """Return the icon ID for a motion without a picture."""
    items = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items
    return int(items[NO_PICTURE].value)


def _draw_cell(cell: Any, entry: Entry, chosen: Entry | None) -> None:
    cell.template_icon(icon_value=picture_of(entry), scale=PICTURE)
    below = cell.row(align=True)
    below.active = addon.chosen_engine() in entry.models
    pick = below.operator(
        "mti.pick_motion",
        text=entry.name,
        translate=False,
        depress=entry is chosen,
    )
    pick.folder = str(entry.folder)


def _most_rows() -> int:
    return shown.total() + ROWS + 1
