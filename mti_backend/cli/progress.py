"""Shows a running job's progress on stderr: one line that changes on a terminal, else a line now
and then. Imports the standard library and wire only.

While a job runs, its output goes to its log.txt. So this writes to a copy of stderr made before.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from types import TracebackType

from mti_addon.wire.durations import duration_text
from mti_addon.wire.errors import WireError
from mti_addon.wire.events import Event, EventReader, Notice, Planned, Progress, Resumed
from mti_addon.wire.job import JobFolder

from .output import printable

LOOK_SECONDS = 0.25
LINE_SECONDS = 10.0
"""Interval of the lines if stderr is no terminal."""
_STAGES = {
    "load": "loading the model",
    "encode": "preparing",
    "learn": "learning",
    "reconstruct": "checking",
    "apply": "applying",
    "decode": "drawing",
    "save": "saving",
    "upload": "sending",
    "queue": "waiting",
    "download": "fetching",
}
_COUNTED = ("learn", "apply")
_SHORT = ("decode", "save")


class Screen:
    """A copy of stderr, for notes and one line of progress."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        try:
            self._out = os.dup(sys.stderr.fileno())
        except (OSError, ValueError):  # there is none
            self._out = os.open(os.devnull, os.O_WRONLY)
        self._is_terminal = os.isatty(self._out)
        self._shown = ""
        self._printed = float("-inf")
        self._lock = threading.RLock()

    def close(self) -> None:
        """Remove the line of progress. Nothing may be written afterwards."""
        self.clear()
        os.close(self._out)

    def note(self, text: str) -> None:
        """Print a line that stays, even if quiet."""
        with self._lock:
            self.clear()
            self._write(f"{printable(text)}\n")

    def progress(self, text: str, now: bool = False) -> None:
        """Show how far it is; `now`: even if a line was printed a moment ago."""
        if self.quiet:
            return
        with self._lock:
            if self._is_terminal:
                line = printable(text)[: self._columns() - 1]
                self._write("\r" + line.ljust(len(self._shown)))
                self._shown = line
            elif now or time.monotonic() - self._printed >= LINE_SECONDS:
                self._printed = time.monotonic()
                self._write(f"{printable(text)}\n")

    def clear(self) -> None:
        """Remove the line of progress."""
        if self._shown:
            self._write("\r" + " " * len(self._shown) + "\r")
            self._shown = ""

    def _columns(self) -> int:
        with suppress(OSError):
            return os.get_terminal_size(self._out).columns or 80
        return 80

    def _write(self, text: str) -> None:
        with suppress(OSError):  # whoever has read it is gone
            os.write(self._out, text.encode(sys.stderr.encoding or "utf-8", "replace"))


class Following:
    """Context manager that shows the progress of a job that runs in another thread."""

    def __init__(self, job: JobFolder, screen: Screen, title: str) -> None:
        self._reader, self._screen, self._title = EventReader(job.events_file), screen, title
        self._read()  # what earlier runners said
        self._stage = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="progress", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            for event in self._read():
                self._show(event)

    def _read(self) -> list[Event]:
        try:
            return [event for _, _, event in self._reader.read_new()]
        except (OSError, WireError):  # the runner cuts off what a killed one has left
            return []

    def _show(self, event: Event) -> None:
        if isinstance(event, Resumed):
            self._screen.note(f"{self._title}: continues after iteration {event.step}")
        elif isinstance(event, Planned | Notice) and not self._screen.quiet:
            self._screen.note(f"{self._title}: {event.text}")
        elif isinstance(event, Progress):
            new, self._stage = event.stage != self._stage, event.stage
            now = new and event.stage not in _SHORT
            self._screen.progress(f"{self._title}: {progress_text(event)}", now)


def progress_text(event: Progress) -> str:
    """The progress in words, such as 'learning 24 of 60, loss 0.031, 12 s left'."""
    parts = [_STAGES[event.stage]]
    if event.stage in _COUNTED:
        parts[0] += f" {event.step} of {event.total}"
    if event.loss is not None:
        parts.append(f"loss {event.loss:.3g}")
    if event.seconds_left is not None:
        parts.append(f"{duration_text(event.seconds_left)} left")
    return ", ".join(parts)
