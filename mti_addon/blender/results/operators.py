"""Operators on results: add one to the scene, and collect results next to the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...wire.errors import BadRequest
from ...wire.problem import Problem
from ...workflow.kept_results import export_take, read_result
from ...workflow.provenance import read_note
from ..apply import preview
from ..common.folders import results_root
from ..common.reporting import reports_errors, set_poll_message
from ..queue import polling
from ..queue.job_operator import JobOperator
from ..queue.stillness import hardly_moves
from ..scene.images import read_png
from ..translations import translated
from . import relocate
from .add_to_scene import place

CROPPED = "the target was cropped to {:.0%} of its area"
SAVE_FIRST = Problem("file_not_saved", "Save the .blend file first")


class MTI_OT_add_kept(bpy.types.Operator):
    """Add this result to the scene with the options below, even if it was added before"""

    bl_idname = "mti.add_kept"
    bl_label = "Add Result"
    bl_options = {"REGISTER", "UNDO"}

    folder: StringProperty(
        name="Folder", description="Folder of the result", options={"SKIP_SAVE", "HIDDEN"}
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Read its recipe and add its images."""
        result = read_result(Path(self.folder)) if self.folder else None
        if result is None:
            what = "This result no longer exists."
            raise BadRequest(Problem("result_gone", what, "Its folder was deleted."))
        placed = place(context, result, set_view=False, replace=False)
        level = "WARNING" if placed.warnings else "INFO"
        self.report({level}, "; ".join([placed.text, *placed.warnings]))
        return {"FINISHED"}


class MTI_OT_import_result(JobOperator, bpy.types.Operator):
    """Copy this take's images to the results folder, and add them to the scene"""

    bl_idname = "mti.import_result"
    bl_label = "Add Result"
    bl_options = {"REGISTER", "UNDO"}

    take: IntProperty(
        name="Take",
        description="Number of the job's result; 1 is the best match",
        default=1,
        min=1,
        max=128,
        options={"SKIP_SAVE"},
    )
    set_view_transform: BoolProperty(
        name="Set View Transform",
        description=(
            "Set the edit's view transform to Standard, the only one that shows finished images "
            "with their original colors"
        ),
        default=False,
    )
    replace: BoolProperty(
        name="Replace",
        description=(
            "Show the result in the strip it was redone from, if there is one; otherwise add "
            "another strip"
        ),
        default=True,
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Verify the images, copy them to the results folder, and add them."""
        row = self.row()
        root, note = results_root(context.scene)
        result = export_take(row, self.take, root, read_png)
        placed = place(context, result, self.set_view_transform, self.replace)
        target = read_note(row.folder.path)
        warnings = [*placed.warnings, note]
        if hardly_moves(result.folder):
            warnings.insert(0, translated("it hardly moves"))
        if target is not None and target.kept < 1:
            warnings.append(translated(CROPPED, target.kept))
        warnings = [warning for warning in warnings if warning]
        level = "WARNING" if warnings else "INFO"
        self.report({level}, "; ".join([placed.text, *warnings]))
        polling.dismiss(self.job)
        return {"FINISHED"}


class MTI_OT_collect_results(bpy.types.Operator):
    """Copy results made before this file was saved to the folder next to it"""

    bl_idname = "mti.collect_results"
    bl_label = "Collect Results"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a saved file."""
        return set_poll_message(cls, None if preview.saved() else SAVE_FIRST)

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Copy the folders, then show the results from there."""
        count = relocate.collect()
        text = translated("Copied {} results next to the file", count)
        self.report({"INFO"}, text)
        return {"FINISHED"}
