"""The list of jobs, and which one is active. The job folders are authoritative."""

from __future__ import annotations

from typing import Any

from bpy.props import BoolProperty, CollectionProperty, IntProperty, StringProperty

from ...workflow.job_list import Row
from ..common import this_file
from ..common.lists import Mirror, MTI_PG_entry
from ..queue import polling
from ..translations import OWN

_rows: tuple[tuple[Row, ...], dict[str, Row]] = ((), {})


class JobListProperties:
    """Mixin for the settings stored in the window manager."""

    jobs: CollectionProperty(type=MTI_PG_entry, options={"HIDDEN"})
    job: IntProperty(name="Job", description="Job whose details are shown", options={"HIDDEN"})
    job_search: StringProperty(
        name="Search",
        translation_context=OWN,
        description="Only show jobs whose names contain these words",
        options={"TEXTEDIT_UPDATE"},
    )
    all_files: BoolProperty(
        name="All Files",
        description=(
            "Show jobs of all .blend files instead of only this one. Running and waiting jobs "
            "are always shown"
        ),
        default=False,
    )


def rows() -> dict[str, Row]:
    """Return the jobs by ID, newest first; called for each row that a list draws."""
    global _rows
    if _rows[0] is not polling.jobs.rows:
        known = polling.jobs.rows
        _rows = known, {row.folder.path.name: row for row in known}
    return _rows[1]


def chosen_job(window: Any) -> Row | None:
    """Return the active job of the list."""
    return rows().get(mirror.chosen(window))


def is_shown(row: Row, all_files: bool) -> bool:
    """Return whether a job is listed; jobs that hold up others always are."""
    return all_files or row.active or this_file.is_here(row.origin)


def has_namesake(row: Row) -> bool:
    """Return whether another job has the same name."""
    names = [each.request.name for each in rows().values() if each.request is not None]
    return row.request is not None and names.count(row.request.name) > 1


def _names() -> dict[str, str]:
    return {key: row.request.name if row.request else key for key, row in rows().items()}


class _JobMirror(Mirror):
    def fill(self, window: Any) -> None:
        """Update like any list, but make a new job active."""
        before = {entry.key for entry in window.jobs}
        super().fill(window)
        newest = next((key for key, row in rows().items() if is_shown(row, window.all_files)), "")
        if newest and newest not in before:
            window.job = list(rows()).index(newest)


mirror = _JobMirror("jobs", "job", _names)
