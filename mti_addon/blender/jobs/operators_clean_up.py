"""The Clean Up operator."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty

from ..common.dialogs import ask
from ..common.reporting import reports_errors
from ..queue import polling
from ..translations import translated
from . import cleanup


class MTI_OT_clean_up(bpy.types.Operator):
    """Show how much space jobs, captures and results take up, and delete unused data"""

    bl_idname = "mti.clean_up"
    bl_label = "Clean Up..."

    jobs: BoolProperty(
        name="Jobs",
        description=(
            "Delete jobs that are no longer needed: those whose results were all added, and "
            "those that can never succeed. Learned motions are kept"
        ),
        default=True,
    )
    unadded: BoolProperty(
        name="Results Not Added",
        description=(
            "Delete jobs with results that were not added to any file; those results will be lost"
        ),
        default=False,
    )
    unfinished: BoolProperty(
        name="Unfinished Jobs",
        description="Delete jobs that failed, stopped or were cancelled, but could be resumed",
        default=False,
    )
    captures: BoolProperty(
        name="Captures",
        description=(
            "Delete captures that no scene in this file uses; jobs have copies. Other .blend "
            "files are not checked"
        ),
        default=False,
    )
    results: BoolProperty(
        name="Results",
        description=(
            "Delete results that nothing in this file uses. Other .blend files are not checked"
        ),
        default=False,
    )
    trash: BoolProperty(
        name="Deleted Motions",
        description="Empty the library's trash; its motions can then no longer be restored",
        default=False,
    )

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Measure the folders, and ask for confirmation."""
        MTI_OT_clean_up.heaps = cleanup.inventory(polling.jobs)
        return ask(self, context, translated("Delete"), width=400)

    def draw(self, _context: Any) -> None:
        """Draw the sizes next to the checkboxes."""
        for kind in cleanup.KINDS:
            row = self.layout.row()
            row.prop(self, kind)
            row.label(text=self.heaps[kind].described(), translate=False)
        self.layout.label(text="This cannot be undone", icon="ERROR")

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Measure again, since a job may have started, and delete what is still unused."""
        heaps = cleanup.inventory(polling.jobs)
        gone, freed = 0, 0
        problems: list[str] = []
        for kind in cleanup.KINDS:
            if getattr(self, kind):
                count, told = cleanup.delete(kind, heaps[kind])
                gone, problems = gone + count, problems + told
                freed += heaps[kind].bytes if not told else 0
        cleanup.sweep()
        polling.start()
        text = translated("Deleted {} folders, {}", gone, cleanup.megabytes(freed))
        self.report({"WARNING" if problems else "INFO"}, " ".join([text, *problems[:1]]))
        return {"FINISHED"}


MTI_OT_clean_up.heaps = {}
