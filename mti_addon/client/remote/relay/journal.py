"""The relay's side of `events.jsonl`; wire and stdlib only."""

from __future__ import annotations

import contextlib
import os
import time

from ....wire import events, files
from ....wire.errors import Busy
from ....wire.events import Event, FinalEvent
from ....wire.job import JobFolder
from ....wire.owner import JobLock
from ....wire.problem import Problem

RESERVE_BYTES = 16 * 1024
TELL_SECONDS = 0.5


class Journal:
    """Appends events with numbers of their own. Cuts off what a killed writer left incomplete."""

    def __init__(self, job: JobFolder, lock: JobLock) -> None:
        self._job, self._lock, self.epoch = job, lock, lock.epoch
        size, self.seq = events.good_prefix(job.events_file)
        with files.translating_os_errors(job.events_file):
            if job.events_file.exists() and job.events_file.stat().st_size > size:
                os.truncate(job.events_file, size)
        self._reserve = job.path / "reserve"
        if not self._reserve.exists():
            files.write_atomic(self._reserve, bytes(RESERVE_BYTES))
        self._stage, self._step, self._told = "", 0, 0.0
        self.online = True

    def append(self, event: Event, server_seq: int | None = None, durable: bool = False) -> None:
        """Append one event, now. Raises Busy if the job was taken over, DiskFull, NotWritable."""
        if not self._lock.is_mine():
            raise Busy(Problem("job_taken_over", "Another process has taken over this job."))
        line = events.encode(event, self.seq + 1, time.time(), server_seq)
        files.append_line(self._job.events_file, line, durable)
        self.seq += 1

    def end(self, event: FinalEvent, server_seq: int | None = None) -> None:
        """Append the last event durably, with the disk space that was reserved for it."""
        with contextlib.suppress(OSError):
            self._reserve.unlink(missing_ok=True)
        self.append(event, server_seq, durable=True)

    def progress(self, progress: events.Progress) -> None:
        """Append the relay's own progress, at most twice a second within a stage.

        A step that was told before is no news: a part that is sent or fetched again is no progress.
        """
        new = progress.stage != self._stage
        if not new and progress.step <= self._step:
            return
        if new or progress.step == progress.total or time.monotonic() - self._told >= TELL_SECONDS:
            self._stage, self._told = progress.stage, time.monotonic()
            self._step = progress.step
            self.append(progress)

    def connection(self, online: bool) -> None:
        """Append that the server was lost or found, if that is news."""
        if online != self.online:
            self.append(events.Connection(online))
            self.online = online
