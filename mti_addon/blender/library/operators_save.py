"""The operator that saves what a job has learned in the library."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import StringProperty

from ...wire.errors import BadRequest
from ...wire.library import About
from ...wire.problem import Problem
from ...workflow.job_list import Row
from ...workflow.keeping import kind_of, save_now
from ..common import addon
from ..common.reporting import invoke_reports_errors, reports_errors, set_poll_message
from ..queue import polling
from ..translations import translated
from . import changing, motions, saving
from .about import AboutFields

NOTHING_LEARNED = Problem("nothing_to_save", "No learned motion is left to save")


class MTI_OT_save_to_library(AboutFields, bpy.types.Operator):
    """Save the motion that this job has learned in your library, to use and share it"""

    bl_idname = "mti.save_to_library"
    bl_label = "Save to Library"
    bl_options = {"UNDO"}

    job: StringProperty(
        name="Job",
        description="Job ID; empty for the last motion that is not saved yet",
        options={"SKIP_SAVE", "HIDDEN"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a learned motion that is not in the library."""
        there = saving.last_unsaved() is not None
        return set_poll_message(cls, None if there else NOTHING_LEARNED)

    @invoke_reports_errors
    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask what to say about it; author and license are those of the last time."""
        row, prefs = self._row(), addon.preferences()
        assert row.request is not None  # it has learned a motion
        self.job = row.folder.path.name
        self.name, self.kind = row.request.name, kind_of(row.folder.inputs)
        self.author, self.license = prefs.author, prefs.license
        return self.ask(context)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Save it, and choose it."""
        row, prefs = self._row(), addon.preferences()
        assert row.request is not None  # it has learned a motion
        if self.options.is_invoke:
            prefs.author, prefs.license = self.author, self.license
        given = self.given()
        given["name"] = given["name"] or row.request.name
        motion = save_now(row.folder, motions.own(), About(**given))
        polling.jobs.read_again(row.folder.path.name)
        changing.choose(context.scene, motions.notice(motion.folder))
        self.report({"INFO"}, translated("Saved {} in the library", motion.preset.name))
        return {"FINISHED"}

    def _row(self) -> Row:
        """Return the job. Raises BadRequest if it has not learned a motion."""
        found = polling.jobs.find(self.job) if self.job else saving.last_unsaved()
        if found is None or not saving.learned(found):
            what = "This job has not learned a motion."
            raise BadRequest(Problem("job_has_no_motion", what, "Wait until it is done."))
        return found
