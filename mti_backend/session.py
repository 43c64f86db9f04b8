"""One runner's turn at a job: may it go on, and how does it end? Standard library and wire only."""

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

from .capabilities import versions
from .events import EventLog
from .failures import short

DYING_SECONDS = 5.0


def acquire(lock: JobLock) -> None:
    """Take the lock; Busy if another runner works on the job, NotWritable, DiskFull.

    A killed process is seen as dead while the last of its threads is still ending, and the lock
    ends with that thread: who resumes a job at once must wait a moment."""
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
    """The job, the lock that this runner has on it, and what it tells."""

    def __init__(self, job: JobFolder, lock: JobLock) -> None:
        self.job, self._lock = job, lock
        self.log = EventLog(job, self.fence)
        self.model = ""
        self.devices: list[str] = []
        """As soon as they are known. The first one does all that is not learned on several."""
        self.learned = 0
        """Learning iterations done; the step that `cancelled` tells."""

    def started(self) -> events.Started:
        """The event that opens this session."""
        return events.Started(self.model, ", ".join(self.devices), self._lock.epoch, versions())

    def check(self) -> None:
        """Raise errors.Cancelled if somebody asked for it. To be called every second or so."""
        if self.job.cancel_asked():
            raise errors.Cancelled("The job was cancelled.")

    def leave(self) -> None:
        """Called in the heartbeat's thread when `check` was not reached in time: end here and now.
        Nothing on disk minds."""
        try:
            if self.log.end(events.Cancelled(self.learned), self.started()):
                with suppress(OSError):
                    self.job.heartbeat_file.unlink()
                os._exit(errors.Cancelled.exit_code)
        except MtiError as error:
            os._exit(error.exit_code)
        except OSError:  # a disk that is gone: a thread that raises would end nothing
            os._exit(errors.Internal.exit_code)

    def fence(self) -> None:
        """Raise Busy if another runner has taken the job over (this machine slept, or its disk
        hung, and somebody resumed the job elsewhere): what is on disk is the other's now."""
        if not self._lock.is_mine():
            raise errors.Busy(Problem("job_taken_over", "Another runner has taken this job over."))

    @contextmanager
    def swapping(self) -> Iterator[None]:
        """Around a change of `output/`: the job is still ours, and `leave` waits."""
        with self.log.undisturbed():
            self.fence()
            yield

    def done(self, result: dict[str, object]) -> None:
        """The last event, of all having gone well. A number that is none becomes null: what was
        made is whole, and JSON has no word for it."""
        self.log.end(events.Done(_writable(result)), self.started())

    def failed(self, failure: MtiError) -> None:
        """The last event, of anything else; none if the job is another runner's by now."""
        if not self._lock.is_mine():
            return
        if isinstance(failure, errors.Cancelled):
            self.log.end(events.Cancelled(self.learned), self.started())
        else:
            self.log.end(_told(failure), self.started())


def _told(failure: MtiError) -> events.Failed:
    """The event of an error, its texts in a length that an event can hold."""
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
