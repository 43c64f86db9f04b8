"""The Results panel: all results of this file, and options for adding them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ..apply import preview
from ..common import icons
from ..common.drawing import beginning, button, field, is_narrow, own_words, paragraph
from ..common.file_cache import cached_answer
from ..common.lists import SHOWN, flags
from ..queue import polling
from ..queue.rows import when
from . import relocate
from .file_results import FileResult
from .list import chosen_result, has_twin, mirror, result_name, results


class MTI_UL_results(bpy.types.UIList):
    """Results of this file."""

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
        """Draw its image, its name, and whether the scene shows it."""
        result = results().get(item.key)
        if result is None:
            layout.label(text=item.name, icon="QUESTION", translate=False)
            return
        line = layout.row(align=True)
        narrow, made = is_narrow(context), when(result.made)
        shown = result.name if narrow else item.name
        told = str(result.take) if narrow else made
        if narrow and has_twin(result):
            told = f"{result.take}, {made}"
            shown = beginning(context, result.name, 2, True, told)
        if icon := icons.file_icon(result.image):
            line.label(text=shown, icon_value=icon, translate=False)
        else:
            line.label(text=shown, icon="RENDER_ANIMATION", translate=False)
        end = line.row(align=True)
        end.alignment = "RIGHT"
        end.label(text=told, translate=False)
        end.label(text="", icon="CHECKMARK" if result.added else "BLANK1")

    def filter_items(self, context: Any, data: Any, name: str) -> tuple[list[int], list[int]]:
        """Keep the results that match the search."""
        search, known = context.window_manager.mti.result_search, results()
        return flags(self, getattr(data, name), search, lambda key: key in known), []


def draw_results(context: Any, layout: Any) -> None:
    """Draw the list of results, the active one, and the options for adding it."""
    window = context.window_manager.mti
    mirror.look(window)
    row = layout.row()
    row.use_property_split = False
    row.prop(window, "result_search", text="", icon="VIEWZOOM")
    layout.template_list(
        "MTI_UL_results", "", window, "results", window, "result", rows=SHOWN, maxrows=SHOWN
    )
    chosen = chosen_result(window)
    if chosen is None:
        paragraph(context, layout, "No results in this file yet", "NONE")
    else:
        _draw_result(context, layout.box(), chosen)
    header, body = layout.panel("mti_results", default_closed=True)
    header.label(text="Options")
    if body:
        draw_options(context, body)


def _draw_result(context: Any, box: Any, result: FileResult) -> None:
    """Draw its image and the actions on it."""
    if icon := icons.file_icon(result.image):
        box.template_icon(icon_value=icon, scale=6)
    mark = "CHECKMARK" if result.added else "NONE"
    own_words(context, box, result_name(result), mark, boxed=True)
    if polling.jobs.find(result.job) is not None:
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
    """Draw how, where and how long a result is added."""
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
    if not preview.saved():
        paragraph(
            context,
            column,
            "This file is not saved: until it is, results go to the extension's own folder",
            "INFO",
        )
    elif cached_answer(("scattered", bpy.data.filepath), relocate.any_scattered):
        text, short = "Collect Results", "Collect"
        button(context, column, "mti.collect_results", text, "FILE_FOLDER", short=short)
    button(context, layout, "mti.clean_up", "Clean Up...", "TRASH")
