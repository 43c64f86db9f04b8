"""Operators that choose a motion, mark it, and search for one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from ...client.library import Entry
from ...client.setup.engines import LABELS
from ...workflow.motions import label_of, learned_motions
from ..common import panels
from ..common.reporting import reports_errors
from ..queue import polling
from ..translations import translated
from . import changing, grid, motions, properties
from .details import facts

NO_ROW = -1
_clicked: tuple[str, float] = ("", 0.0)
"""The motion that was clicked last, and when, in seconds."""
_choices: list[tuple[str, str, str]] = []
"""Blender needs the choices of a search to stay in memory."""


def _found(_self: Any, _context: Any) -> list[tuple[str, str, str]]:
    return _choices


class MTI_OT_pick_motion(bpy.types.Operator):
    """Use this motion: it is what Apply applies. Double-click to rename it"""

    bl_idname = "mti.pick_motion"
    bl_label = "Use Motion"
    bl_options = {"UNDO_GROUPED"}
    bl_undo_group = "mti.pick_motion"

    folder: StringProperty(
        name="Folder", description="Folder of the motion", options={"SKIP_SAVE", "HIDDEN"}
    )
    row: IntProperty(
        name="Row",
        description="Row of the list that was clicked; the mouse's place tells which motion",
        default=NO_ROW,
        options={"SKIP_SAVE", "HIDDEN"},
    )

    @classmethod
    def description(cls, _context: Any, properties: Any) -> str:
        """Describe the motion under the mouse."""
        entry = motions.library().at(Path(properties.folder))
        return tooltip(entry) if entry else translated(cls.__doc__ or "")

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Find out which motion was clicked; a double click renames it."""
        global _clicked
        if self.row != NO_ROW:
            entry = grid.entry_at(context, self.row, event.mouse_region_x)
            if entry is None:
                return {"CANCELLED"}
            self.folder = str(entry.folder)
        before, when = _clicked
        limit = context.preferences.inputs.mouse_double_click_time / 1000
        _clicked = self.folder, time.monotonic()
        if before == self.folder and time.monotonic() - when < limit:
            _clicked = "", 0.0
            bpy.ops.mti.rename_motion("INVOKE_DEFAULT", True, folder=self.folder)
            return {"CANCELLED"}
        return self.execute(context)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Choose it in the scene."""
        label = label_of(changing.entry_of(self.folder, context))
        if context.scene.mti.motion == label:
            return {"CANCELLED"}
        context.scene.mti.motion = label
        return {"FINISHED"}


class MTI_OT_find_motion(bpy.types.Operator):
    """Choose the motion to apply by its name, from the library or a job that has learned it"""

    bl_idname = "mti.find_motion"
    bl_label = "Find Motion"
    bl_options = {"UNDO"}
    bl_property = "motion"

    motion: EnumProperty(
        name="Motion",
        description="The motion to apply",
        items=_found,
        options={"SKIP_SAVE", "HIDDEN"},
    )

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for a name."""
        _choices[:] = _all_choices()
        if not _choices:
            self.report({"INFO"}, translated("No motion yet"))
            return {"CANCELLED"}
        context.window_manager.invoke_search_popup(self)
        return {"RUNNING_MODAL"}

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Choose it in the scene."""
        context.scene.mti.motion = self.motion
        grid.reveal(motions.labelled(self.motion))
        return {"FINISHED"}


class MTI_OT_favorite_motion(bpy.types.Operator):
    """Make this motion a favorite, or no longer one"""

    bl_idname = "mti.favorite_motion"
    bl_label = "Favorite Motion"

    folder: StringProperty(
        name="Folder", description="Folder of the motion", options={"SKIP_SAVE", "HIDDEN"}
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a library."""
        return context.scene is not None

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Note it in the own library."""
        entry = changing.entry_of(self.folder, context)
        motions.library().set_favorite(entry.id, not entry.favorite)
        motions.tell()
        return {"FINISHED"}


class MTI_OT_clear_library_search(bpy.types.Operator):
    """Show all motions: clear the search and all filters"""

    bl_idname = "mti.clear_library_search"
    bl_label = "Show All Motions"

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Clear them."""
        properties.clear(context.window_manager.mti)
        panels.redraw()
        return {"FINISHED"}


def tooltip(entry: Entry) -> str:
    """Return what is known of a motion, for its tooltip."""
    lines = [entry.name, *facts(entry)]
    return "\n".join([*lines, "", translated("Double-click to rename")])


def _all_choices() -> list[tuple[str, str, str]]:
    """Return (label, name, description) of all motions; learned ones first, newest first."""
    found = [
        (motion.label, f"{motion.name} ({LABELS[motion.settings.model]})", "")
        for motion in learned_motions(polling.jobs, lambda _row: True)
    ]
    return found + [(label_of(each), each.name, "") for each in motions.library().entries()]
