"""Wakes those who wait for news of a job. No HTTP, no database."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator


class Hub:
    """Connects the reconcile loop's thread to the event streams in the event loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.closed = False
        self.version = 0
        """Changes with every job: what was computed from the queue may be out of date."""

    def attach(self) -> None:
        """Use the running event loop."""
        self._loop = asyncio.get_running_loop()

    def notify(self, job: str) -> None:
        """Wake those who wait for this job; from any thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed
                loop.call_soon_threadsafe(self._wake, job)

    def close(self) -> None:
        """Wake everybody, since the server stops; in the event loop."""
        self.closed = True
        for job in list(self._waiting):
            self._wake(job)

    @contextlib.contextmanager
    def listening(self, job: str) -> Iterator[asyncio.Event]:
        """Yield what is set at each news of a job. The listener clears it before it looks."""
        event = asyncio.Event()
        self._waiting[job].add(event)
        try:
            yield event
        finally:
            self._waiting[job].discard(event)
            if not self._waiting[job]:
                del self._waiting[job]

    def _wake(self, job: str) -> None:
        self.version += 1
        for event in self._waiting.get(job, ()):
            event.set()
