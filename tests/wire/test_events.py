from __future__ import annotations

import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mti_addon.wire.errors import DiskFull, WireError
from mti_addon.wire.events import (
    EVENTS,
    MAX_LINE_BYTES,
    Cancelled,
    Connection,
    Done,
    Event,
    EventReader,
    Failed,
    Notice,
    Planned,
    Preview,
    Progress,
    Resumed,
    Started,
    decode,
    encode,
    good_prefix,
)
from mti_addon.wire.problem import Problem
from tests.wire import strategies

GOLDEN = Path(__file__).parents[1] / "golden" / "events.jsonl"

GOLDEN_EVENTS: list[Event] = [
    Started("draft", "cpu", 1, {"python": "3.11.7", "torch": "2.13.0"}),
    Planned(
        "Up to 9.1 GB of the GPU will be used, for about 25 min.",
        9100,
        1500.5,
        "gpu_plan",
        {"memory": 9.1, "duration": "25 min"},
    ),
    Notice("The engine draft does not know these poses.", "poses_not_known", {"engine": "draft"}),
    Progress("load", 1, 1, None, None),
    Progress("learn", 10, 120, 0.3125, 41.5),
    Preview("output/preview.webp"),
    Cancelled(10),
    Started("draft", "cuda:0", 2, {}),
    Resumed(10),
    Failed(
        "disk_full",
        "There is no space left to write é.",
        "Free some space.",
        "no_space_left",
        {"path": "é"},
    ),
    Started("draft", "cpu", 3, {}),
    Connection(False),
    Done({"frames": 14, "size": [64, 64], "motion": None, "seconds": {"learn": 0.5}}),
]
TIME = 1732150000.125


def lines(*events: Event, first: int = 1) -> str:
    return "".join(encode(e, seq, TIME) + "\n" for seq, e in enumerate(events, first))


def test_the_golden_file_is_read_and_written_byte_for_byte() -> None:
    assert {type(event) for event in GOLDEN_EVENTS} == set(EVENTS.values())
    expected = [(seq, TIME + seq, event) for seq, event in enumerate(GOLDEN_EVENTS, 1)]
    assert EventReader(GOLDEN).read_new() == expected
    written = "".join(encode(event, seq, time) + "\n" for seq, time, event in expected)
    assert written.encode() == GOLDEN.read_bytes()


def test_the_older_golden_file_is_read_too() -> None:
    """Before protocol 3, failures had no specific code, and before 4 plans had none."""
    read = EventReader(GOLDEN.with_name("events_2.jsonl")).read_new()
    older = [each for each in GOLDEN_EVENTS if not isinstance(each, Connection | Notice)]
    for (_, _, event), now in zip(read, older, strict=True):
        if isinstance(event, Failed) and isinstance(now, Failed):
            now = Failed(now.code, now.message, now.hint)
            assert event.said.message == now.message and event.said.code == "disk_full"
        if isinstance(now, Planned):
            now = Planned("Up to 9.1 GB of the GPU will be used.", 9100, 1500.5)
        assert event == now


def test_an_error_is_told_with_its_code_and_values_and_in_english() -> None:
    said = Problem("no_space_left", "{path} {{is}} full.", "Free {path}.", {"path": "a {b}"})
    _, _, event = decode(encode(Failed.of(DiskFull(said)), 1, TIME))
    assert event == Failed(
        "disk_full", "a {b} {is} full.", "Free a {b}.", "no_space_left", {"path": "a {b}"}
    )
    assert isinstance(event, Failed)
    assert (event.said.code, event.said.message) == ("no_space_left", "a {b} {is} full.")
    assert event.said.hint == "Free a {b}." and event.said.values == {"path": "a {b}"}


@given(strategies.events(), st.integers(1, 10**9))
def test_any_event_survives_the_round_trip_on_one_line(event: Event, seq: int) -> None:
    line = encode(event, seq, TIME)
    assert "\n" not in line and line.encode().split(b"\n") == [line.encode()]
    assert decode(line) == (seq, TIME, event)
    assert decode(line.encode()) == (seq, TIME, event)


@given(st.binary(max_size=200) | strategies.JSON.map(json.dumps))
def test_any_line_is_an_event_or_a_wire_error(line: bytes | str) -> None:
    with suppress(WireError):
        decode(line)


@pytest.mark.parametrize(
    "event",
    [
        Progress("learn", 1, 2, float("nan"), None),
        Progress("learn", -1, 2),
        Progress("dance", 1, 2),  # type: ignore[arg-type]
        Started("draft", "cpu", 0, {}),
        Done({"x": float("inf")}),
        Done({"x": b"bytes"}),
        Failed("internal", "x" * MAX_LINE_BYTES, ""),
    ],
    ids=str,
)
def test_what_could_not_be_read_back_is_not_written(event: Event) -> None:
    with pytest.raises(WireError):
        encode(event, 1, TIME)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"seq":1,"time":1}',
        '{"seq":0,"time":1,"event":"cancelled","step":1}',
        '{"seq":true,"time":1,"event":"cancelled","step":1}',
        '{"seq":1,"time":"now","event":"cancelled","step":1}',
        '{"seq":1,"time":1,"event":"exploded"}',
        '{"seq":1,"time":1,"event":["done"],"result":{}}',
        '{"seq":1,"time":1,"event":"cancelled"}',
        '{"seq":1,"time":1,"event":"cancelled","step":1,"more":1}',
        '{"seq":1,"seq":2,"time":1,"event":"cancelled","step":1}',
        '{"seq":1,"time":1,"event":"cancelled","step":1}}',
        "\x00" * 100,
    ],
)
def test_garbage_is_a_wire_error(line: str) -> None:
    with pytest.raises(WireError, match="^events.jsonl cannot be read: "):
        decode(line)


