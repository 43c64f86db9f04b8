"""Scrollable lists, mirrored into properties that Blender's lists can show.

Blender lists show property collections only, which must not change while drawing. They are filled
on the timer, and hold only each row's key and name. They belong to the window manager, so neither
undo nor .blend files affect them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
from bpy.props import StringProperty

from . import panels

SOON = 0.01
SHOWN = 5
"""Rows of a list. The height is fixed so that nothing below moves when rows come and go."""


class MTI_PG_entry(bpy.types.PropertyGroup):
    """A row of a list; its name is what Search matches."""

    key: StringProperty(options={"HIDDEN"})


class Mirror:
    """One list: a collection of entries in the window manager, and the index of the active one."""

    def __init__(self, entries: str, index: str, names: Callable[[], dict[str, str]]) -> None:
        """Take the two properties' names, and a function that returns key -> row name in order."""
        self.entries, self.index, self.names = entries, index, names
        _mirrors.append(self)

    def chosen(self, window: Any) -> str:
        """Return the key of the active row; empty if there is none."""
        entries, index = getattr(window, self.entries), getattr(window, self.index)
        return entries[index].key if 0 <= index < len(entries) else ""

    def look(self, window: Any) -> None:
        """Schedule an update if the list is out of date; called while it is drawn."""
        shown = [(entry.key, entry.name) for entry in getattr(window, self.entries)]
        if shown != list(self.names().items()):
            self.schedule()

    def schedule(self) -> None:
        """Have all lists updated soon."""
        if not bpy.app.timers.is_registered(_tick):
            bpy.app.timers.register(_tick, first_interval=SOON, persistent=True)

    def fill(self, window: Any) -> None:
        """Update the entries. The active row stays active, or else its successor at that index."""
        names, chosen = self.names(), self.chosen(window)
        entries, keys = getattr(window, self.entries), list(names)
        entries.clear()
        for key, name in names.items():
            entry = entries.add()
            entry.key, entry.name = key, name
        place = min(max(getattr(window, self.index), 0), max(len(keys) - 1, 0))
        setattr(window, self.index, keys.index(chosen) if chosen in names else place)


_mirrors: list[Mirror] = []


def fill() -> None:
    """Update all lists."""
    for mirror in _mirrors:
        mirror.fill(bpy.context.window_manager.mti)


def flags(shower: Any, entries: Any, search: str, wanted: Callable[[str], bool]) -> list[int]:
    """Return the filter flags of a UIList.

    `wanted`: whether a key passes, in addition to the search.
    """
    words = search.casefold().split()
    shown = bpy.types.UI_UL_list.filter_items_by_name(
        shower.filter_name, shower.bitflag_filter_item, entries, "name"
    ) or [shower.bitflag_filter_item] * len(entries)
    return [
        flag if wanted(entry.key) and all(w in entry.name.casefold() for w in words) else 0
        for flag, entry in zip(shown, entries, strict=True)
    ]


def stop() -> None:
    """Remove the timer; for unregister()."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def _tick() -> None:
    fill()
    panels.redraw()
