"""The runner's second thread: updates the heartbeat file and enforces cancellation. Imports the
standard library and wire only.

The working thread checks for `cancel` between steps and ends cleanly. A single step, or loading a
model, may take longer than an animator will wait. The files on disk are valid at any moment, so
after a short grace period this thread ends the process itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from mti_addon.wire.job import JobFolder

BEAT_SECONDS = 2.0
LOOK_SECONDS = 0.2
GRACE_SECONDS = 1.2


class Heartbeat:
    """Context manager that touches `heartbeat` every 2 s and calls `on_ignored_cancel` once, from
    its own thread, if `cancel` has existed for `grace` seconds and the work has not ended."""

    def __init__(
        self, job: JobFolder, on_ignored_cancel: Callable[[], None], grace: float = GRACE_SECONDS
    ) -> None:
        self._job = job
        self._on_ignored_cancel = on_ignored_cancel
        self._grace = grace
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._beat()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        beaten = time.monotonic()
        asked: float | None = None
        while not self._over.wait(LOOK_SECONDS):
            now = time.monotonic()
            if now - beaten >= BEAT_SECONDS:
                self._beat()
                beaten = now
            if asked is None and self._job.cancel_asked():
                asked = now
            if asked is not None and now - asked >= self._grace:
                self._on_ignored_cancel()
                return

    def _beat(self) -> None:
        """Touch the file. A failure is no reason to abort: if the disk is full or gone, the working
        thread reports it."""
        with suppress(OSError):
            self._job.heartbeat_file.touch()
