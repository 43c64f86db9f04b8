"""Menus of the library: of all of it, of a motion, and of a picture that is right-clicked.

Blender's search (F3) lists their entries by themselves, so each says what it is about.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ...client.library import Entry
from ...client.setup.engines import LABELS
from ..common import addon
from ..studio import place
from ..translations import translated
from . import motions

CONTEXT_MENU = "UI_MT_button_context_menu"
PICK = "MTI_OT_pick_motion"


def draw_library_menu(layout: Any) -> None:
    """Draw what can be done with the library as a whole."""
    layout.operator("mti.save_to_library", text="Save Learned Motion...", icon="ADD")
    layout.operator("mti.import_motion", text="Import Motions...", icon="IMPORT")
    layout.separator()
    engine = LABELS[addon.chosen_engine()]
    text = translated("Learn All for {}...", engine)
    layout.operator("mti.learn_all_motions", text=text, icon="PLAY", translate=False)
    layout.operator("mti.learn_actions", text="Learn All Actions...", icon="ACTION")
    layout.operator("mti.learn_movies", text="Learn Movies...", icon="FILE_MOVIE")
    layout.separator()
    layout.operator("mti.show_trash", text="Deleted Motions...", icon="TRASH")
    layout.operator("mti.refresh_library", text="Refresh Library", icon="FILE_REFRESH")
    shown = layout.operator("wm.path_open", text="Show in File Browser", icon="FILE_FOLDER")
    shown.filepath = str(motions.own())
    layout.operator("preferences.addon_show", text="Motion Preferences...").module = addon.ADDON_ID


def draw_motion_menu(layout: Any, entry: Entry) -> None:
    """Draw what can be done with a motion."""
    folder = str(entry.folder)
    if entry.has_poses:
        layout.operator("mti.edit_motion", icon="GREASEPENCIL").motion = entry.id
        layout.operator("mti.pose_motion", icon="ARMATURE_DATA").motion = entry.id
        layout.separator()
    if entry.is_writable:
        layout.operator("mti.rename_motion", text="Rename Motion...").folder = folder
        layout.operator("mti.change_motion", text="Motion Details...").folder = folder
    text = "Remove from Favorites" if entry.favorite else "Add to Favorites"
    icon = "SOLO_OFF" if entry.favorite else "SOLO_ON"
    layout.operator("mti.favorite_motion", text=text, icon=icon, translate=True).folder = folder
    text = "Duplicate Motion" if entry.is_writable else "Copy to My Motions"
    copy = layout.operator("mti.duplicate_motion", text=text, icon="DUPLICATE", translate=True)
    copy.folder = folder
    engine = addon.chosen_engine()
    if engine not in entry.models:
        text = translated("Learn for {}", LABELS[engine])
        learn = layout.operator("mti.learn_motion", text=text, icon="PLAY", translate=False)
        learn.folder = folder
    layout.separator()
    layout.operator("mti.export_motion", text="Export Motion...", icon="EXPORT").folder = folder
    if place.address():
        layout.operator("mti.publish_motion", icon="LINKED").folder = folder
    show = layout.operator("mti.show_motion_folder", icon="FILE_FOLDER")
    show.folder = folder
    if entry.is_writable:
        layout.separator()
        layout.operator("mti.delete_motion", text="Delete Motion", icon="TRASH").folder = folder


def draw_picture_menu(self: Any, context: Any) -> None:
    """Draw what can be done with the motion whose name was right-clicked."""
    pressed = getattr(context, "button_operator", None)
    if pressed is None or pressed.bl_rna.identifier != PICK:
        return
    entry = motions.library().at(Path(pressed.folder))
    if entry is not None:
        self.layout.separator()
        draw_motion_menu(self.layout, entry)


def register() -> None:
    """Append to Blender's context menu of buttons."""
    getattr(bpy.types, CONTEXT_MENU).append(draw_picture_menu)


def unregister() -> None:
    """Undo register()."""
    getattr(bpy.types, CONTEXT_MENU).remove(draw_picture_menu)
