"""The jobs as they are shown: read from their folders, again and again. Imports no bpy.

Nothing here is the truth about a job; the folder is. So there is nothing to save, and nothing that
undo, a new file or a crash of Blender could leave wrong.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..client import Follower, JobState, list_jobs
from ..wire import JobFolder, MtiError, Request
from ..wire.problem import Problem
from .origin import Origin, read_origin
from .titles import titled

BUDGET_SECONDS = 0.008
"""One look at all jobs stops after this, and the next one goes on: Blender draws at 60 Hz."""

DOUBT_SECONDS = 5.0
"""A job that has just died is looked at for so much longer: of two runners that two Blenders have
started at once, one leaves, and for a moment nobody seems to be left."""

AT_WORK = ("queued", "running", "stuck")


@dataclass(frozen=True)
class Row:
    """One job: its folder, what was asked (None if that cannot be read, and why), how it stands.

    The request has the name that the job has now.
    """

    folder: JobFolder
    request: Request | None
    problem: Problem | None
    state: JobState
    origin: Origin | None = None
    """The .blend file that it was started from, if that was noted."""
    created: float = 0.0
    """Unix time."""
    has_log: bool = False
    """Something was written while it was worked on."""

    @property
    def active(self) -> bool:
        """There may be news without anybody doing anything."""
        return self.request is not None and self.state.phase in ("waiting", *AT_WORK)

    @property
    def at_work(self) -> bool:
        """A runner works on it, or will when it has come up."""
        return self.active and self.state.phase in AT_WORK


class Jobs:
    """All jobs of one folder, newest first."""

    def __init__(self) -> None:
        self.root: Path | None = None
        self.rows: tuple[Row, ...] = ()
        self._followers: dict[JobFolder, Follower] = {}
        self._unread: set[JobFolder] = set()
        self._read_once: set[JobFolder] = set()
        self._died: dict[JobFolder, float] = {}
        """Since when; only those that somebody may come up for."""
        self._listed = -1

    def forget(self) -> None:
        """Know of no job, as at the beginning."""
        self.root, self.rows, self._followers, self._unread = None, (), {}, set()
        self._read_once = set()
        self._listed = -1

    @property
    def outdated(self) -> bool:
        """Jobs were added or removed since they were listed, by another Blender or by hand."""
        return self.root is None or _changed(self.root) != self._listed

    @property
    def behind(self) -> bool:
        """There is more to read at once: a job of which not all is known."""
        return bool(self._unread)

    def was_read(self, row: Row) -> bool:
        """Its state is what its folder said at the last look, and not only a beginning."""
        return row.folder in self._read_once

    def find(self, job: str) -> Row | None:
        """The job of this id (its folder's name)."""
        return next((row for row in self.rows if row.folder.path.name == job), None)

    def refresh(self, root: Path) -> None:
        """List the folder again; the looks that follow read all jobs, also those that had ended."""
        if root != self.root:
            self.forget()
            self.root = root
        self._listed = _changed(root)  # before: what comes while it is listed is seen next time
        known = {row.folder: row for row in self.rows}
        folders = list_jobs(root)
        self._followers = {f: self._followers.get(f) or Follower(f) for f in folders}
        self.rows = tuple(known.get(folder) or _read(folder) for folder in folders)
        self._unread = set(folders)
        self._read_once &= self._unread

    def read_again(self, job: str) -> None:
        """What was noted beside a job's request has changed."""
        news = {row.folder: _read(row.folder) for row in self.rows if row.folder.path.name == job}
        self.rows = tuple(
            replace(news[row.folder], state=row.state) if row.folder in news else row
            for row in self.rows
        )

    def look(self) -> bool:
        """Read what is new in jobs that may have news; True if anything has changed."""
        deadline = time.perf_counter() + BUDGET_SECONDS
        before = self.rows
        news: dict[JobFolder, Row] = {}
        for row in self._to_read():
            follower = self._followers[row.folder]
            state = follower.poll()
            if follower.caught_up:
                self._unread.discard(row.folder)
                self._read_once.add(row.folder)
            elif state.phase in ("done", "failed", "cancelled"):
                self._unread.add(row.folder)  # a state of the past, and nobody would look again
            if state != row.state:
                has_log = row.folder.log_file.is_file()
                news[row.folder] = replace(row, state=state, has_log=has_log)
                if row.at_work and state.phase == "dead":
                    self._died[row.folder] = time.monotonic()
            if time.perf_counter() > deadline:
                break
        if news:
            self.rows = tuple(news.get(row.folder, row) for row in self.rows)
        return self.rows != before

    @property
    def waiting(self) -> bool:
        """There is something to look at again."""
        return bool(self._unread or self._doubtful()) or any(row.active for row in self.rows)

    def _doubtful(self) -> set[JobFolder]:
        """Jobs that have died a moment ago."""
        since = time.monotonic() - DOUBT_SECONDS
        self._died = {folder: when for folder, when in self._died.items() if when > since}
        return set(self._died)

    def _to_read(self) -> Iterator[Row]:
        """Those not read yet first: a look that runs out of time must not starve them."""
        unread = [row for row in self.rows if row.folder in self._unread]
        yield from unread
        doubtful = self._doubtful()
        for row in self.rows:
            if (row.active or row.folder in doubtful) and row.folder not in self._unread:
                yield row


def _changed(root: Path) -> int:
    """When a file was last written, or something added to a folder or removed from it; 0 if it is
    not there. Nanoseconds."""
    try:
        return root.stat().st_mtime_ns
    except OSError:
        return 0


def _read(folder: JobFolder) -> Row:
    request, problem = None, None
    try:
        request = titled(folder, folder.request())
    except MtiError as error:
        problem = error.problem
    origin, created = read_origin(folder.path), _changed(folder.request_file) / 1e9
    has_log = folder.log_file.is_file()
    return Row(folder, request, problem, JobState(), origin, created, has_log)
