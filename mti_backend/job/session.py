"""One runner's session on a job: lock ownership, cancellation and the last event. Imports the
standard library and wire only.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from mti_addon.wire import errors, events
from mti_addon.wire.errors import MtiError
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import JobLock, Liveness, is_alive, read_owner
from mti_addon.wire.problem import Problem

from ..failures import short
from ..versions import versions
from .events import EventLog

DYING_SECONDS = 5.0


def acquire(lock: JobLock) -> None:
    """Take the lock. Raises Busy if another runner is working on the job, NotWritable, DiskFull.

    A killed process counts as dead while its last thread is still ending, and the lock is released
    with that thread. So resuming a job right after a kill has to wait a moment."""
    deadline = time.monotonic() + DYING_SECONDS
    while True:
        try:
            return lock.acquire()
        except errors.Busy:
            owner = read_owner(lock.job.owner_file)
            dead = owner is not None and is_alive(owner, None) is Liveness.DEAD
            if not dead or time.monotonic() > deadline:
                raise
        time.sleep(0.05)


class Session:
    """A job, this runner's lock on it and its event log."""

    def __init__(self, job: JobFolder, lock: JobLock) -> None:
        self.job, self._lock = job, lock
        self.log = EventLog(job, self.fence)
        self.model = ""
        self.devices: list[str] = []
        """Set once known. The first one does everything except the learning shared by several."""
        self.learned = 0
        """Completed learning iterations; the step reported by `cancelled`."""

    def started(self) -> events.Started:
        """The event that opens the session."""
        return events.Started(self.model, ", ".join(self.devices), self._lock.epoch, versions())

    def check(self) -> None:
        """Raise errors.Cancelled if cancellation was requested. Call it about once a second."""
        if self.job.cancel_asked():
            raise errors.Cancelled("The job was cancelled.")

    def leave(self) -> None:
        """End the process now. Called from the heartbeat thread when `check` was not reached in
        time; the files on disk are valid at any moment."""
        try:
            if self.log.end(events.Cancelled(self.learned), self.started()):
                with suppress(OSError):
                    self.job.heartbeat_file.unlink()
                os._exit(errors.Cancelled.exit_code)
        except MtiError as error:
            os._exit(error.exit_code)
        except OSError:  # the disk is gone; raising in this thread would not end the process
            os._exit(errors.Internal.exit_code)

    def fence(self) -> None:
        """Raise Busy if another runner has taken the job over; the folder then belongs to it.

        That happens if this machine slept, or its disk hung, and the job was resumed elsewhere."""
        if not self._lock.is_mine():
            raise errors.Busy(Problem("job_taken_over", "Another process has taken over this job."))

    @contextmanager
    def swapping(self) -> Iterator[None]:
        """Guard a change of `output/`: check that the job is still ours, and hold off `leave`."""
        with self.log.undisturbed():
            self.fence()
            yield

    def done(self, result: dict[str, object]) -> None:
        """Write the last event of a successful run. Non-finite numbers become null, since JSON
        cannot represent them and the output is complete anyway."""
        self.log.end(events.Done(_writable(result)), self.started())

    def failed(self, failure: MtiError) -> None:
        """Write the last event of any other run; nothing if another runner has taken the job
        over."""
        if not self._lock.is_mine():
            return
        if isinstance(failure, errors.Cancelled):
            self.log.end(events.Cancelled(self.learned), self.started())
        else:
            self.log.end(_told(failure), self.started())


def _told(failure: MtiError) -> events.Failed:
    """The event for an error, its texts shortened to what an event can hold."""
    event = events.Failed.of(failure)
    return replace(
        event,
        message=short(event.message),
        hint=short(event.hint),
        values={
            name: short(value) if isinstance(value, str) else value
            for name, value in _writable(event.values).items()
        },
    )


def _writable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _writable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
