"""How an attempt's end becomes a job's: done, failed, cancelled, or another attempt.

The store is changed in one transaction, conditional on the attempt's epoch, before the folder is
moved. Whatever a server that died left in between is put right by the next look.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mti_addon.wire import codec
from mti_addon.wire.errors import (
    Internal,
    MtiError,
    OutOfMemory,
    UnreadableInput,
    error_from_code,
)
from mti_addon.wire.events import Cancelled, Done, Failed, FinalEvent, Started, encode
from mti_addon.wire.job import JobFolder
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request

from ..files import folders, results
from ..files.places import Places
from ..store import events, jobs
from ..store import results as kept
from ..store.database import Connection, Store, now
from ..store.jobs import Job
from .tail import News
from .work import work_of

MAX_STALLED = 3
"""A job is given up after so many attempts in a row that got no further."""
RETRY_SECONDS = 2.0
"""Before another attempt if the last two got no further; doubled each time. A first loss, such as
by a machine's restart, is made up for at once."""

log = logging.getLogger(__name__)


class Ending:
    """Ends attempts. Used by the reconcile loop's thread only."""

    def __init__(self, store: Store, places: Places, notify: Callable[[str], None]) -> None:
        self._store, self._places, self._notify = store, places, notify

    def ended(self, job: Job, news: News, folder: JobFolder) -> None:
        """End an attempt whose runner has written its last event, and left."""
        assert news.final is not None
        if isinstance(news.final, Done):
            try:
                self._done(job, news, folder)
            except UnreadableInput as error:
                log.warning("job %s: its output is damaged: %s", job.id, error)
                self._retry(job, news, Failed.of(error))
        elif job.cancel or isinstance(news.final, Cancelled):
            self._finish(job, "cancelled", Cancelled(job.progress), news)
        elif isinstance(news.final, Failed):
            kind = error_from_code(news.final.code, news.final.said)
            if kind.exit_code == 2 or isinstance(kind, OutOfMemory):
                self._finish(job, "failed", news.final, news)
            else:
                self._retry(job, news, news.final)

    def lost(self, job: Job, news: News, folder: Path | None) -> None:
        """End an attempt whose process is gone without a last event, or whose folder is."""
        if job.cancel:
            self._finish(job, "cancelled", Cancelled(max(job.progress, news.progress)), news)
            return
        what = "The process that worked on this job ended unexpectedly."
        hint = "Try again; if it happens again, tell the server's administrator."
        log.warning("job %s: attempt %d was lost", job.id, job.epoch)
        self._retry(job, news, Failed.of(Internal(Problem("runner_lost", what, hint))))

    def not_started(self, job: Job, epoch: int, error: MtiError) -> None:
        """End an attempt that could not be started."""
        self._retry(
            replace(job, epoch=epoch), News(job.offset, job.runner_seq, []), Failed.of(error)
        )

    def failed(self, job: Job, epoch: int, error: MtiError) -> None:
        """End a job that can never be carried out."""
        news = News(job.offset, job.runner_seq, [])
        self._finish(replace(job, epoch=epoch), "failed", Failed.of(error), news)

    def _done(self, job: Job, news: News, folder: JobFolder) -> None:
        """Verify the results, and only then say that there are any. Raises UnreadableInput."""
        assert isinstance(news.final, Done)
        manifest = folder.manifest()
        folder.verify_output()
        files = [
            (name, (folder.output_dir / name).stat().st_size, sha256)
            for name, sha256 in sorted(manifest.items())
        ]
        shared = None
        if "learn" in job.task and self._is_still(job):
            if kept.find(self._store.db, job.work) is None:
                results.keep(folder.output_dir, self._places.results / job.work)
            shared = kept.Result(
                job.work, json.dumps(news.final.result), job.model, json.dumps(_versions(folder))
            )
        ended = self._store.write(
            _end, job, "done", news.final_line, files, shared, self._store_news(news)
        )
        self._settle(job, ended)

    def _is_still(self, job: Job) -> bool:
        """Return whether the job's result is what its name says: the model's files, or this
        version, may have changed since it was sent."""
        try:
            return work_of(Request.from_json(jobs.request_of(self._store.db, job.id))) == job.work
        except (MtiError, OSError):
            return False

    def _finish(self, job: Job, state: str, event: FinalEvent, news: News) -> None:
        line = news.final_line if news.final == event else _line(event, news.seq)
        ended = self._store.write(_end, job, state, line, (), None, self._store_news(news))
        self._settle(job, ended)

    def _store_news(self, news: News) -> tuple[int, int]:
        return news.final_end if news.final is not None else (news.offset, news.seq)

    def _settle(self, job: Job, ended: bool) -> None:
        if ended:
            self._notify(job.id)
        folders.settle(self._places, job.id)

    def _retry(self, job: Job, news: News, why: Failed) -> None:
        """Queue another attempt, unless the last ones got no further."""
        current = jobs.get(self._store.db, job.id)
        if current is None or (current.state, current.epoch) != ("running", job.epoch):
            return
        stalled = current.stalled + 1
        if stalled >= MAX_STALLED:
            self._finish(current, "failed", why, news)
            return
        delay = RETRY_SECONDS * 2 ** (stalled - 2) if stalled > 1 else 0.0
        self._store.write(_again, current, now() + delay, stalled, self._store_news(news))
        folders.park(self._places, job.id, job.epoch)
        self._notify(job.id)


