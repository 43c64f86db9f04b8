"""Common parts of operators on one job."""

from __future__ import annotations

from bpy.props import StringProperty

from ...wire.errors import BadRequest
from ...wire.problem import Problem
from ...workflow.job_list import Row
from . import polling


class JobOperator:
    """An operator on one job, given by its ID."""

    job: StringProperty(name="Job", description="Job ID", options={"SKIP_SAVE", "HIDDEN"})

    def row(self) -> Row:
        """Return the job. Raises BadRequest if it no longer exists."""
        row = polling.jobs.find(self.job)
        if row is None or not row.folder.request_file.is_file():
            what = "This job no longer exists."
            raise BadRequest(Problem("job_gone", what, "Its folder was deleted."))
        return row
