"""A job over HTTP, from what is sent to its results."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mti_addon.wire.events import decode
from tests.fake_runner.mti_backend.__main__ import png
from tests.server.serving import Client, contents, invited, job_of, running
from tests.wire.examples import make_request


def uploaded(client: Client, **of: Any) -> tuple[str, dict[str, Any]]:
    """A key and a body whose files are on the server."""
    request, body = job_of("slow", **of)
    for data in contents(request).values():
        client.upload(data)
    return request.job, body


def ended(client: Client, job: str) -> None:
    client.post(f"/v1/jobs/{job}/cancel")
    client.wait(job)


def test_a_job_is_done_and_its_files_are_there(anna: Client) -> None:
    sent = anna.submit("finish")
    assert (sent["state"], sent["task"], sent["model"]) == ("queued", "learn+apply", "draft")
    done = anna.wait(sent["id"])
    assert (done["state"], done["attempt"], done["position"]) == ("done", 1, None)
    events = [decode(json.dumps(line)) for line in anna.lines(sent["id"])]
    assert type(events[0][2]).__name__ == "Started" and type(events[-1][2]).__name__ == "Done"
    files = anna.get(f"/v1/jobs/{sent['id']}/files").json["files"]
    assert {"frames/0001.png", "motion.safetensors", "sheets/01.png"} <= {f["name"] for f in files}
    for file in files:
        answer = anna.get(f"/v1/jobs/{sent['id']}/files/{file['name']}")
        assert answer.status == 200 and len(answer.data) == file["bytes"]
        assert hashlib.sha256(answer.data).hexdigest() == file["sha256"]
    assert done in anna.get("/v1/jobs").json["jobs"]


def test_what_is_learned_so_far_can_be_seen_by_its_user_while_it_is_learned(
    anna: Client, ben: Client
) -> None:
    job = anna.submit("live")["id"]
    place, seen = f"/v1/jobs/{job}/live", []
    while anna.job(job)["state"] in ("queued", "running"):
        answer = anna.get(place)
        assert answer.status in (200, 404)
        if answer.status == 200:
            seen.append(answer.data)
            assert answer.headers["Content-Type"] == "image/png"
            assert ben.get(place).status == 404
        time.sleep(0.05)
    assert len(set(seen)) > 1 and all(data.startswith(b"\x89PNG") for data in seen)
    assert anna.get(place).status == 404


def test_part_of_a_file_can_be_had(anna: Client) -> None:
    job = anna.submit("finish")["id"]
    anna.wait(job)
    place = f"/v1/jobs/{job}/files/frames/0001.png"
    whole = anna.get(place).data
    for given, expected in {
        "bytes=10-19": whole[10:20],
        "bytes=100-": whole[100:],
        "bytes=-7": whole[-7:],
        "bytes=0-100000": whole,
    }.items():
        answer = anna.get(place, Range=given)
        assert (answer.status, answer.data) == (206, expected), given
        assert answer.headers["Content-Range"].endswith(f"/{len(whole)}")
    for odd in ("bytes=0-1,5-6", "bytes=9-3", f"bytes={len(whole)}-", "bytes=-0", "lines=1-2"):
        assert anna.get(place, Range=odd).status == 416, odd


def test_the_same_key_is_the_same_job(anna: Client, ben: Client) -> None:
    key, body = uploaded(anna)
    first = anna.post("/v1/jobs", body, Idempotency_Key=key)
    again = anna.post("/v1/jobs", body, Idempotency_Key=key)
    assert (first.status, again.status) == (201, 200)
    assert first.json["id"] == again.json["id"]
    _, other = uploaded(anna)
    taken = anna.post("/v1/jobs", other, Idempotency_Key=key)
    assert (taken.status, taken.code) == (409, "key_taken")
    for data in [v for v in contents(job_of("x")[0]).values()]:
        ben.upload(data)
    ended(anna, first.json["id"])
    # a job that has ended is still the answer to its key
    assert anna.post("/v1/jobs", body, Idempotency_Key=key).json["id"] == first.json["id"]


def test_a_job_can_be_cancelled_at_work_and_in_the_queue(anna: Client) -> None:
    at_work = [anna.submit("slow")["id"] for _ in range(3)]  # as many as there are slots
    for job in at_work:
        anna.wait(job, "running")
    waiting = anna.submit("slow")
    assert anna.job(waiting["id"])["position"] == 1
    assert anna.ask("DELETE", f"/v1/jobs/{waiting['id']}").code == "job_not_finished"
    assert anna.post(f"/v1/jobs/{waiting['id']}/cancel").json["state"] == "cancelled"
    for job in at_work:
        assert anna.post(f"/v1/jobs/{job}/cancel").status == 202
        assert anna.wait(job)["state"] == "cancelled"
        assert anna.lines(job)[-1]["event"] == "cancelled"
    assert [line["event"] for line in anna.lines(waiting["id"])] == ["cancelled"]
    assert anna.post(f"/v1/jobs/{waiting['id']}/cancel").status == 202  # harmless if repeated


def test_a_cancelled_job_goes_on_from_its_checkpoint_when_it_is_resumed(anna: Client) -> None:
    job = anna.submit("slow")["id"]
    assert anna.post(f"/v1/jobs/{job}/resume").code == "job_not_resumable"
    deadline = time.monotonic() + 60
    while not any(line.get("step", 0) >= 6 for line in anna.lines(job)):
        assert time.monotonic() < deadline, anna.lines(job)
        time.sleep(0.05)
    ended(anna, job)
    before = anna.lines(job)
    assert before[-1]["event"] == "cancelled"
    assert anna.post(f"/v1/jobs/{job}/resume").status == 202
    again = anna.wait(job)
    assert (again["state"], again["attempt"]) == ("done", 2)
    lines = anna.lines(job)
    assert lines[: len(before)] == before
    events = [line["event"] for line in lines[len(before) :]]
    assert events[:2] == ["started", "resumed"] and events[-1] == "done"
    assert anna.post(f"/v1/jobs/{job}/resume").code == "job_not_resumable"


def test_a_job_that_was_cancelled_before_it_began_can_be_resumed(anna: Client) -> None:
    at_work = [anna.submit("slow")["id"] for _ in range(3)]
    waiting = anna.submit("finish")["id"]
    ended(anna, waiting)
    for job in at_work:
        ended(anna, job)
    assert anna.post(f"/v1/jobs/{waiting}/resume").status == 202
    assert anna.wait(waiting)["state"] == "done"


def test_a_deleted_job_is_gone(anna: Client) -> None:
    job = anna.submit("finish")["id"]
    anna.wait(job)
    assert anna.ask("DELETE", f"/v1/jobs/{job}").status == 204
    for place in ("", "/files", "/files/frames/0001.png", "/events", "/events.json"):
        assert anna.get(f"/v1/jobs/{job}{place}").status == 404
    assert anna.ask("DELETE", f"/v1/jobs/{job}").status == 404


def test_a_job_that_fails_says_why(anna: Client) -> None:
    job = anna.submit("fail_early")["id"]
    assert anna.wait(job)["state"] == "failed"
    last = anna.lines(job)[-1]
    assert (last["event"], last["code"], last["hint"]) == (
        "failed",
        "bad_request",
        "Give it a name.",
    )
    assert anna.get(f"/v1/jobs/{job}/files").json == {"files": []}


def test_a_job_whose_runner_cannot_start_is_given_up(anna: Client) -> None:
    job = anna.submit("crash")["id"]
    found = anna.wait(job)
    assert (found["state"], found["attempt"]) == ("failed", 3)
    assert anna.lines(job)[-1]["problem"] == "runner_lost"


def test_a_job_whose_runner_dies_goes_on(anna: Client) -> None:
    job = anna.submit("die")["id"]
    assert anna.wait(job)["state"] == "done"
    lines = anna.lines(job)
    assert [line["event"] for line in lines].count("started") == 2
    assert [line["seq"] for line in lines] == sorted({line["seq"] for line in lines})
    assert "resumed" in [line["event"] for line in lines]
    assert anna.job(job)["attempt"] == 2


def test_a_runner_that_writes_nonsense_is_ended(anna: Client) -> None:
    job = anna.submit("garbage")["id"]
    assert anna.wait(job)["state"] == "failed"
    assert "Segmentation" not in json.dumps(anna.lines(job))


def test_what_is_learned_twice_is_learned_once(anna: Client, ben: Client) -> None:
    first = anna.submit("real secret", "learn", seed=5)["id"]
    anna.wait(first)
    second = ben.submit("real other", "learn", seed=5)["id"]
    assert ben.wait(second, seconds=10)["state"] == "done"
    lines = ben.lines(second)
    assert [line["event"] for line in lines] == ["started", "done"]
    assert lines[0]["device"] == "studio"
    motions = [
        client.get(f"/v1/jobs/{job}/files/motion.safetensors").data
        for client, job in ((anna, first), (ben, second))
    ]
    assert motions[0][-1000:] == motions[1][-1000:]
    # nothing tells ben whose it was, or that it was somebody's
    everything = b"".join(
        ben.get(f"/v1/jobs/{second}{place}").data for place in ("", "/files", "/events.json")
    )
    assert b"secret" not in everything + motions[1] and b"anna" not in everything
    assert ben.get(f"/v1/jobs/{first}").status == 404
    anna.ask("DELETE", f"/v1/jobs/{first}")
    assert ben.get(f"/v1/jobs/{second}/files/motion.safetensors").data == motions[1]


def test_the_limit_of_jobs_is_told(server: Any, user: Callable[..., Client]) -> None:
    from mti_backend.server.store import users
    from mti_backend.server.store.database import connect, transaction

    client = user("hasty")
    db = connect(server.data / "server.db")
    with transaction(db):
        users.set_limits(db, "hasty", 2, None)
    db.close()
    found = [client.submit("slow")["id"] for _ in range(2)]
    key, body = uploaded(client)
    refused = client.post("/v1/jobs", body, Idempotency_Key=key)
    assert (refused.status, refused.code) == (429, "too_many_jobs")
    assert int(refused.headers["Retry-After"]) > 0
    assert "2 unfinished jobs" in refused.json["error"]["sentence"]
    for job in found:
        ended(client, job)
    assert client.post("/v1/jobs", body, Idempotency_Key=key).status == 201
    ended(client, client.get("/v1/jobs").json["jobs"][0]["id"])


def test_a_user_whose_results_have_used_up_the_space_sends_no_more(
    server: Any, user: Callable[..., Client]
) -> None:
    from mti_backend.server.store import users
    from mti_backend.server.store.database import connect, transaction

    client = user("full")
    job = client.submit("finish")["id"]
    client.wait(job)
    again = client.submit("fail_early")["id"]
    client.wait(again)
    files = client.get(f"/v1/jobs/{job}/files").json["files"]
    key, body = uploaded(client)
    used = client.get("/v1/me").json["used"]["stored_bytes"]
    assert used > sum(file["bytes"] for file in files) > 0  # results count, and uploads
    db = connect(server.data / "server.db")
    with transaction(db):
        users.set_limits(db, "full", None, used)
    db.close()
    refused = client.post("/v1/jobs", body, Idempotency_Key=key)
    assert (refused.status, refused.code) == (429, "stored_limit")
    assert client.post(f"/v1/jobs/{again}/resume").code == "stored_limit"
    assert client.ask("DELETE", f"/v1/jobs/{job}").status == 204
    accepted = client.post("/v1/jobs", body, Idempotency_Key=key)
    assert accepted.status == 201
    ended(client, accepted.json["id"])


def test_the_queue_of_all_users_is_limited(data: Path) -> None:
    with running(data, "--slots", "1", "--limit", "queued_by_all=1") as server:
        anna, ben = (Client(server.port, invited(data, name)) for name in ("anna", "ben"))
        anna.wait(anna.submit("slow")["id"], "running")
        anna.submit("slow")
        key, body = uploaded(ben)
        refused = ben.post("/v1/jobs", body, Idempotency_Key=key)
        assert (refused.status, refused.code) == (429, "queue_full")
        assert int(refused.headers["Retry-After"]) > 0
        for client in (anna, ben):
            client.close()


def test_a_user_s_jobs_at_work_may_be_limited(data: Path) -> None:
    """Free slots are then kept for others."""
    with running(data, "--slots", "3", "--limit", "running=1") as server:
        anna, ben = (Client(server.port, invited(data, name)) for name in ("anna", "ben"))
        first = anna.submit("slow")["id"]
        second = anna.submit("slow")["id"]
        anna.wait(first, "running")
        time.sleep(1.5)  # the queue is looked at every half second
        assert (anna.job(second)["state"], anna.job(second)["position"]) == ("queued", 1)
        assert anna.job(second)["wait_seconds"] > 0
        ben.wait(ben.submit("slow")["id"], "running", seconds=10)
        ended(anna, first)
        anna.wait(second, "running", seconds=10)
        for client in (anna, ben):
            client.close()


def test_the_time_until_a_new_job_starts_is_told(data: Path) -> None:
    """The free slot's: none. Behind a job at work: its rest. Behind others as well: theirs, too."""
    with running(data, "--slots", "1", "--steps", "40", "--pause", "0.1") as server:
        client = Client(server.port, invited(data, "anna"))

        def wait() -> float | None:
            engines = client.get("/v1/me").json["engines"]
            found: float | None = next(e for e in engines if e["model"] == "draft")["wait_seconds"]
            return found

        assert wait() == 0
        first = client.submit("slow")["id"]
        until = time.monotonic() + 30
        while client.job(first)["seq"] < 3:  # it says itself how long it will take
            assert time.monotonic() < until
            time.sleep(0.05)
        alone = wait()
        assert alone is not None and 1 < alone <= 4
        client.submit("slow")
        assert wait() is None  # nothing is known yet about jobs of this kind
        assert client.wait(first)["state"] == "done"
        third = client.submit("slow")["id"]
        client.wait(client.get("/v1/jobs").json["jobs"][1]["id"], "running")
        behind = client.job(third)["wait_seconds"]
        assert behind is not None and 1 < behind < 8
        both = wait()
        assert both is not None and 4 < both < 16 and both > behind
        client.close()


