"""Reads what a runner has appended to its events, as far as it makes sense. No database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mti_addon.wire.errors import WireError
from mti_addon.wire.events import (
    MAX_LINE_BYTES,
    Cancelled,
    Done,
    Failed,
    FinalEvent,
    Progress,
    Resumed,
    decode,
)

MOST_BYTES = 2**20
"""Read at once."""


@dataclass
class News:
    """What was read. offset: bytes of the file that need not be read again; seq: the runner's."""

    offset: int
    seq: int
    lines: list[str]
    progress: int = 0
    seconds_left: float | None = None
    final: FinalEvent | None = None
    """The event that ends the attempt. It is not in `lines`: what it means for the job depends."""
    final_line: str = ""
    final_end: tuple[int, int] = (0, 0)
    """Offset and sequence number behind it."""
    is_broken: bool = False
    """The file contains what no runner writes."""


def read_news(path: Path, offset: int, seq: int) -> News:
    """Read the complete lines of events.jsonl behind `offset`.

    A final event that other events follow belongs to an older attempt, and is left out.
    """
    news = News(offset, seq, [])
    try:
        with open(path, "rb") as stream:
            stream.seek(offset)
            data = stream.read(MOST_BYTES)
    except FileNotFoundError:
        return news
    *lines, rest = data.split(b"\n")
    news.is_broken = len(rest) > MAX_LINE_BYTES
    at, last = offset, seq
    for line in lines:
        try:
            number, _, event = decode(line)
            if number <= last:
                raise WireError("The numbers do not increase.")
        except WireError:
            news.is_broken = True
            return news
        at, last = at + len(line) + 1, number
        news.final = None
        if isinstance(event, Done | Failed | Cancelled):
            news.final, news.final_line = event, line.decode("utf-8")
            news.final_end = (at, last)
            continue
        news.lines.append(line.decode("utf-8"))
        news.offset, news.seq = at, last
        if isinstance(event, Resumed) or (isinstance(event, Progress) and event.stage == "learn"):
            news.progress = max(news.progress, event.step)
        if isinstance(event, Progress):
            news.seconds_left = event.seconds_left
    return news
