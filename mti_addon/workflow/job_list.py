"""The displayed list of jobs, polled from their folders. Imports no bpy.

The folders are authoritative, so nothing needs saving, and undo, a new file or a crash of Blender
does no harm.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..client import Follower, JobState, list_jobs
from ..wire import JobFolder, MtiError, Request
from ..wire.problem import Problem
from .job_origin import Origin, read_origin
from .job_titles import titled
from .keeping import Keep, read_keep

BUDGET_SECONDS = 0.008
"""Time limit of one poll of all jobs, continued by the next; Blender draws at 60 Hz."""

DOUBT_SECONDS = 5.0
"""How long a job that has just died is still polled. If two Blenders start a runner at the same
time, one of them exits, and for a moment no runner seems to be left."""

AT_WORK = ("queued", "running", "stuck")


@dataclass(frozen=True)
class Row:
    """One job: its folder, its request (None if unreadable, with the reason), and its state.

    The request carries the job's current name.
    """

    folder: JobFolder
    request: Request | None
    problem: Problem | None
    state: JobState
    origin: Origin | None = None
    """The .blend file that it was started from, if recorded."""
    created: float = 0.0
    """Unix time."""
    has_log: bool = False
    """Whether a log was written."""
    keep: Keep | None = None
    """What becomes of its motion in the library, if that was decided."""
    remote: bool = False
    """Whether it runs on a studio's server."""

    @property
    def active(self) -> bool:
        """Return whether its state may change by itself."""
        return self.request is not None and self.state.phase in ("waiting", *AT_WORK)

    @property
    def at_work(self) -> bool:
        """Return whether a runner works on it, or is starting up."""
        return self.active and self.state.phase in AT_WORK


class Jobs:
    """All jobs in a folder, newest first."""

    def __init__(self) -> None:
        self.root: Path | None = None
        self.rows: tuple[Row, ...] = ()
        self._followers: dict[JobFolder, Follower] = {}
        self._unread: set[JobFolder] = set()
        self._read_once: set[JobFolder] = set()
        self._died: dict[JobFolder, float] = {}
        """Time of death; only of jobs that another runner may still pick up."""
        self._listed = -1

    def forget(self) -> None:
        """Reset to the initial, empty state."""
        self.root, self.rows, self._followers, self._unread = None, (), {}, set()
        self._read_once = set()
        self._listed = -1

    @property
    def outdated(self) -> bool:
        """Return whether jobs were added or removed since the last listing, by whomever."""
        return self.root is None or _changed(self.root) != self._listed

    @property
    def behind(self) -> bool:
        """Return whether some job has not been read completely, so polling should continue."""
        return bool(self._unread)

    def was_read(self, row: Row) -> bool:
        """Return whether its state is current as of the last poll, rather than read in part."""
        return row.folder in self._read_once

    def find(self, job: str) -> Row | None:
        """Return the job with this ID (its folder's name)."""
        return next((row for row in self.rows if row.folder.path.name == job), None)

    def refresh(self, root: Path) -> None:
        """List the folder again; the next polls read all jobs, including finished ones."""
        if root != self.root:
            self.forget()
            self.root = root
        # taken before listing, so that later changes are noticed next time
        self._listed = _changed(root)
        known = {row.folder: row for row in self.rows}
        folders = list_jobs(root)
        self._followers = {f: self._followers.get(f) or Follower(f) for f in folders}
        self.rows = tuple(known.get(folder) or _read(folder) for folder in folders)
        self._unread = set(folders)
        self._read_once &= self._unread

    def read_again(self, job: str) -> None:
        """Reread what is stored next to a job's request, after a change."""
        news = {row.folder: _read(row.folder) for row in self.rows if row.folder.path.name == job}
        self.rows = tuple(
            replace(news[row.folder], state=row.state) if row.folder in news else row
            for row in self.rows
        )

    def look(self) -> bool:
        """Read news of jobs that may have any; return whether anything has changed."""
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
                # its state is outdated, and would not be read again otherwise
                self._unread.add(row.folder)
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
        """Return whether polling must continue."""
        return bool(self._unread or self._doubtful()) or any(row.active for row in self.rows)

    def _doubtful(self) -> set[JobFolder]:
        """Return jobs that died a moment ago."""
        since = time.monotonic() - DOUBT_SECONDS
        self._died = {folder: when for folder, when in self._died.items() if when > since}
        return set(self._died)

    def _to_read(self) -> Iterator[Row]:
        """Yield jobs to read, unread ones first, so that a lack of time does not starve them."""
        unread = [row for row in self.rows if row.folder in self._unread]
        yield from unread
        doubtful = self._doubtful()
        for row in self.rows:
            if (row.active or row.folder in doubtful) and row.folder not in self._unread:
                yield row


def _changed(root: Path) -> int:
    """Return when a folder's contents last changed, in nanoseconds; 0 if it does not exist."""
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
    keep = read_keep(folder.path)
    remote = folder.remote_file.is_file()
    return Row(folder, request, problem, JobState(), origin, created, has_log, keep, remote)
