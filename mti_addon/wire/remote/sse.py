"""Server-sent events, as the WHATWG's HTML standard defines their stream; stdlib only.

Only what the studio's server sends is used: `id`, `event`, `data`, and comments as heartbeats.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import WireError
from ..events import MAX_LINE_BYTES

MAX_BUFFERED = 2 * MAX_LINE_BYTES
"""Bytes of one message: an event's line, with the names of its fields."""


@dataclass(frozen=True)
class Message:
    """One message of the stream."""

    id: str
    """Empty for messages that are no event of the job, such as a place in the queue."""
    event: str
    """`message` unless it says otherwise."""
    data: str


class SseParser:
    """Turns bytes, in whatever pieces they arrive, into messages."""

    def __init__(self) -> None:
        self._buffer = b""
        self._fields: dict[str, list[str]] = {}
        self._size = 0

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that these bytes complete. Raises WireError for one that is too long.

        The carriage return of a line that ends with CR LF is dropped.
        """
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        found = []
        for line in lines:
            message = self._line(line.removesuffix(b"\r"))
            if message is not None:
                found.append(message)
        if len(self._buffer) + self._size > MAX_BUFFERED:
            raise WireError("The server sent a message that is too long.")
        return found

    def _line(self, line: bytes) -> Message | None:
        if not line:
            return self._message()
        self._size += len(line)
        if self._size > MAX_BUFFERED:
            raise WireError("The server sent a message that is too long.")
        name, _, value = line.decode("utf-8", "replace").partition(":")
        if name:  # a line without one is a comment
            self._fields.setdefault(name, []).append(value.removeprefix(" "))
        return None

    def _message(self) -> Message | None:
        fields, self._fields, self._size = self._fields, {}, 0
        if "data" not in fields:
            return None
        last = {name: values[-1] for name, values in fields.items()}
        text = "\n".join(fields["data"])
        return Message(last.get("id", ""), last.get("event") or "message", text)
