"""The scrollable lists of jobs and of results, mirrored into what Blender's lists can show.

The folders are the truth. Blender shows collections of properties only, which must not change while
something is drawn; so they are filled on the timer, and keep of each row no more than who it is.
They belong to the window manager, so that neither undo nor a .blend file holds them.
"""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from . import glance, polling, this_file
from .file_results import FileResult, gather
from .jobs import Row
from .translations import OWN, translated

SOON = 0.01

_rows: tuple[tuple[Row, ...], dict[str, Row]] = ((), {})


class MTI_PG_entry(bpy.types.PropertyGroup):
    """A row of a list; its name is what is searched for."""

    key: StringProperty(options={"HIDDEN"})


class MTI_PG_window(bpy.types.PropertyGroup):
    """What the lists show, and which of their rows are chosen."""

    jobs: CollectionProperty(type=MTI_PG_entry, options={"HIDDEN"})
    job: IntProperty(name="Job", description="The job whose details are shown", options={"HIDDEN"})
    job_search: StringProperty(
        name="Search",
        translation_context=OWN,
        description="Show jobs with these words in their names only",
        options={"TEXTEDIT_UPDATE"},
    )
    all_files: BoolProperty(
        name="All Files",
        description="Show jobs of all .blend files, and not only of this one. What runs or waits "
        "is always shown",
        default=False,
    )
    results: CollectionProperty(type=MTI_PG_entry, options={"HIDDEN"})
    result: IntProperty(
        name="Result", description="The result whose details are shown", options={"HIDDEN"}
    )
    result_search: StringProperty(
        name="Search",
        translation_context=OWN,
        description="Show results of motions with these words in their names only",
        options={"TEXTEDIT_UPDATE"},
    )


def rows() -> dict[str, Row]:
    """The jobs by their ids, newest first; a list asks for them for each row that it draws."""
    global _rows
    if _rows[0] is not polling.jobs.rows:
        known = polling.jobs.rows
        _rows = known, {row.folder.path.name: row for row in known}
    return _rows[1]


def results() -> dict[str, FileResult]:
    """The results of this file by their keys, newest first, as they were seen last."""
    question = ("results", bpy.data.filepath)
    return {each.key: each for each in glance.glance(question, lambda: gather(polling.jobs))}


def chosen_job(window: Any) -> Row | None:
    """The job that is chosen in the list."""
    return rows().get(_chosen(window.jobs, window.job))


def chosen_result(window: Any) -> FileResult | None:
    """The result that is chosen in the list."""
    return results().get(_chosen(window.results, window.result))


def result_name(result: FileResult) -> str:
    """The motion's name, with the take where its job has several."""
    if result.take == 1 and f"{result.job}/2" not in results():
        return result.name
    return translated("{}, take {}", result.name, result.take)


def flags(shower: Any, entries: Any, search: str, wanted: Any) -> list[int]:
    """For a UIList: which entries it shows. `wanted`: says so of a key, besides the words."""
    words = search.casefold().split()
    shown = bpy.types.UI_UL_list.filter_items_by_name(
        shower.filter_name, shower.bitflag_filter_item, entries, "name"
    ) or [shower.bitflag_filter_item] * len(entries)
    return [
        flag if wanted(entry.key) and all(w in entry.name.casefold() for w in words) else 0
        for flag, entry in zip(shown, entries, strict=True)
    ]


def is_shown(row: Row, all_files: bool) -> bool:
    """A job is in the list; what holds up others always is."""
    return all_files or row.active or this_file.is_here(row.origin)


def has_namesake(row: Row) -> bool:
    """Another job that is there is called as this one."""
    names = [each.request.name for each in rows().values() if each.request is not None]
    return row.request is not None and names.count(row.request.name) > 1


def has_twin(result: FileResult) -> bool:
    """Another result that is there is called as this one, and is as likely."""
    names = [(each.name, each.take) for each in results().values()]
    return names.count((result.name, result.take)) > 1


def look(window: Any) -> None:
    """Called when the lists are drawn: have them filled soon if they are not what there is."""
    jobs, kept = _names()
    if [(e.key, e.name) for e in window.jobs] == list(jobs.items()) and (
        [(e.key, e.name) for e in window.results] == list(kept.items())
    ):
        return
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=SOON, persistent=True)


def _names() -> tuple[dict[str, str], dict[str, str]]:
    """What the lists should show: of jobs and of results, the names by their keys, in order."""
    jobs = {key: row.request.name if row.request else key for key, row in rows().items()}
    return jobs, {key: result_name(each) for key, each in results().items()}


def fill() -> None:
    """Make the lists what there is. The chosen rows stay chosen; a new job is chosen."""
    window = bpy.context.window_manager.mti
    jobs, names = _names()
    before = {entry.key for entry in window.jobs}
    window.job = _fill(window.jobs, window.job, jobs)
    newest = next((key for key, row in rows().items() if is_shown(row, window.all_files)), "")
    if newest and newest not in before:
        window.job = list(jobs).index(newest)
    window.result = _fill(window.results, window.result, names)


def unregister() -> None:
    """Take it away again, and leave no timer behind."""
    del bpy.types.WindowManager.mti
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def _tick() -> None:
    fill()
    polling.redraw()


def _chosen(entries: Any, index: int) -> str:
    return entries[index].key if 0 <= index < len(entries) else ""


def _fill(entries: Any, index: int, names: dict[str, str]) -> int:
    """Fill a list; the place of what was chosen, or of what has come to its place."""
    chosen = _chosen(entries, index)
    entries.clear()
    for key, name in names.items():
        entry = entries.add()
        entry.key, entry.name = key, name
    keys = list(names)
    return keys.index(chosen) if chosen in names else min(max(index, 0), max(len(keys) - 1, 0))


CLASSES = (MTI_PG_entry, MTI_PG_window)


def register() -> None:
    """Give the window manager its property; the classes are registered before."""
    bpy.types.WindowManager.mti = PointerProperty(type=MTI_PG_window)
