"""The Jobs panel: the state of each job, and actions on it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import bpy

from ...workflow.job_list import Row
from ...workflow.kept_results import takes_of
from ...workflow.words import is_by_words
from ..common.drawing import (
    BOX_EDGES,
    ICON,
    button,
    is_narrow,
    name,
    own_words,
    paragraph,
    room,
    scale_of,
)
from ..common.lists import SHOWN, flags
from ..library.saving import entry_of_job
from ..queue import pictures, polling, stillness
from ..queue.rows import TASKS, advice, draw_bar, draw_stop, how_far, phase_of, warning_of, when
from ..results import playback
from ..translations import sentences, told, translated
from .list import chosen_job, has_namesake, is_shown, mirror, rows


class MTI_UL_jobs(bpy.types.UIList):
    """Jobs of this file, or of all files."""

    def draw_item(
        self,
        context: Any,
        layout: Any,
        _data: Any,
        item: Any,
        _icon: int,
        _active_data: Any,
        _active_property: str,
    ) -> None:
        """Draw its task, name and status."""
        row = rows().get(item.key)
        if row is None or row.request is None:
            layout.label(text=item.name, icon="ERROR", translate=False)
            return
        line, told = layout.row(align=True), how_far(row)
        if is_narrow(context) and has_namesake(row):
            told = when(row.created)  # namesakes differ by their date only
            name(context, line, item.name, "NONE", boxed=True, beside=told)
        else:
            told = told or ("" if is_narrow(context) else when(row.created))
            line.label(text=item.name, icon=TASKS[row.request.task], translate=False)
        end = line.row(align=True)
        end.alignment = "RIGHT"
        if told:
            end.label(text=told, translate=False)
        end.label(text="", icon=phase_of(row)[1])

    def filter_items(self, context: Any, data: Any, entries: str) -> tuple[list[int], list[int]]:
        """Keep this file's jobs, or all if wanted, that match the search."""
        window, known = context.window_manager.mti, rows()

        def wanted(key: str) -> bool:
            return key in known and is_shown(known[key], window.all_files)

        return flags(self, getattr(data, entries), window.job_search, wanted), []


def draw_jobs(context: Any, layout: Any) -> None:
    """Draw the list of jobs, and the active job below it."""
    polling.notice_changes()
    window = context.window_manager.mti
    mirror.look(window)
    row = layout.row(align=True)
    row.use_property_split = False
    row.prop(window, "job_search", text="", icon="VIEWZOOM")
    if is_narrow(context):
        row.prop(window, "all_files", text="", icon="FILE_BLEND")
    else:
        row.prop(window, "all_files", toggle=True)
    layout.template_list(
        "MTI_UL_jobs", "", window, "jobs", window, "job", rows=SHOWN, maxrows=SHOWN
    )
    paragraph(context, layout, counted(), "NONE")
    chosen = chosen_job(window)
    if chosen is not None and is_shown(chosen, window.all_files):
        _draw_job(context, layout.box(), chosen)
        _draw_details(context, layout, chosen)


def counted() -> str:
    """Return text such as 'This file: 3, other files: 5'."""
    known = rows().values()
    here = sum(is_shown(row, False) for row in known)
    if not known:
        return "No jobs yet"
    if here == len(known):
        return translated("This file: {}", here)
    return translated("This file: {}, other files: {}", here, len(known) - here)


def _draw_job(context: Any, box: Any, row: Row) -> None:
    """Draw a job, with its buttons at the top so that they never move."""
    job, phase = row.folder.path.name, row.state.phase
    request = row.request
    top = box.row(align=True)
    if request is None:
        top.label(text=job[:6], icon="ERROR", translate=False)
        top.operator("mti.remove_job", text="", icon="TRASH").job = job
        paragraph(context, box, sentences(row.problem), "NONE", boxed=True)
        return
    if is_narrow(context):  # next to the buttons there is no room for text
        name(context, box, request.name, TASKS[request.task], boxed=True)
        top = box.row(align=True)
    else:
        top.label(text=request.name, icon=TASKS[request.task], translate=False)
    if phase == "done" and request.learns:
        top.operator("mti.rename_job", text="", icon="GREASEPENCIL").job = job
    draw_stop(top, row)
    text, icon = phase_of(row)
    parts = (translated(text), how_far(row), when(row.created))
    paragraph(context, box, ", ".join(part for part in parts if part), icon, boxed=True)
    if phase == "running":
        _draw_progress(context, box, row)
    _draw_buttons(context, box, row)
    if row.state.error and phase == "failed":
        paragraph(context, box, told(row.state.error.said)[0], "NONE", boxed=True)
    if what_to_do := advice_on(row):
        paragraph(context, box, what_to_do, "NONE", boxed=True)
    if phase == "done":
        _draw_done(context, box, row)


def advice_on(row: Row) -> str:
    """Return advice on a job that needs attention; empty if it is fine."""
    if row.state.phase in ("cancelled", "paused") and never_started(row):
        return "Not started"
    return advice(row.state)