def end_from_result(
    store: Store, places: Places, job: Job, found: kept.Result, place: Path
) -> None:
    """End a queued job with the result of another. Raises MtiError, OSError if it is damaged."""
    epoch = job.epoch
    inputs = jobs.inputs_of(store.db, job.id)
    request = jobs.request_of(store.db, job.id)
    folder = folders.prepare(places, job.id, epoch, request, inputs)
    results.give(place, folder, Request.from_json(request))
    folder.verify_output()
    files = [
        (name, (folder.output_dir / name).stat().st_size, sha256)
        for name, sha256 in sorted(folder.manifest().items())
    ]
    started = Started(found.model, "studio", epoch + 1, json.loads(found.versions))
    lines = [
        encode(started, job.runner_seq + 1, now()),
        encode(Done(json.loads(found.result)), job.runner_seq + 2, now()),
    ]
    store.write(_end_shared, job, lines, files)
    folders.settle(places, job.id)


def _end(
    db: Connection,
    job: Job,
    state: str,
    line: str,
    files: list[tuple[str, int, str]] | tuple[()],
    shared: kept.Result | None,
    read: tuple[int, int],
) -> bool:
    if not jobs.finish(db, job.id, job.epoch, state, files):
        return False
    jobs.set_read(db, job.id, *read)
    events.append(db, job.id, [line])
    if shared is not None:
        kept.keep(db, shared)
    return True


def _end_shared(
    db: Connection, job: Job, lines: list[str], files: list[tuple[str, int, str]]
) -> None:
    current = jobs.get(db, job.id)
    if current is None or current.state != "queued" or current.cancel:
        return
    if jobs.finish(db, job.id, job.epoch, "done", files):
        events.append(db, job.id, lines)


def _again(
    db: Connection, job: Job, not_before: float, stalled: int, read: tuple[int, int]
) -> None:
    if jobs.requeue(db, job.id, job.epoch, not_before, stalled):
        jobs.set_read(db, job.id, *read)


def end_queued(db: Connection, job: Job) -> bool:
    """Cancel a job that nobody works on; False if somebody does."""
    if job.state != "queued" or not jobs.finish(db, job.id, job.epoch, "cancelled"):
        return False
    events.append(db, job.id, [_line(Cancelled(job.progress), job.runner_seq)])
    return True


def _line(event: FinalEvent, seq: int) -> str:
    """A last event of the server's own, numbered as a runner would."""
    return encode(event, seq + 1, now())


def _versions(folder: JobFolder) -> dict[str, str]:
    """What the job's last runner consisted of."""
    found: dict[str, str] = {}
    for line in folder.events_file.read_text("utf-8").splitlines():
        if '"event":"started"' in line:
            found = codec.loads(line, "events.jsonl")["versions"]
    return found