def test_a_file_name_that_is_not_utf8_does_not_stop_the_last_event() -> None:
    name = b"/jobs/caf\xe9".decode("utf-8", "surrogateescape")
    _, _, event = decode(encode(Failed("not_writable", f"{name} cannot be written.", ""), 1, TIME))
    assert event == Failed("not_writable", "/jobs/caf? cannot be written.", "")
    with pytest.raises(WireError, match="contains an unpaired surrogate"):
        decode('{"seq":1,"time":1,"event":"preview","file":"\\ud800"}')


def test_no_bytes_make_it_raise_anything_else() -> None:
    rng = random.Random(0)
    good = lines(*GOLDEN_EVENTS).encode().splitlines()
    for _ in range(3000):
        damaged = bytearray(rng.choice(good))
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            decode(bytes(damaged))
        except WireError:
            pass


def test_a_reader_may_look_at_any_moment(tmp_path: Path) -> None:
    """Whatever has been written, cut at any byte: all complete events, each exactly once."""
    path = tmp_path / "events.jsonl"
    data = lines(*GOLDEN_EVENTS).encode()
    reader, seen = EventReader(path), []
    assert reader.read_new() == []
    with open(path, "ab", buffering=0) as stream:
        for length in range(len(data) + 1):
            stream.write(data[max(0, length - 1) : length])
            seen += reader.read_new()
            assert len(seen) == data[:length].count(b"\n")
    assert [event for _, _, event in seen] == GOLDEN_EVENTS


@pytest.mark.parametrize("seqs", [(1, 1), (2, 1), (5, 4)])
def test_seq_must_increase(tmp_path: Path, seqs: tuple[int, int]) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(encode(Resumed(0), seq, TIME) + "\n" for seq in seqs))
    reader = EventReader(path)
    with pytest.raises(WireError, match=f"seq {seqs[1]} after {seqs[0]}"):
        reader.read_new()
    assert reader.seq == seqs[0]


def test_a_file_that_became_shorter_is_not_the_one_that_was_read(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(lines(Resumed(1), Resumed(2)))
    reader = EventReader(path)
    reader.read_new()
    path.write_text(lines(Resumed(1)))
    with pytest.raises(WireError, match="shorter"):
        reader.read_new()


def test_a_reader_can_take_small_bites(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(lines(*(Failed("internal", "x" * 900, "") for _ in range(500))))
    reader, sizes = EventReader(path), []
    while not reader.at_end:
        sizes.append(len(reader.read_new(max_events=30)))
    assert max(sizes) == 30 and sum(sizes) == 500 and min(sizes) > 0
    assert reader.read_new(max_events=30) == [] and reader.at_end


def test_a_line_without_end_is_an_error_and_not_a_loop(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"x" * (MAX_LINE_BYTES + 1))
    for arguments in ({}, {"max_events": 5}):
        with pytest.raises(WireError, match="longer than"):
            EventReader(path).read_new(**arguments)


@pytest.mark.parametrize("tail", [b"", b'{"seq":3', b"\x00" * 50, b"\x00" * 50 + b"\n", b"hm\n"])
def test_the_good_prefix_is_what_readers_have_used(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "events.jsonl"
    assert good_prefix(path) == (0, 0)
    good = lines(Resumed(1), Resumed(2)).encode()
    path.write_bytes(good + tail)
    assert good_prefix(path) == (len(good), 2)


def test_a_reader_holds_no_file_open(tmp_path: Path) -> None:
    """On Windows an open file cannot be removed."""
    path = tmp_path / "events.jsonl"
    path.write_text(lines(Resumed(1)))
    reader: Any = EventReader(path)
    reader.read_new()
    assert not any(hasattr(value, "fileno") for value in vars(reader).values())


@pytest.mark.parametrize(
    "line",
    [
        '{"seq":1,"time":1' + "0" * 400 + ',"event":"cancelled","step":0}',
        '{"seq":1,"time":1e999,"event":"cancelled","step":0}',
        '{"seq":1,"time":0,"event":"done","result":{"seconds":{"learn":1e999}}}',
        '{"seq":1' + "0" * 5000 + ',"time":0,"event":"cancelled","step":0}',
        '{"seq":1,"time":0,"event":"done","result":' + "[" * 20_000 + "]" * 20_000 + "}",
    ],
    ids=["a time of 400 digits", "an endless time", "an endless result", "5000 digits", "deep"],
)
def test_what_python_cannot_hold_is_a_wire_error(line: str) -> None:
    with pytest.raises(WireError):
        decode(line)


def test_no_line_breaks_a_reader() -> None:
    """Lines with changed, missing and repeated bytes: an event, or a WireError."""
    rng, seen = random.Random(1), set()
    lines = [
        encode(Started("draft", "cpu", 1, {"torch": "2.13"}), 1, 1e9),
        encode(Progress("learn", 10, 120, 0.31, 41.5), 2, 1e9),
        encode(Done({"takes": [{"seed": 3, "score": None}], "fps": 7.5}), 3, 1e9),
        encode(Failed("internal", "It broke.", "é漢🕺"), 4, 1e9),
    ]
    for _ in range(4000):
        line = bytearray(rng.choice(lines).encode())
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(line))
            change = rng.choice(
                [b"", b"9" * 400, b'"', b"e999", b"-", b"[", b"null", bytes([rng.randrange(256)])]
            )
            line[place : place + rng.randint(0, 3)] = change
        try:
            seen.add(type(decode(bytes(line))[2]))
        except WireError:
            seen.add(WireError)
    assert seen >= {Progress, Done, Failed, WireError}
