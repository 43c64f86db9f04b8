"""Finished jobs and the library: what is in it, and what is put there by itself."""

from __future__ import annotations

from pathlib import Path

from ...client.library import Entry
from ...wire import JobFolder, MtiError
from ...wire.library import About, Kind
from ...workflow.job_list import Row
from ...workflow.keeping import fulfil
from ..common import addon, panels, this_file
from ..queue import polling
from . import motions

_failed: set[JobFolder] = set()
"""Jobs whose motion could not be saved; they are tried again when Blender is started."""


def learned(row: Row) -> bool:
    """Return whether a job has learned a motion."""
    return row.request is not None and row.request.learns and row.state.phase == "done"


def entry_of_job(row: Row) -> Entry | None:
    """Return what a job's motion was saved as in the library; None if it is not there."""
    if row.keep is None or not row.keep.saved:
        return None
    return motions.library().at(Path(row.keep.saved))


def last_unsaved() -> Row | None:
    """Return the last job whose motion is not in the library, of this file if there is one."""
    found = [row for row in polling.jobs.rows if learned(row) and entry_of_job(row) is None]
    return next((row for row in found if this_file.is_here(row.origin)), next(iter(found), None))


def job_learning(entry: Entry) -> Row | None:
    """Return the unfinished job that learns a motion of the library for another engine."""
    folder = str(entry.folder)
    return next((row for row in polling.jobs.rows if row.keep and _is_for(row, folder)), None)


def about(name: str, kind: Kind) -> About:
    """Return what is said of a motion that nobody was asked about."""
    prefs = addon.preferences()
    author, license = prefs.author.strip(), prefs.license.strip()
    return About(kind=kind, author=author, license=license, name=name)


def look() -> None:
    """Save the motions of jobs that have ended; called when jobs have changed."""
    for row in polling.jobs.rows:
        if row.keep is None or row.keep.saved or not learned(row) or row.folder in _failed:
            continue
        try:
            motion = fulfil(row.folder, motions.own())
        except (MtiError, OSError) as error:
            _failed.add(row.folder)
            if isinstance(error, MtiError):
                panels.remember_error(error.problem)
            continue
        polling.jobs.read_again(row.folder.path.name)
        if motion is not None:
            motions.notice(motion.folder)


def forget() -> None:
    """Reset all state; for unregister()."""
    _failed.clear()


def _is_for(row: Row, folder: str) -> bool:
    return row.keep is not None and row.keep.folder == folder and row.active
