"""The relay's second thread: the heartbeat, and the request to stop; wire and stdlib only.

The first thread waits for the network most of the time, and cannot look into the folder meanwhile.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from ....wire.job import JobFolder
from ....wire.owner import JobLock

BEAT_SECONDS = 2.0
LOOK_SECONDS = 0.2


class Pulse:
    """Touches the heartbeat, and calls `wake` once: on a request to stop, or if the job is lost."""

    def __init__(self, job: JobFolder, lock: JobLock, wake: Callable[[], None]) -> None:
        self._job, self._lock, self._wake = job, lock, wake
        self._over = threading.Event()
        self._stopped = threading.Event()
        self.lost = False
        """Whether another process has taken the job over."""
        self._thread = threading.Thread(target=self._watch, name="pulse", daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def stopped(self) -> bool:
        """Return whether the relay should stop."""
        return self._stopped.is_set()

    def sleep(self, seconds: float) -> None:
        """Wait so long, or until it should stop."""
        self._stopped.wait(seconds)

    def _watch(self) -> None:
        beaten = time.monotonic()
        while not self._over.wait(LOOK_SECONDS):
            if time.monotonic() - beaten >= BEAT_SECONDS:
                beaten = time.monotonic()
                # a full or lost disk is reported by whoever needs it
                with contextlib.suppress(OSError):
                    self._job.heartbeat_file.touch()
                self.lost = not self._lock.is_mine()
            if (self.lost or self._job.cancel_asked()) and not self._stopped.is_set():
                self._stopped.set()
                self._wake()
