"""Operators that change, copy, delete and restore motions of the own library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
from bpy.props import StringProperty

from ...client.library import Deleted, Entry, duplicate, free_name, list_trash
from ...wire.library.changing import check_own
from ..common.dialogs import ask
from ..common.reporting import invoke_reports_errors, reports_errors, set_poll_message
from ..queue.rows import when
from ..translations import translated
from . import changing, motions, shown
from .about import LONGEST_NAME, WIDTH, AboutFields
from .problems import NO_MOTIONS

MOST_LISTED = 20


class MotionOperator:
    """An operator on one motion, given by its folder; without one, on the chosen motion."""

    folder: StringProperty(
        name="Folder", description="Folder of the motion", options={"SKIP_SAVE", "HIDDEN"}
    )

    def entry(self, context: Any) -> Entry:
        """Return the motion. Raises UnreadableInput if it is gone."""
        return changing.entry_of(self.folder, context)

    def own_entry(self, context: Any) -> Entry:
        """Return the motion. Raises NotWritable if it is not in the own library."""
        entry = self.entry(context)
        check_own(motions.own(), entry.folder)
        return entry


class OfferedMotionOperator(MotionOperator):
    """The same, to be offered by Blender's search only if there is a motion."""

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a motion; which one is known only when it is invoked."""
        return set_poll_message(cls, None if shown.total() > 0 else NO_MOTIONS)


class MTI_OT_rename_motion(MotionOperator, bpy.types.Operator):
    """Rename this motion in the library"""

    bl_idname = "mti.rename_motion"
    bl_label = "Rename Motion in Library"
    bl_options = {"UNDO"}

    name: StringProperty(
        name="Name",
        description="New name of the motion",
        maxlen=LONGEST_NAME,
        options={"SKIP_SAVE"},
    )

    @invoke_reports_errors
    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the name."""
        self.name = self.own_entry(context).name
        return ask(self, context, translated("Rename"), WIDTH)

    def draw(self, _context: Any) -> None:
        """Draw the name, ready to be typed."""
        self.layout.activate_init = True
        self.layout.prop(self, "name")

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Save the name."""
        changing.change_motion(context, self.own_entry(context), name=self.name)
        return {"FINISHED"}


class MTI_OT_change_motion(AboutFields, MotionOperator, bpy.types.Operator):
    """Change the name, kind, tags, author, license and notes of this motion"""

    bl_idname = "mti.change_motion"
    bl_label = "Motion Details"
    bl_options = {"UNDO"}

    @invoke_reports_errors
    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for all of it."""
        entry = self.own_entry(context)
        self.name, self.kind, self.tags = entry.name, entry.kind, ", ".join(entry.tags)
        self.author, self.license, self.notes = entry.author, entry.license, entry.notes
        return self.ask(context)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Save what differs."""
        entry = self.own_entry(context)
        given = self.given()
        after = {name: each for name, each in given.items() if each != getattr(entry, name)}
        if after:
            changing.change_motion(context, entry, **after)
        return {"FINISHED"}


class MTI_OT_duplicate_motion(OfferedMotionOperator, bpy.types.Operator):
    """Copy this motion into your own library, where it can be changed"""

    bl_idname = "mti.duplicate_motion"
    bl_label = "Duplicate Motion"
    bl_options = {"UNDO"}

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Copy it under a free name, and choose the copy."""
        entry = self.entry(context)
        taken = [each.name for each in motions.library().entries()]
        copy = duplicate(motions.own(), entry.folder, free_name(entry.name, taken))
        changing.choose(context.scene, motions.notice(copy.folder))
        self.report({"INFO"}, translated("Duplicated {}", copy.preset.name))
        return {"FINISHED"}


class MTI_OT_delete_motion(OfferedMotionOperator, bpy.types.Operator):
    """Move this motion to the library's trash; it can be restored until Clean Up empties it"""

    bl_idname = "mti.delete_motion"
    bl_label = "Delete Motion"
    bl_options = {"UNDO"}

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Move it to the trash."""
        entry = self.own_entry(context)
        changing.delete_motion(context, entry)
        self.report({"INFO"}, translated("Deleted {}", entry.name))
        return {"FINISHED"}


class MTI_OT_restore_motion(bpy.types.Operator):
    """Move this motion from the trash back into the library"""

    bl_idname = "mti.restore_motion"
    bl_label = "Restore Motion"

    place: StringProperty(
        name="Place",
        description="Its folder in the trash; empty for the motion deleted last",
        options={"SKIP_SAVE", "HIDDEN"},
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a scene."""
        return context.scene is not None

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Move it back."""
        last = changing.last_deleted
        if last is not None and self.place in ("", str(last.place)):
            last.restore()
            MTI_OT_show_trash.found = list_trash(motions.own())
            self.report({"INFO"}, translated("Restored {}", last.name))
            return {"FINISHED"}
        if not self.place:
            self.report({"INFO"}, translated("Nothing was deleted"))
            return {"CANCELLED"}
        changing.Deletion(motions.own(), Path(), "", Path(self.place)).restore()
        MTI_OT_show_trash.found = list_trash(motions.own())
        return {"FINISHED"}


class MTI_OT_show_trash(bpy.types.Operator):
    """Show the deleted motions, and restore some of them"""

    bl_idname = "mti.show_trash"
    bl_label = "Deleted Motions"

    found: Sequence[Deleted] = ()

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Read the trash, and show it."""
        MTI_OT_show_trash.found = list_trash(motions.own())
        answer: set[str] = context.window_manager.invoke_popup(self, width=320)
        return answer

    def draw(self, _context: Any) -> None:
        """Draw the motions, last deleted first."""
        layout = self.layout
        layout.label(text="Deleted Motions")
        if not self.found:
            layout.label(text="The trash is empty", icon="TRASH")
        for each in self.found[:MOST_LISTED]:
            row = layout.row(align=True)
            row.label(text=each.name, icon="ACTION", translate=False)
            row.label(text=when(each.date), translate=False)
            again = row.operator("mti.restore_motion", text="Restore", icon="LOOP_BACK")
            again.place = str(each.place)
        if len(self.found) > MOST_LISTED:
            text = translated("And {} older ones", len(self.found) - MOST_LISTED)
            layout.label(text=text, translate=False)
        layout.label(text="Clean Up, under Jobs, empties the trash", icon="INFO")

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Do nothing: each row has its own button."""
        return {"FINISHED"}
