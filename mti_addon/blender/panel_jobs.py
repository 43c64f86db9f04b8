"""The part "Jobs" of the panel: how each one stands, and what can be done about it."""

from __future__ import annotations

from typing import Any

import bpy

from . import job_pictures, lists, playback, polling, stillness
from .drawing import BOX_EDGES, ICON, button, is_narrow, name, paragraph, room, scale_of
from .job_rows import PHASES, TASKS, advice, draw_bar, draw_stop, how_far, warning_of, when
from .jobs import Row
from .results import takes_of
from .translations import sentences, told, translated

SHOWN = 5
"""Rows of a list. It is always as high, so that nothing below it moves when a job comes or goes."""


class MTI_UL_jobs(bpy.types.UIList):
    """The jobs of this file, or of all."""

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
        """What it does, its name, and how it stands."""
        row = lists.rows().get(item.key)
        if row is None or row.request is None:
            layout.label(text=item.name, icon="ERROR", translate=False)
            return
        line, told = layout.row(align=True), how_far(row)
        if is_narrow(context) and lists.has_namesake(row):
            told = when(row.created)  # by which alone it can be told from others
            name(context, line, item.name, "NONE", boxed=True, beside=told)
        else:
            told = told or ("" if is_narrow(context) else when(row.created))
            line.label(text=item.name, icon=TASKS[row.request.task], translate=False)
        end = line.row(align=True)
        end.alignment = "RIGHT"
        if told:
            end.label(text=told, translate=False)
        end.label(text="", icon=PHASES[row.state.phase][1])

    def filter_items(self, context: Any, data: Any, entries: str) -> tuple[list[int], list[int]]:
        """Those of this file, unless all are wanted, with the words that are searched for."""
        window, known = context.window_manager.mti, lists.rows()

        def wanted(key: str) -> bool:
            return key in known and lists.is_shown(known[key], window.all_files)

        return lists.flags(self, getattr(data, entries), window.job_search, wanted), []


def draw_jobs(context: Any, layout: Any) -> None:
    """All of them in a list, and below it the one that is chosen."""
    polling.notice_changes()
    window = context.window_manager.mti
    lists.look(window)
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
    chosen = lists.chosen_job(window)
    if chosen is not None and lists.is_shown(chosen, window.all_files):
        _draw_job(context, layout.box(), chosen)
        _draw_details(context, layout, chosen)


def counted() -> str:
    """Such as 'This file: 3, other files: 5'."""
    known = lists.rows().values()
    here = sum(lists.is_shown(row, False) for row in known)
    if not known:
        return "No jobs yet"
    if here == len(known):
        return translated("This file: {}", here)
    return translated("This file: {}, other files: {}", here, len(known) - here)


def _draw_job(context: Any, box: Any, row: Row) -> None:
    """What can be done stands at the top, where nothing that comes moves it."""
    job, phase = row.folder.path.name, row.state.phase
    request = row.request
    top = box.row(align=True)
    if request is None:
        top.label(text=job[:6], icon="ERROR", translate=False)
        top.operator("mti.remove_job", text="", icon="TRASH").job = job
        paragraph(context, box, sentences(row.problem), "NONE", boxed=True)
        return
    if is_narrow(context):  # beside the buttons there would be room for a letter
        name(context, box, request.name, TASKS[request.task], boxed=True)
        top = box.row(align=True)
    else:
        top.label(text=request.name, icon=TASKS[request.task], translate=False)
    if phase == "done" and request.learns:
        top.operator("mti.rename_job", text="", icon="GREASEPENCIL").job = job
    draw_stop(top, row)
    text, icon = PHASES[phase]
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
    """What to do about a job that is not well; empty for one that is."""
    if row.state.phase in ("cancelled", "paused") and never_started(row):
        return "Not started"
    return advice(row.state)


def never_started(row: Row) -> bool:
    """No runner has told anything of it, nor left a log."""
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
    if icon := job_pictures.live_icon(row):
        column = box.column(align=True)
        column.template_icon(icon_value=icon, scale=5)
        column.label(text="Preview")


def _draw_details(context: Any, layout: Any, row: Row) -> None:
    """What says little to most people: the loss, and what the job uses of a GPU."""
    curve = job_pictures.curve_icon(row)
    if row.state.phase != "running" or not (curve or row.state.plan):
        return
    header, body = layout.panel("mti_job_details", default_closed=True)
    header.label(text="Details")
    if not body:
        return
    if row.state.plan:
        paragraph(context, body, row.state.plan, "INFO")
    if curve:
        body.template_icon(icon_value=curve, scale=5)
        paragraph(context, body, "Loss", "NONE")


def _draw_done(context: Any, box: Any, row: Row) -> None:
    job, result = row.folder.path.name, row.state.result or {}
    if warning := warning_of(result):
        paragraph(context, box, sentences(warning), "ERROR", boxed=True)
    assert row.request is not None  # it is done
    if row.request.learns:
        button(context, box, "mti.apply_this", "Apply This", "PLAY", True, "Apply").job = job
    if takes := takes_of(row):
        if len(stillness.still_takes(row)) == len(takes):
            paragraph(context, box, stillness.ADVICE, "ERROR", boxed=True)
        _draw_takes(context, box, row, job)
        if len(takes) == 1:
            add = button(context, box, "mti.import_result", "Add Result", "SEQUENCE", True, "Add")
            add.job = job
        button(context, box, "mti.redo", "Redo With...", "LOOP_BACK", True, "Again").job = job


def _draw_takes(context: Any, box: Any, row: Row, job: str) -> None:
    """Side by side, the likeliest first; a click on one of several adds it."""
    takes, scale = takes_of(row), scale_of(context)
    still = stillness.still_takes(row)
    across = max(1, min(4, int((room(context) - BOX_EDGES * scale) / (3.2 * ICON * scale))))
    grid = box.grid_flow(row_major=True, columns=across, even_columns=True, align=True)
    for take, icon in zip(takes, job_pictures.take_icons(row), strict=True):
        column = grid.column(align=True)
        icon = playback.icon(row, take.number) or icon
        if icon:
            column.template_icon(icon_value=icon, scale=5)
        buttons = column.row(align=True)
        buttons.alert = take.number in still
        if len(takes) > 1:
            text = translated("Take {}", take.number)
            add = buttons.operator("mti.import_result", text=text, translate=False)
            add.job, add.take = job, take.number
        _draw_play(buttons, row, take.number, named=len(takes) == 1)


def _draw_play(buttons: Any, row: Row, take: int, named: bool) -> None:
    """Play a result here, or stop it; the button is named where there is room beside it."""
    text, icon = ("Pause", "PAUSE") if playback.playing(row, take) else ("Play", "PLAY")
    shown = translated(text) if named else ""
    play = buttons.operator("mti.play_result", text=shown, icon=icon, translate=False)
    play.job, play.take = row.folder.path.name, take
