"""The part "Results" of the panel: all that this file has, and what becomes of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from . import lists, pictures, relocate, target_preview
from .drawing import beginning, button, field, is_narrow, own_words, paragraph
from .file_results import FileResult
from .glance import glance
from .job_rows import when
from .panel_jobs import SHOWN


class MTI_UL_results(bpy.types.UIList):
    """The results of this file."""

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
        """Its image, its name, and whether the scene shows it."""
        result = lists.results().get(item.key)
        if result is None:
            layout.label(text=item.name, icon="QUESTION", translate=False)
            return
        line = layout.row(align=True)
        narrow, made = is_narrow(context), when(result.made)
        shown = result.name if narrow else item.name
        told = str(result.take) if narrow else made
        if narrow and lists.has_twin(result):
            told = f"{result.take}, {made}"
            shown = beginning(context, result.name, 2, True, told)
        if icon := pictures.file_icon(result.image):
            line.label(text=shown, icon_value=icon, translate=False)
        else:
            line.label(text=shown, icon="RENDER_ANIMATION", translate=False)
        end = line.row(align=True)
        end.alignment = "RIGHT"
        end.label(text=told, translate=False)
        end.label(text="", icon="CHECKMARK" if result.added else "BLANK1")

    def filter_items(self, context: Any, data: Any, name: str) -> tuple[list[int], list[int]]:
        """Those with the words that are searched for."""
        search, known = context.window_manager.mti.result_search, lists.results()
        return lists.flags(self, getattr(data, name), search, lambda key: key in known), []


def draw_results(context: Any, layout: Any) -> None:
    """All results of this file in a list, the chosen one, and how one is added."""
    window = context.window_manager.mti
    lists.look(window)
    row = layout.row()
    row.use_property_split = False
    row.prop(window, "result_search", text="", icon="VIEWZOOM")
    layout.template_list(
        "MTI_UL_results", "", window, "results", window, "result", rows=SHOWN, maxrows=SHOWN
    )
    chosen = lists.chosen_result(window)
    if chosen is None:
        paragraph(context, layout, "No results of this file yet", "NONE")
    else:
        _draw_result(context, layout.box(), chosen)
    header, body = layout.panel("mti_results", default_closed=True)
    header.label(text="Options")
    if body:
        draw_options(context, body)


def _draw_result(context: Any, box: Any, result: FileResult) -> None:
    """Its image and what can be done with it."""
    if icon := pictures.file_icon(result.image):
        box.template_icon(icon_value=icon, scale=6)
    mark = "CHECKMARK" if result.added else "NONE"
    own_words(context, box, lists.result_name(result), mark, boxed=True)
    if result.job in lists.rows():
        add = button(context, box, "mti.import_result", "Add Result", "SEQUENCE", True, "Add")
        add.job, add.take = result.job, result.take
    else:
        add = button(context, box, "mti.add_kept", "Add Result", "SEQUENCE", True, "Add")
        add.folder = result.folder
    row = box.column(align=True) if is_narrow(context) else box.row(align=True)
    redo = button(context, row, "mti.redo", "Redo With...", "LOOP_BACK", True, "Again")
    redo.job, redo.folder = result.job, result.folder
    show = row.operator("wm.path_open", text="", icon="FILE_FOLDER")
    show.filepath = result.folder or str(Path(result.image).parent)


def draw_options(context: Any, layout: Any) -> None:
    """What becomes of a result that is added, where and how long."""
    props = context.scene.mti
    column = layout.column()
    field(context, column, props, "result_as")
    if props.result_as in ("EMPTY", "PLANE"):
        field(context, column, props, "result_position")
    if props.result_as != "FILES":
        field(context, column, props, "place")
        field(context, column, props, "result_speed")
        if props.result_speed == "CHOSEN":
            field(context, column, props, "result_fps")
    field(context, column, props, "result_folder")
    if not target_preview.saved():
        paragraph(
            context,
            column,
            "This file is not saved: results go to the extension's own folder until it is",
            "INFO",
        )
    elif glance(("scattered", bpy.data.filepath), relocate.any_scattered):
        text, short = "Collect Results", "Collect"
        button(context, column, "mti.collect_results", text, "FILE_FOLDER", short=short)
    button(context, layout, "mti.clean_up", "Clean Up...", "TRASH")
