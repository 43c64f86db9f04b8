"""The runner's second thread: a heartbeat file, and the last word on cancelling. Standard library
and wire only.

The working code looks for `cancel` between its steps and ends in order. But a step, or the loading
of a model, may take longer than an animator will wait; everything on disk is safe to leave at any
moment, so after a short grace this thread ends the process itself."""

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
    """Touches `heartbeat` every 2 s while entered; calls `on_ignored_cancel` in its thread, once,
    if `cancel` has existed for `grace` seconds and the work has still not ended."""

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
        """A missed beat is no reason to lose the work: a full or vanished disk will be reported by
        the work itself."""
        with suppress(OSError):
            self._job.heartbeat_file.touch()
