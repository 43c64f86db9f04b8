"""The server's answers, its refusals, and what a job's folder says about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from mti_addon.wire import codec, events
from mti_addon.wire.errors import BadRequest, DiskFull, MtiError, StudioError, WireError
from mti_addon.wire.owner import JobLock
from mti_addon.wire.queue import enqueue, next_job, next_remote, relays_in
from mti_addon.wire.remote import refusals
from mti_addon.wire.remote.messages import (
    EngineCosts,
    EventLine,
    EventPage,
    Files,
    Me,
    RemoteEngine,
    RemoteJob,
    read_answer,
)
from mti_addon.wire.remote.note import RemoteNote, read_remote, write_remote
from mti_addon.wire.remote.relayed import last_server_seq
from tests.wire import strategies
from tests.wire.examples import make_job

ME = {
    "user": "anna",
    "server_version": "0.2.0",
    "protocol": 3,
    "api": 1,
    "capabilities": ["library"],
    "engines": [
        {
            "model": "draft",
            "available": True,
            "why_not": None,
            "slots": 2,
            "free": 1,
            "queued": 0,
            "wait_seconds": None,
            "seconds_per_job": {"learn": 20.5, "apply": 3},
            "colour": "of a newer server",
        }
    ],
    "limits": {},
}


def read(cls: type, value: Any) -> Any:
    return read_answer(cls, json.dumps(value).encode(), "/v1/me")


def test_what_a_newer_server_adds_is_ignored_and_what_it_may_leave_out_has_a_default() -> None:
    costs = EngineCosts(20.5, 3.0)
    engine = RemoteEngine("draft", True, None, 2, 1, 0, None, costs)
    assert read(Me, ME) == Me("anna", "0.2.0", 3, (engine,), ("library",))
    assert read(RemoteJob, {"id": "a1", "state": "queued"}) == RemoteJob("a1", "queued")
    page = {"events": [{"seq": 2, "line": "{}"}], "done": True}
    assert read(EventPage, page) == EventPage((EventLine(2, "{}"),), True)
    assert read(EventPage, {}) == EventPage()


@pytest.mark.parametrize(
    "cls, value",
    [
        (Me, []),
        (Me, {**ME, "engines": [1]}),
        (Me, {**ME, "user": None}),
        (RemoteJob, {"id": "../a", "state": "queued"}),
        (RemoteJob, {"id": "a", "state": "melting"}),
        (Files, {"files": [{"name": "../x", "bytes": 1, "sha256": "a" * 64}]}),
        (Files, {"files": [{"name": "/etc/x", "bytes": 1, "sha256": "a" * 64}]}),
        (Files, {"files": [{"name": "a/.tmp", "bytes": 1, "sha256": "a" * 64}]}),
        (Files, {"files": [{"name": "a", "bytes": -1, "sha256": "a" * 64}]}),
        (Files, {"files": [{"name": "a", "bytes": 1, "sha256": "b"}]}),
    ],
)
def test_an_answer_that_cannot_be_used_is_a_wire_error(cls: type, value: Any) -> None:
    with pytest.raises(WireError, match="unexpected answer"):
        read(cls, value)
    with pytest.raises(WireError):
        read_answer(cls, b"<html>", "/v1/me")


@pytest.mark.parametrize(
    "status, kind, code",
    [
        (401, StudioError, "studio_token_refused"),
        (404, StudioError, "studio_not_found"),
        (409, StudioError, "studio_refused"),
        (413, StudioError, "studio_too_large"),
        (422, BadRequest, "studio_refused_request"),
        (500, StudioError, "studio_refused"),
        (507, DiskFull, "studio_disk_full"),
    ],
)
def test_every_refusal_is_a_sentence(status: int, kind: type[MtiError], code: str) -> None:
    error = {"code": "x", "values": {}, "sentence": "Not {this}\n\x1b[31m.", "id": "1"}
    found = refusals.refusal(status, json.dumps({"error": error}).encode(), "studio:1")
    assert type(found) is kind and found.problem.code == code
    assert "studio:1" in found.message and "\x1b" not in found.message
    if code.startswith("studio_refused"):
        assert "Not {this} [31m." in found.message
    assert refusals.refusal(status, b"\xff<html>", "studio:1").message


@given(strategies.dataclass_values(RemoteNote))
def test_the_note_is_read_as_it_was_written(note: RemoteNote) -> None:
    again = codec.from_dict(RemoteNote, codec.loads(codec.dumps(codec.to_dict(note)), ""), "")
    assert again == note


def test_a_job_of_a_studio_has_a_note_and_is_not_in_this_machine_s_queue(tmp_path: Path) -> None:
    here, there = make_job(tmp_path), make_job(tmp_path)
    assert read_remote(there) is None
    write_remote(there, RemoteNote("studio:1", "j1", 2, 7))
    assert read_remote(there) == RemoteNote("studio:1", "j1", 2, 7)
    assert RemoteNote("studio:1").key(there) == there.path.name
    assert RemoteNote("studio:1", attempt=3).key(there) == f"{there.path.name}-3"
    enqueue(there)
    assert next_job(tmp_path) is None and next_job(tmp_path, for_runner=True) is None
    assert next_remote(tmp_path) == there and relays_in(tmp_path) == 0
    enqueue(here)
    assert next_job(tmp_path) == here and next_remote(tmp_path) == there
    with JobLock(there):
        assert next_remote(tmp_path) is None and relays_in(tmp_path) == 1
    there.remote_file.write_text("{}")
    assert read_remote(there) is None


def test_the_file_itself_says_how_far_the_relay_has_come(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    assert last_server_seq(job) == 0
    numbers = [None, 4, 9, None]
    lines = [
        events.encode(events.Progress("learn", 1, 2), seq, 1.0, number)
        for seq, number in enumerate(numbers, 1)
    ]
    job.events_file.write_text("\n".join(lines) + '\n{"seq":5,"server_seq":77')
    assert last_server_seq(job) == 9 and last_server_seq(job, since=2) == 9
    assert last_server_seq(job, since=3) == 0
    read = events.EventReader(job.events_file).read_new()
    assert [seq for seq, _, _ in read] == [1, 2, 3, 4]
    with pytest.raises(WireError, match="server_seq"):
        events.decode('{"seq":1,"time":1,"event":"resumed","server_seq":0,"step":1}')
