"""The Library panel: the motions as pictures, search, and the chosen motion."""

from __future__ import annotations

from typing import Any

import bpy

from ..common import addon
from ..common.drawing import beginning, button, paragraph
from ..translations import translated
from . import changing, motions, properties, shown
from .details import draw_chosen
from .grid import draw_grid
from .menus import draw_library_menu, draw_motion_menu
from .studio_panel import draw_studio_motions


class MTI_PT_library_filter(bpy.types.Panel):
    """Which motions the library shows, and in which order."""

    bl_idname = "MTI_PT_library_filter"
    bl_label = "Filter"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"
    bl_options = {"INSTANCED"}
    bl_ui_units_x = 12

    def draw(self, context: Any) -> None:
        """Draw the filters, and the order."""
        layout, window = self.layout, context.window_manager.mti
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(addon.preferences(), "library_order")
        layout.column(align=True).prop(window, "library_kinds", expand=True)
        column = layout.column()
        for name in ("library_tag", "library_engine", "library_origin", "library_favorites"):
            column.prop(window, name)
        layout.prop(addon.preferences(), "play_motions")
        layout.operator("mti.clear_library_search", icon="X")


class MTI_MT_library(bpy.types.Menu):
    """The library as a whole"""

    bl_idname = "MTI_MT_library"
    bl_label = "Library"

    def draw(self, _context: Any) -> None:
        """Draw its operators."""
        draw_library_menu(self.layout)


class MTI_MT_library_motion(bpy.types.Menu):
    """The chosen motion"""

    bl_idname = "MTI_MT_library_motion"
    bl_label = "Motion"

    def draw(self, context: Any) -> None:
        """Draw its operators."""
        entry = shown.chosen(context.scene)
        if entry is not None:
            draw_motion_menu(self.layout, entry)


def draw_library_header(context: Any, header: Any) -> None:
    """Draw how many motions there are, and how many of them are shown."""
    window, total = context.window_manager.mti, shown.total()
    row = header.row()
    row.alignment = "RIGHT"
    if properties.is_filtered(window):
        text = translated("{} of {}", len(shown.found(window)), total)
        row.label(text=text, translate=False)
    elif total:
        row.label(text=str(total), translate=False)


def draw_library(context: Any, layout: Any) -> None:
    """Draw the motions, and the chosen one below them."""
    motions.drawn()
    _draw_search(context, layout)
    if shown.total():
        draw_grid(context, layout)
    else:
        done = motions.library().is_complete
        paragraph(context, layout, "No motions yet" if done else "Reading the library", "NONE")
    _draw_deleted(context, layout)
    if motions.library().problems:
        count = len(motions.library().problems)
        text = translated("{} unreadable", count)
        button(context, layout, "mti.library_problems", text, "ERROR", short="Details")
    entry = shown.chosen(context.scene)
    if entry is not None:
        draw_chosen(context, layout.box(), entry)
    draw_studio_motions(context, layout)


def _draw_search(context: Any, layout: Any) -> None:
    window = context.window_manager.mti
    row = layout.row(align=True)
    row.use_property_split = False
    row.prop(window, "library_search", text="", icon="VIEWZOOM")
    star = "SOLO_ON" if window.library_favorites else "SOLO_OFF"
    row.prop(window, "library_favorites", text="", icon=star)
    row.popover(panel="MTI_PT_library_filter", text="", icon="FILTER")
    if properties.has_filters(window):  # the search has its own
        row.operator("mti.clear_library_search", text="", icon="X")
    row.menu("MTI_MT_library", text="", icon="DOWNARROW_HLT")


def _draw_deleted(context: Any, layout: Any) -> None:
    """Draw the motion that was deleted last, to bring it back."""
    deleted = changing.last_deleted
    if deleted is None:
        return
    row = layout.row(align=True)
    text = translated("Deleted {}", deleted.name)
    row.label(text=beginning(context, text, 1, beside=translated("Restore")), translate=False)
    row.operator("mti.restore_motion", text="Restore", icon="LOOP_BACK")
