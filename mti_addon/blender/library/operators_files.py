"""Operators for .motion files and folders, and for files that are dropped on Blender."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, StringProperty

from ...wire.errors import MtiError
from ...wire.library import export_to, import_motion, read_motion
from ...workflow.progress import steps
from ..common.folders import RELATIVE
from ..common.reporting import invoke_reports_errors, reports_errors
from ..translations import sentences, told, translated
from . import changing, motions
from .operators_change import OfferedMotionOperator

SUFFIX = ".motion"
EDITORS = ("VIEW_3D", "SEQUENCE_EDITOR")
MOST_PROBLEMS = 12


class MTI_OT_import_motion(bpy.types.Operator):
    """Add motions from .motion files to your library"""

    bl_idname = "mti.import_motion"
    bl_label = "Import Motion"
    bl_options = {"UNDO"}

    filepath: StringProperty(
        name="File",
        description="The .motion file",
        subtype="FILE_PATH",
        options={"SKIP_SAVE", "HIDDEN", *RELATIVE},
    )
    directory: StringProperty(
        name="Folder",
        description="Folder of the files",
        subtype="DIR_PATH",
        options={"SKIP_SAVE", "HIDDEN", *RELATIVE},
    )
    files: CollectionProperty(
        name="Files",
        description="Names of the files",
        type=bpy.types.OperatorFileListElement,
        options={"SKIP_SAVE", "HIDDEN"},
    )
    filter_glob: StringProperty(
        name="Filter", description="Files to show", default="*" + SUFFIX, options={"HIDDEN"}
    )

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for files, unless they were dropped."""
        if self.filepath or self.files:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Import each file that can be imported, and choose the last one."""
        said: list[str] = []
        failed: MtiError | None = None
        for path in steps(self._paths()):
            try:
                motion, is_new = import_motion(motions.own(), path)
            except MtiError as error:
                failed = failed or error
                continue
            template = "Imported {}" if is_new else "{} is in the library already"
            said.append(translated(template, motion.preset.name))
            changing.choose(context.scene, motions.notice(motion.folder))
        if failed is not None:
            if not said:
                raise failed
            self.report({"WARNING"}, sentences(failed.problem))
        text = said[0] if len(said) == 1 else translated("Imported {} motions", len(said))
        self.report({"INFO"}, text)
        return {"FINISHED"}

    def _paths(self) -> list[Path]:
        folder = Path(bpy.path.abspath(self.directory))
        names = [each.name for each in self.files if each.name]
        return [folder / name for name in names] or [Path(bpy.path.abspath(self.filepath))]


class MTI_FH_motion(bpy.types.FileHandler):
    """Accept .motion files dropped on the 3D viewport or the sequencer."""

    bl_idname = "MTI_FH_motion"
    bl_label = "Import Motion"
    bl_import_operator = MTI_OT_import_motion.bl_idname
    bl_file_extensions = SUFFIX

    @classmethod
    def poll_drop(cls, context: Any) -> bool:
        """Return whether the mouse is over one of these editors."""
        return context.area is not None and context.area.type in EDITORS


class MTI_OT_export_motion(OfferedMotionOperator, bpy.types.Operator):
    """Save this motion as one .motion file, to send it to somebody"""

    bl_idname = "mti.export_motion"
    bl_label = "Export Motion"

    filepath: StringProperty(
        name="File",
        description="The .motion file",
        subtype="FILE_PATH",
        options={"SKIP_SAVE", "HIDDEN", *RELATIVE},
    )
    filter_glob: StringProperty(
        name="Filter", description="Files to show", default="*" + SUFFIX, options={"HIDDEN"}
    )
    check_existing: BoolProperty(
        name="Check Existing",
        description="Warn about a file that would be replaced",
        default=True,
        options={"SKIP_SAVE", "HIDDEN"},
    )

    @invoke_reports_errors
    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the file."""
        entry = self.entry(context)
        self.folder = str(entry.folder)  # the choice may change while the dialog is open
        self.filepath = bpy.path.clean_name(entry.name) + SUFFIX
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, _context: Any) -> bool:
        """Add the suffix to the name that was typed."""
        path = bpy.path.ensure_ext(self.filepath, SUFFIX)
        changed = bool(path != self.filepath)
        self.filepath = path
        return changed

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Write the file."""
        motion = read_motion(self.entry(context).folder)
        path = Path(bpy.path.ensure_ext(bpy.path.abspath(self.filepath), SUFFIX))
        export_to(motion, path)
        self.report({"INFO"}, translated("Saved {}", path.name))
        return {"FINISHED"}


class MTI_OT_show_motion_folder(OfferedMotionOperator, bpy.types.Operator):
    """Open the folder of this motion in the system's file browser"""

    bl_idname = "mti.show_motion_folder"
    bl_label = "Show in File Browser"

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Open it."""
        bpy.ops.wm.path_open(filepath=str(self.entry(context).folder))
        return {"FINISHED"}


class MTI_OT_refresh_library(bpy.types.Operator):
    """Look for changes in all library folders now; it is also done every few seconds"""

    bl_idname = "mti.refresh_library"
    bl_label = "Refresh Library"

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Look at all folders."""
        library = motions.library()
        library.refresh()
        motions.tell()
        count = len(library.entries())
        self.report({"INFO"}, translated("{} motions", count))
        return {"FINISHED"}


class MTI_OT_library_problems(bpy.types.Operator):
    """Show which motions cannot be read, and why"""

    bl_idname = "mti.library_problems"
    bl_label = "Unreadable Motions"

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Show them."""
        answer: set[str] = context.window_manager.invoke_popup(self, width=480)
        return answer

    def draw(self, _context: Any) -> None:
        """Draw each folder with a button to open it, and what is wrong with it."""
        layout = self.layout
        layout.label(text="Unreadable Motions")
        for each in motions.library().problems[:MOST_PROBLEMS]:
            row = layout.row()
            row.label(text=each.folder.name, icon="ERROR", translate=False)
            row.operator("wm.path_open", text="", icon="FILE_FOLDER").filepath = str(each.folder)
            column = layout.column(align=True)
            column.scale_y = 0.8
            for sentence in filter(None, told(each.error.problem)):
                column.label(text=sentence, translate=False)

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Do nothing: each row has its own button."""
        return {"FINISHED"}
