"""Writer of `events.jsonl`. Imports the standard library and wire only.

The lock admits one runner at a time, but two of its threads write: the working thread and the
heartbeat.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mti_addon.wire.events import Event, FinalEvent, Progress, Started, encode, good_prefix
from mti_addon.wire.events import Stage as StageName
from mti_addon.wire.files import append_line, translating_os_errors, write_atomic
from mti_addon.wire.job import JobFolder

RESERVE_NAME = "reserve"
RESERVE_BYTES = 16 * 1024
REPORT_SECONDS = 0.5
MOST_SECONDS = 1e9
"""The longest duration that an event can hold."""


class EventLog:
    """Appends events with consecutive sequence numbers.

    An incomplete last line, left by a killed runner, is truncated. A small file, `reserve`, is kept
    beside the log and deleted before the last event is written, so that a full disk can still be
    reported."""

    def __init__(self, job: JobFolder, fence: Callable[[], None] = lambda: None) -> None:
        """`fence` is called before each event and raises if another runner has taken the job over:
        interleaved events of two runners would be unreadable."""
        self._fence = fence
        self._path = job.events_file
        self._reserve = job.path / RESERVE_NAME
        self._lock = threading.RLock()
        self._started = self._ended = False
        size, self._seq = good_prefix(self._path)
        with translating_os_errors(self._path):
            if self._path.exists() and self._path.stat().st_size > size:
                os.truncate(self._path, size)

    def hold_reserve(self) -> None:
        """Reserve space for the last event. Raises DiskFull if even that does not fit."""
        if not self._reserve.exists():
            write_atomic(self._reserve, bytes(RESERVE_BYTES))

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Keep other threads from appending events, and so from ending the run."""
        with self._lock:
            yield

    def append(self, event: Event, durable: bool = False) -> None:
        """Append one event. DiskFull and NotWritable leave the file unchanged."""
        with self._lock:
            if self._ended:
                raise RuntimeError("the run has ended; nothing may follow its last event")
            self._fence()
            append_line(self._path, encode(event, self._seq + 1, time.time()), durable)
            self._seq += 1
            self._started = self._started or isinstance(event, Started)

    def end(self, event: FinalEvent, started: Started) -> bool:
        """Append the last event durably. Returns False if the other thread has already ended the
        run.

        `started` is written first if it was not before: a last event belongs to the runner that
        started last, and readers must not attribute it to an earlier one."""
        with self._lock:
            if self._ended:
                return False
            with translating_os_errors(self._reserve):
                self._reserve.unlink(missing_ok=True)
            if not self._started:
                self.append(started)
            self.append(event, durable=True)
            self._ended = True
            return True


class Stage:
    """Progress of one stage: at most two events per second, each with the mean loss since the
    previous one and the estimated time remaining for the whole job at this stage's pace."""

    def __init__(
        self, log: EventLog, name: StageName, total: int, step: int = 0, later: float | None = None
    ) -> None:
        """`step` of `total` steps are already done. The later stages cost as much as `later` steps
        of this one; None if unknown."""
        self._log, self._name, self._total, self._later = log, name, total, later
        self._first, self._began = step, time.monotonic()
        self._reported = self._began
        self._losses: list[float] = []
        log.append(Progress(name, step, total))

    def at(self, step: int, loss: float | None = None) -> None:
        """Report that `step` steps are done, unless the last report is too recent."""
        self.note(loss)
        if step == self._total or time.monotonic() - self._reported >= REPORT_SECONDS:
            self.report(step)

    def note(self, loss: float | None) -> None:
        """Record a loss for the next report."""
        if loss is not None:
            self._losses.append(loss)

    def report(self, step: int) -> None:
        """Report that `step` steps are done."""
        mean = sum(self._losses) / len(self._losses) if self._losses else None
        done, now, left = step - self._first, time.monotonic(), None
        if done > 0 and self._later is not None:
            left = (now - self._began) / done * (self._total - step + self._later)
            left = min(left, MOST_SECONDS)
        self._log.append(Progress(self._name, step, self._total, mean, left))
        self._losses.clear()
        self._reported = now
