"""Events as they happen: each once, in order, from any point, until the last."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.serving import Client, Server, invited, running


@contextlib.contextmanager
def following(
    client: Client, job: str, after: int | None = None
) -> Iterator[http.client.HTTPResponse]:
    connection = client.connect()
    headers = client.headers() | ({} if after is None else {"Last-Event-ID": str(after)})
    connection.request("GET", f"/v1/jobs/{job}/events", headers=headers)
    response = connection.getresponse()
    assert response.status == 200, response.read()
    assert response.headers["Content-Type"].startswith("text/event-stream")
    try:
        yield response
    finally:
        response.close()
        connection.close()


def follow(client: Client, job: str, after: int | None = None) -> list[tuple[int, Any]]:
    """(id, line) of each event until the stream ends."""
    with following(client, job, after) as response:
        return numbered(response.read().decode())


def numbered(text: str) -> list[tuple[int, Any]]:
    """(id, line) of each event with an id."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "id" in fields:
            found.append((int(fields["id"]), json.loads(fields["data"])))
    return found


def test_a_stream_has_every_event_once_and_ends(anna: Client) -> None:
    job = anna.submit("finish")["id"]
    events = follow(anna, job)
    assert [seq for seq, _ in events] == list(range(1, len(events) + 1))
    assert events[0][1]["event"] == "started" and events[-1][1]["event"] == "done"
    assert [line for _, line in events] == anna.lines(job)


def test_a_stream_goes_on_where_another_ended(anna: Client) -> None:
    job = anna.submit("finish")["id"]
    anna.wait(job)
    whole = follow(anna, job)
    for last in (0, 5, len(whole) - 1, len(whole), 10**9):
        assert follow(anna, job, last) == whole[last:]
    answer = anna.get(f"/v1/jobs/{job}/events?after=5").data.decode()
    assert numbered(answer) == whole[5:]


def test_events_arrive_at_once(anna: Client) -> None:
    job = anna.submit("short")["id"]
    late = []
    with following(anna, job) as response:
        for raw in response:
            if raw.startswith(b"data: ") and b'"seq"' in raw:
                late.append(time.time() - json.loads(raw[6:])["time"])
    assert len(late) > 20 and sorted(late)[len(late) // 2] < 0.5, late


def test_a_queued_job_is_told_its_place(anna: Client) -> None:
    at_work = [anna.submit("slow")["id"] for _ in range(3)]
    for job in at_work:
        anna.wait(job, "running")
    waiting = [anna.submit("slow")["id"] for _ in range(2)]
    places: list[int] = []
    with following(anna, waiting[1]) as response:
        while len(places) < 2:
            raw = response.readline()
            if raw.startswith(b'data: {"position"'):
                places.append(json.loads(raw[6:])["position"])
                anna.post(f"/v1/jobs/{waiting[0]}/cancel")
    assert places == [2, 1]
    for job in [*at_work, *waiting]:
        anna.post(f"/v1/jobs/{job}/cancel")
    for job in at_work:
        anna.wait(job)


def test_long_polling_waits_for_what_is_new(anna: Client) -> None:
    job = anna.submit("short")["id"]
    after, done, lines = 0, False, 0
    while not done:
        answer = anna.get(f"/v1/jobs/{job}/events.json?after={after}&wait=20").json
        assert answer["events"], "it should not come back with nothing"
        lines += len(answer["events"])
        after, done = answer["events"][-1]["seq"], answer["done"]
    assert lines == len(anna.lines(job))
    began = time.monotonic()
    answer = anna.get(f"/v1/jobs/{job}/events.json?after={after}&wait=20").json
    assert answer == {"events": [], "done": True} and time.monotonic() - began < 2


def test_long_polling_gives_up_in_time(anna: Client) -> None:
    job = anna.submit("silent")["id"]
    anna.wait(job, "running")
    began = time.monotonic()
    assert anna.get(f"/v1/jobs/{job}/events.json?wait=1").json == {"events": [], "done": False}
    assert 0.9 < time.monotonic() - began < 5
    anna.post(f"/v1/jobs/{job}/cancel")


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 16, "%20"])
def test_odd_numbers_are_refused(anna: Client, done: str, after: str) -> None:
    for place in ("events", "events.json"):
        assert anna.get(f"/v1/jobs/{done}/{place}?after=0").status == 200
        assert anna.get(f"/v1/jobs/{done}/{place}?after={after}").status == 422
    assert anna.get(f"/v1/jobs/{done}/events.json?wait=61").status == 422
    assert anna.get(f"/v1/jobs/{done}/events", Last_Event_ID="x").status == 422


def test_streams_are_limited_and_freed(server: Server, user: Callable[..., Client]) -> None:
    client = user("many")
    job = client.submit("slow")["id"]
    with contextlib.ExitStack() as held:
        for _ in range(32):
            held.enter_context(following(client, job))
        refused = client.get(f"/v1/jobs/{job}/events")
        assert (refused.status, refused.code) == (429, "too_many_streams")
    client.post(f"/v1/jobs/{job}/cancel")
    client.wait(job)
    deadline = time.monotonic() + 20
    while client.get(f"/v1/jobs/{job}/events").status == 429:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_revoked_token_s_streams_end_at_once(data: Path) -> None:
    """And nobody else's: neither another user's, nor those of their own with a new token."""
    from mti_backend.server.cli import main

    with running(data, "--slots", "1", "--pause", "0.2") as server:
        anna, ben = (Client(server.port, invited(data, name)) for name in ("anna", "ben"))
        job, own = anna.submit("slow")["id"], ben.submit("slow")["id"]
        anna.wait(job, "running")
        answers: list[tuple[int, float]] = []

        def poll() -> None:
            with contextlib.closing(Client(server.port, anna.token)) as third:
                last = anna.job(job)["seq"] + 100
                status = third.get(f"/v1/jobs/{job}/events.json?after={last}&wait=30").status
            answers.append((status, time.monotonic()))

        polling = threading.Thread(target=poll)
        with following(anna, job) as mine, following(ben, own) as other:
            assert mine.readline() == other.readline() == b": events\n"
            polling.start()
            time.sleep(0.5)
            assert main(["revoke", "anna", "--data", str(data)]) == 0
            began = time.monotonic()
            told = mine.read()
            assert time.monotonic() - began < 2 and b'"done"' not in told
            polling.join(30)
            assert answers[0][0] == 401 and answers[0][1] - began < 2
            anna.token = invited(data, "anna")
            with following(anna, job) as again:
                assert b'"event":"done"' in again.read().replace(b'": "', b'":"')
            assert b'"event":"done"' in other.read().replace(b'": "', b'":"')
        for client in (anna, ben):
            client.close()


def test_a_server_that_stops_ends_its_streams(data: Path) -> None:
    with running(data) as server:
        client = Client(server.port, invited(data, "anna"))
        job = client.submit("slow")["id"]
        client.wait(job, "running")
        with following(client, job) as response:
            began = time.monotonic()
            assert server.stop() == 0
            response.read()
            assert time.monotonic() - began < 10
        client.close()