def test_who_waits_for_what_another_learns_is_told_when_it_ends(data: Path) -> None:
    with running(data, "--slots", "2", "--steps", "40", "--pause", "0.1") as server:
        anna, ben = (Client(server.port, invited(data, name)) for name in ("anna", "ben"))
        first = anna.submit("slow", "learn", seed=5)["id"]
        anna.wait(first, "running")
        second = ben.submit("real", "learn", seed=5)["id"]
        told: list[float | None] = []
        while (found := ben.job(second))["state"] == "queued":
            told.append(found["wait_seconds"])
            time.sleep(0.2)
        known = [seconds for seconds in told if seconds is not None]
        assert len(known) > 3 and max(known) > 1.0
        assert known == sorted(known, reverse=True)
        for client in (anna, ben):
            client.close()


def change(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of a body with another value at a dotted path."""
    copy: dict[str, Any] = json.loads(json.dumps(body))
    *parents, last = path.split("/")
    part = copy
    for name in parents:
        part = part[name]
    part[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("inputs/target.png", "a" * 64, "inputs_differ"),
        ("request/inputs/target.png", "a" * 64, "inputs_differ"),
        ("request/task", "train", "bad_request"),
        ("request/protocol", 99, "job_of_newer_protocol"),
        ("request/settings/width", 100_000, "number_out_of_range"),
        ("request/settings/model", "svd", "engine_missing"),
        ("request/settings/model", "https://evil.example/model", "bad_request"),
        ("request/webhook", "https://evil.example/", "bad_request"),
        ("inputs/..%2Fx", "a" * 64, "inputs_differ"),
        ("more", 1, "bad_request"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(
    anna: Client, path: str, value: object, code: str
) -> None:
    key, body = uploaded(anna)
    answer = anna.post("/v1/jobs", change(body, path, value), Idempotency_Key=key)
    assert (answer.status, answer.code) == (422, code), answer.data
    assert answer.json["error"]["sentence"].endswith(".")


def test_a_model_that_the_server_lacks_is_named(anna: Client) -> None:
    request = make_request("learn", "animatediff", reference_frames=16)
    data = png(16, 16, (0, 0, 0))
    sums = dict.fromkeys(request.input_names(), anna.upload(data))
    request = replace(request, inputs=sums)
    body = {"request": json.loads(request.to_json()), "inputs": sums}
    answer = anna.post("/v1/jobs", body, Idempotency_Key=request.job)
    assert (answer.status, answer.code) == (422, "engine_missing"), answer.data
    assert "animatediff" in answer.json["error"]["sentence"]


def test_files_that_are_not_uploaded_are_named(ben: Client) -> None:
    request, body = job_of("slow", targets=1)
    answer = ben.post("/v1/jobs", body, Idempotency_Key=request.job)
    assert (answer.status, answer.code) == (422, "blob_missing")
    values = answer.json["error"]["values"]
    assert body["inputs"][values["name"]] == values["sha256"]


@pytest.mark.parametrize("data", [b"GIF89a" * 20, png(4097, 1, (0, 0, 0)), png(1, 5000, (0, 0, 0))])
def test_a_picture_is_checked_by_its_header(anna: Client, data: bytes) -> None:
    key, body = uploaded(anna)
    sha256 = anna.upload(data)
    body = change(change(body, "inputs/target.png", sha256), "request/inputs/target.png", sha256)
    answer = anna.post("/v1/jobs", body, Idempotency_Key=key)
    assert (answer.status, answer.code) == (422, "input_not_png")


def test_a_motion_is_checked_before_it_is_queued(anna: Client) -> None:
    request, body = job_of("slow", "apply")
    for data in contents(request).values():  # a PNG in place of a motion
        anna.upload(data)
    answer = anna.post("/v1/jobs", body, Idempotency_Key=request.job)
    assert (answer.status, answer.code) == (422, "motion_damaged")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b'{"a":1,"a":2}', b"[" * 9999]
)
def test_what_is_no_json_is_refused(anna: Client, body: bytes) -> None:
    answer = anna.ask("POST", "/v1/jobs", body, {"Idempotency-Key": "12345678"})
    assert answer.status == 422
    assert anna.ask("POST", "/v1/library", body).status == 422


def test_what_is_too_long_is_refused(anna: Client) -> None:
    answer = anna.ask("POST", "/v1/jobs", b" " * (512 * 1024 + 1), {"Idempotency-Key": "1" * 8})
    assert answer.status == 413
    assert anna.ask("POST", "/v1/library", b" " * 65_537).status == 413


@pytest.mark.parametrize("key", ["", "short", "a b c d e f", "x" * 65])
def test_a_key_is_needed(anna: Client, key: str) -> None:
    headers = {"Idempotency-Key": key} if key else {}
    answer = anna.ask("POST", "/v1/jobs", b"{}", headers)
    assert (answer.status, answer.code) == (422, "key_bad")
