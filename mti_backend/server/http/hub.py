"""Wakes those who wait for news of a job. No HTTP, no database."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


class Listener(asyncio.Event):
    """Somebody who waits for news of a job, which sets the event. The listener clears it before it
    looks."""

    def __init__(self, holder: bytes) -> None:
        """`holder`: the hash of the token with which it was asked for."""
        super().__init__()
        self.holder = holder
        self.ended = False
        """The token is no longer valid: nothing more may be told."""


class Hub:
    """Connects the reconcile loop's thread to the event streams in the event loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, set[Listener]] = defaultdict(set)
        self.closed = False
        self.version = 0
        """Changes with every job: what was computed from the queue may be out of date."""
        self._shared: dict[str, tuple[tuple[int, int], Any]] = {}
        self._versions: Counter[str] = Counter()

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

    def holders(self) -> set[bytes]:
        """Return the hashes of the tokens of all who listen."""
        return {each.holder for listeners in self._waiting.values() for each in listeners}

    def end(self, holders: set[bytes]) -> None:
        """Wake all who listen with one of these tokens, which is not valid any longer."""
        for listeners in self._waiting.values():
            for each in listeners:
                if each.holder in holders:
                    each.ended = True
                    each.set()

    @contextlib.contextmanager
    def listening(self, job: str, holder: bytes) -> Iterator[Listener]:
        """Yield what is set at each news of a job."""
        listener = Listener(holder)
        self._waiting[job].add(listener)
        try:
            yield listener
        finally:
            self._waiting[job].discard(listener)
            if not self._waiting[job]:
                del self._waiting[job]
                self._shared.pop(job, None)
                self._versions.pop(job, None)

    def shared(self, job: str, after: int, read: Callable[[], T]) -> T:
        """Return what `read` tells of a job behind a number, read once for all who listen to it.

        Whatever changes a job is followed by a notification, so what was read before the last one
        is as good as what would be read now.
        """
        key = self._versions[job], after
        found = self._shared.get(job)
        if found is None or found[0] != key:
            found = self._shared[job] = key, read()
        value: T = found[1]
        return value

    def _wake(self, job: str) -> None:
        self.version += 1
        if job in self._waiting:
            self._versions[job] += 1
        for event in self._waiting.get(job, ()):
            event.set()