def never_started(row: Row) -> bool:
    """Return whether no runner has reported on it or left a log."""
    return not row.has_log and not row.state.changed


def _draw_buttons(context: Any, box: Any, row: Row) -> None:
    job, phase = row.folder.path.name, row.state.phase
    if phase == "waiting":
        button(context, box, "mti.start_now", "Start Now", "PLAY", boxed=True).job = job
    if phase not in ("failed", "dead", "cancelled", "paused"):
        return
    buttons = box.column(align=True) if is_narrow(context) else box.row(align=True)
    text = "Start" if never_started(row) else "Resume"
    buttons.operator("mti.resume", text=text, icon="FILE_REFRESH", translate=True).job = job
    if row.has_log:
        buttons.operator("mti.open_log", text="Log", icon="TEXT").job = job


def _draw_progress(context: Any, box: Any, row: Row) -> None:
    draw_bar(context, box, row)
    if icon := pictures.live_icon(row):
        column = box.column(align=True)
        column.template_icon(icon_value=icon, scale=5)
        column.label(text="Preview")


def _draw_details(context: Any, layout: Any, row: Row) -> None:
    """Draw what few people need: the loss, and the job's GPU usage."""
    curve = pictures.curve_icon(row)
    if row.state.phase != "running" or not (curve or row.state.notices):
        return
    header, body = layout.panel("mti_job_details", default_closed=True)
    header.label(text="Details")
    if not body:
        return
    for notice in row.state.notices:
        own_words(context, body, sentences(notice), "INFO")
    if curve:
        body.template_icon(icon_value=curve, scale=5)
        paragraph(context, body, "Loss", "NONE")


def _draw_done(context: Any, box: Any, row: Row) -> None:
    job, result = row.folder.path.name, row.state.result or {}
    if warning := warning_of(result):
        paragraph(context, box, sentences(warning), "ERROR", boxed=True)
    assert row.request is not None  # the job is done
    if row.request.learns:
        operator = "mti.play_this" if is_by_words(row.request.settings) else "mti.apply_this"
        button(context, box, operator, "Apply This", "PLAY", True, "Apply").job = job
        _draw_kept(context, box, row)
    if takes := takes_of(row):
        if len(stillness.still_takes(row)) == len(takes):
            paragraph(context, box, stillness.ADVICE, "ERROR", boxed=True)
        _draw_takes(context, box, row)
        if len(takes) == 1:
            add = button(context, box, "mti.import_result", "Add Result", "SEQUENCE", True, "Add")
            add.job = job
        button(context, box, "mti.redo", "Redo With...", "LOOP_BACK", True, "Again").job = job


def _draw_kept(context: Any, box: Any, row: Row) -> None:
    """Draw that its motion is in the library, or a button to save it there."""
    entry = entry_of_job(row)
    if entry is not None:
        text = translated("In the library: {}", entry.name)
        paragraph(context, box, text, "CHECKMARK", boxed=True)
        return
    save = button(context, box, "mti.save_to_library", "Save to Library", "ADD", True, "Save")
    save.job = row.folder.path.name


def _draw_takes(context: Any, box: Any, row: Row) -> None:
    """Draw the takes side by side, best first, below the prompt that they show."""
    takes, scale = takes_of(row), scale_of(context)
    across = max(1, min(4, int((room(context) - BOX_EDGES * scale) / (3.2 * ICON * scale))))
    shown = zip(takes, pictures.take_icons(row), strict=True)
    for prompt, group in groupby(shown, key=lambda pair: pair[0].prompt):
        if prompt:
            own_words(context, box, prompt, "NONE", boxed=True)
        grid = box.grid_flow(row_major=True, columns=across, even_columns=True, align=True)
        for take, icon in group:
            _draw_take(grid.column(align=True), row, take.number, icon, only=len(takes) == 1)


def _draw_take(column: Any, row: Row, take: int, icon: int, only: bool) -> None:
    """Draw a take's image and buttons; unless it is the only one, clicking it adds it."""
    if icon := playback.icon(row, take) or icon:
        column.template_icon(icon_value=icon, scale=5)
    buttons = column.row(align=True)
    buttons.alert = take in stillness.still_takes(row)
    if not only:
        text = translated("Take {}", take)
        add = buttons.operator("mti.import_result", text=text, translate=False)
        add.job, add.take = row.folder.path.name, take
    _draw_play(buttons, row, take, named=only)


def _draw_play(buttons: Any, row: Row, take: int, named: bool) -> None:
    """Draw a button to play or stop a result here, with a label if there is room."""
    text, icon = ("Pause", "PAUSE") if playback.playing(row, take) else ("Play", "PLAY")
    shown = translated(text) if named else ""
    play = buttons.operator("mti.play_result", text=shown, icon=icon, translate=False)
    play.job, play.take = row.folder.path.name, take
