"""Follows the events of a job on the server until its last one; wire and stdlib only.

Server-sent events, or the long poll if something on the way (a proxy) holds them back.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from ....wire.remote.messages import API
from ....wire.remote.sse import Message, SseParser
from .api import POLL_SECONDS, Api
from .connection import Unreachable

SILENT_SECONDS = 35.0
"""The server sends a heartbeat every 15 s; a stream that is silent for longer is dead."""


class EventStream:
    """Tells each event and each place in the queue, whichever way they come."""

    def __init__(
        self,
        api: Api,
        job: str,
        on_event: Callable[[int, str], bool],
        on_queue: Callable[[int | None, float | None], None],
        on_contact: Callable[[], None],
    ) -> None:
        """`on_event` is called with an event's number and line, and returns whether it is the last.

        `on_queue` is called with the place in the queue and the seconds until the job starts,
        `on_contact` whenever something has arrived.
        """
        self._api, self._job = api, job
        self._on_event, self._on_queue, self._on_contact = on_event, on_queue, on_contact
        self._polls = False
        """Whether server-sent events do not get through."""

    def follow(self, after: int) -> bool:
        """Follow the events after one, over one connection; return whether the last one was told.

        Raises Unreachable when the connection is lost, and StudioError.
        """
        return self._poll(after) if self._polls else self._listen(after)

    def _listen(self, after: int) -> bool:
        connection, parser, heard = self._api.connection, SseParser(), False
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
        path = f"/v{API}/jobs/{self._job}/events?after={after}"
        timeout, connection.timeout = connection.timeout, SILENT_SECONDS
        try:
            with connection.stream(path, headers) as response:
                for piece in connection.pieces(response):
                    heard = True
                    self._on_contact()
                    if any([self._told(message) for message in parser.feed(piece)]):
                        return True
        except Unreachable:
            if heard:
                raise
            connection.timeout = timeout
            self._api.job(self._job)  # if even this fails, it is not the stream
            self._polls = True
        finally:
            connection.timeout = timeout
        return False

    def _told(self, message: Message) -> bool:
        if message.event == "queue":
            self._queued(message.data)
            return False
        if not message.id.isdecimal():
            return False
        return self._on_event(int(message.id), message.data)

    def _queued(self, data: str) -> None:
        try:
            value = json.loads(data)
            position, wait = value["position"], value.get("wait_seconds")
        except (ValueError, TypeError, KeyError, AttributeError):
            return
        place = position if isinstance(position, int) and position >= 0 else None
        self._on_queue(place, float(wait) if isinstance(wait, int | float) and wait >= 0 else None)

    def _poll(self, after: int) -> bool:
        wait = POLL_SECONDS
        while True:
            job = self._api.job(self._job)
            self._on_contact()
            if job.state == "queued":
                self._on_queue(job.position, job.wait_seconds)
            page = self._api.events_page(self._job, after, wait)
            self._on_contact()
            for each in page.events:
                after = max(after, each.seq)
                if self._on_event(each.seq, each.line):
                    return True
            if page.done and not page.events:
                return False
