"""Buttons on files: show the target, collect results, clean up."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty

from ..wire.problem import Problem
from . import cleanup, polling, relocate, target_preview
from .engines import chosen_settings
from .operators_jobs import current_motion
from .reporting import reports_errors, set_poll_message
from .target_sources import make_target, target_problem
from .translations import translated

SAVE_FIRST = Problem("file_not_saved", "Save the .blend file first")


class MTI_OT_show_target(bpy.types.Operator):
    """Show the image that would be sent, cropped or padded to the engine's shape"""

    bl_idname = "mti.show_target"
    bl_label = "Preview Target"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """There must be a target."""
        return set_poll_message(cls, target_problem(context))

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Make the target as Apply would, and keep it to be drawn in the panel."""
        motion = current_motion(context.scene)
        settings = motion.settings if motion else chosen_settings()
        target = make_target(context, settings.target_size)
        target_preview.show(context, target, settings.target_size)
        if target.warnings:
            text = translated("Shown as it will be sent")
            self.report({"WARNING"}, "; ".join([text, *target.warnings]))
        polling.redraw()
        return {"FINISHED"}


class MTI_OT_collect_results(bpy.types.Operator):
    """Copy the results of this file, made before it was saved, to the folder beside it"""

    bl_idname = "mti.collect_results"
    bl_label = "Collect Results"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """The file must be saved."""
        return set_poll_message(cls, None if target_preview.saved() else SAVE_FIRST)

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Copy the folders, then show them from there."""
        count = relocate.collect()
        text = translated("{} results are beside the file now", count)
        self.report({"INFO"}, text)
        return {"FINISHED"}


class MTI_OT_clean_up(bpy.types.Operator):
    """See what jobs, captures and results take up, and delete unused data"""

    bl_idname = "mti.clean_up"
    bl_label = "Clean Up..."

    jobs: BoolProperty(
        name="Jobs",
        description="Delete jobs of which nothing is needed any more: those whose results were all "
        "added, and those that can never succeed. Learned motions stay",
        default=True,
    )
    unadded: BoolProperty(
        name="Results Not Added",
        description="Delete jobs with results that were not added to any file; they are lost then",
        default=False,
    )
    unfinished: BoolProperty(
        name="Unfinished Jobs",
        description="Delete jobs that failed, stopped or were cancelled, and could be resumed",
        default=False,
    )
    captures: BoolProperty(
        name="Captures",
        description="Delete captures that no scene of this file uses; jobs have copies. Other "
        ".blend files are not looked at",
        default=False,
    )
    results: BoolProperty(
        name="Results",
        description="Delete results that nothing in this file shows. Other .blend files are not "
        "looked at",
        default=False,
    )

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Measure, and ask."""
        MTI_OT_clean_up.heaps = cleanup.inventory(polling.jobs)
        answer: set[str] = context.window_manager.invoke_props_dialog(
            self, width=400, confirm_text=translated("Delete")
        )
        return answer

    def draw(self, _context: Any) -> None:
        """Sizes beside the switches."""
        for kind in cleanup.KINDS:
            row = self.layout.row()
            row.prop(self, kind)
            row.label(text=self.heaps[kind].described(), translate=False)
        self.layout.label(text="This cannot be undone", icon="ERROR")

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Look again, for something may have begun, and delete what is still unused."""
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
