"""Reading a runner's events: complete lines, once, and what ends an attempt."""

from __future__ import annotations

from pathlib import Path

import pytest

from mti_addon.wire.events import Done, Failed, Progress, Resumed, Started, encode
from mti_backend.server.execution.tail import read_news

STARTED = Started("draft", "cpu", 1, {"python": "3"})
FAILED = Failed("internal", "It broke.", "")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def write(path: Path, *events: object, first: int = 1, rest: str = "") -> None:
    lines = [encode(event, seq, 1.0) for seq, event in enumerate(events, first)]  # type: ignore[arg-type]
    with open(path, "a") as stream:
        stream.write("".join(f"{line}\n" for line in lines) + rest)


def test_there_may_be_nothing_yet(path: Path) -> None:
    news = read_news(path, 0, 0)
    assert (news.lines, news.offset, news.final, news.is_broken) == ([], 0, None, False)


def test_each_line_is_read_once(path: Path) -> None:
    write(path, STARTED, Progress("learn", 5, 60, 0.5, 12.0), rest='{"seq":3,"ti')
    news = read_news(path, 0, 0)
    assert (len(news.lines), news.progress, news.seconds_left) == (2, 5, 12.0)
    assert read_news(path, news.offset, news.seq).lines == []


def test_the_last_event_is_kept_apart(path: Path) -> None:
    write(path, STARTED, Done({}))
    news = read_news(path, 0, 0)
    assert isinstance(news.final, Done) and len(news.lines) == 1
    again = read_news(path, news.offset, news.seq)
    assert isinstance(again.final, Done) and again.lines == []
    assert again.final_end == (path.stat().st_size, 2)


def test_an_older_attempt_s_last_event_is_left_out(path: Path) -> None:
    write(path, STARTED, FAILED)
    news = read_news(path, 0, 0)
    assert isinstance(news.final, Failed)
    write(path, STARTED, Resumed(10), first=3)
    news = read_news(path, 0, 0)
    assert news.final is None and len(news.lines) == 3 and news.progress == 10
    news = read_news(path, *read_news(path, 0, 0).final_end) if news.final else news
    assert news.offset == path.stat().st_size


@pytest.mark.parametrize("odd", ["Segmentation fault\n", '{"seq":1}\n', "x" * 70_000])
def test_what_no_runner_writes_is_noticed(path: Path, odd: str) -> None:
    write(path, STARTED, rest=odd)
    news = read_news(path, 0, 0)
    assert news.is_broken and len(news.lines) == 1


def test_numbers_must_increase(path: Path) -> None:
    write(path, STARTED)
    write(path, STARTED)
    assert read_news(path, 0, 0).is_broken
