"""Server-sent events arrive in any pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mti_addon.wire.errors import WireError
from mti_addon.wire.remote.sse import MAX_BUFFERED, Message, SseParser
from tests.wire import strategies  # noqa: F401  # the same examples in every run

STREAM = (
    b": heartbeat\n\n"
    b'id: 3\ndata: {"seq":1}\n\n'
    b'event: queue\ndata: {"position": 2}\r\n\r\n'
    b"event: nothing\n\n"
    b"id:4\ndata:one\ndata: two\n\n"
    b"id: 5\ndata: not complete"
)
MESSAGES = [
    Message("3", "message", '{"seq":1}'),
    Message("", "queue", '{"position": 2}'),
    Message("4", "message", "one\ntwo"),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_messages_are_the_same_however_the_stream_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    parser, found = SseParser(), []
    for begin, end in zip(places, places[1:], strict=False):
        found += parser.feed(STREAM[begin:end])
    assert found == MESSAGES
    assert parser.feed(b"\n\n") == [Message("5", "message", "not complete")]


@pytest.mark.parametrize("piece", [b"x", b"data: x\n"])
def test_a_message_without_an_end_does_not_fill_the_memory(piece: bytes) -> None:
    parser = SseParser()
    with pytest.raises(WireError, match="too long"):
        for _ in range(2 * MAX_BUFFERED):
            parser.feed(piece * 1000)


def test_what_is_not_utf_8_is_replaced() -> None:
    assert SseParser().feed(b"data: \xff\n\n")[0].data == "\ufffd"
