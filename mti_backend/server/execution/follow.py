"""Follows running jobs: takes in what their runners have appended, and notices how they end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mti_addon.wire.errors import MtiError
from mti_addon.wire.job import JobFolder
from mti_addon.wire.queue import is_worked_on

from ..files import folders
from ..files.places import Places
from ..store import events
from ..store.database import Store
from ..store.events import Taken
from ..store.jobs import Job
from .ending import Ending
from .executor import Executor, Handle, RunState
from .tail import News, read_news

CANCEL_SECONDS = 10.0
RELEASE_SECONDS = 10.0
"""How long a runner may take to let go of a job whose last event it has written."""

log = logging.getLogger(__name__)


@dataclass
class Followed:
    """A running job, and what is new of it. path: None if its folder is not where it should be."""

    job: Job
    handle: Handle
    path: Path | None
    news: News


class Follower:
    """Used by the reconcile loop's thread only."""

    def __init__(
        self,
        store: Store,
        places: Places,
        executor: Executor,
        ending: Ending,
        notify: Callable[[str], None],
    ) -> None:
        self._store, self._places, self._executor = store, places, executor
        self._ending, self._notify = ending, notify
        self._finals: dict[tuple[str, int], float] = {}

    def follow(self, running: Sequence[Job], poll: bool) -> bool:
        """Look at each running job once, and `poll` the executor; return whether one has ended.

        What is new of all jobs is stored in one transaction: each waits for the disk.
        """
        found = [self._look(job, job.handle) for job in running if job.handle is not None]
        self._take_in(found)
        states = self._executor.poll([each.handle for each in found]) if poll else {}
        ended = False
        for each in found:
            try:
                ended = self._conclude(each, states.get(each.handle)) or ended
            except (MtiError, OSError) as error:  # the others go on
                log.warning("job %s: %s", each.job.id, error)
        return ended

    def _look(self, job: Job, handle: str) -> Followed:
        path = folders.of_attempt(self._places, job.id, job.epoch)
        news = News(job.offset, job.runner_seq, [])
        if path is not None:
            news = read_news(JobFolder(path).events_file, job.offset, job.runner_seq)
        return Followed(job, Handle.from_json(handle), path, news)

    def _take_in(self, found: Sequence[Followed]) -> None:
        new = [
            Taken(
                *(each.job.id, each.job.epoch, each.news.lines, each.news.offset, each.news.seq),
                *(each.news.progress, each.news.seconds_left),
            )
            for each in found
            if each.news.offset != each.job.offset
        ]
        if new:
            for job in self._store.write(events.take_in, new):
                self._notify(job)

    def _conclude(self, each: Followed, state: RunState | None) -> bool:
        """Cancel a job that should stop, and end an attempt that is over; True if it is."""
        job, news = each.job, each.news
        over = state in (RunState.ENDED, RunState.LOST)
        if job.cancel:
            self._executor.cancel(each.handle, CANCEL_SECONDS)
        if each.path is None:
            if over:
                self._ending.lost(job, news, folders.find(self._places, job.id))
            return over
        folder = JobFolder(each.path)
        if news.is_broken:
            self._executor.cancel(each.handle, 0.0)
        if news.final is not None:
            if not self._has_let_go(job, folder, each.handle):
                return False
            self._ending.ended(job, news, folder)
            self._finals.pop((job.id, job.epoch), None)
            return True
        if not over:
            return False
        again = read_news(folder.events_file, news.offset, news.seq)
        if again.final is not None or again.lines:  # it has written before it ended, or it lives
            return False
        self._ending.lost(job, news, each.path)
        return True

    def _has_let_go(self, job: Job, folder: JobFolder, handle: Handle) -> bool:
        """Return whether the runner has left a job that it says has ended; it is made to."""
        if not is_worked_on(folder):
            return True
        since = self._finals.setdefault((job.id, job.epoch), time.monotonic())
        if time.monotonic() - since > RELEASE_SECONDS:
            self._executor.cancel(handle, 0.0)
        return False
