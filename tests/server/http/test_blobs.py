"""Uploads: once, resumed, checked, and nobody else's."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.server.serving import Answer, Client, Server, invited, running

LARGE = os.urandom(300_000)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def part(client: Client, data: bytes, first: int, last: int, total: int | None = None) -> Answer:
    total = len(data) if total is None else total
    headers = {"Content-Range": f"bytes {first}-{last}/{total}"}
    return client.ask("PUT", f"/v1/blobs/{sha(data)}", data[first : last + 1], headers)


def test_a_blob_is_uploaded_once(anna: Client, ben: Client) -> None:
    name = sha(b"once")
    assert anna.ask("HEAD", f"/v1/blobs/{name}").status == 404
    assert anna.ask("PUT", f"/v1/blobs/{name}", b"once").status == 201
    assert anna.ask("PUT", f"/v1/blobs/{name}", b"once").status == 200
    head = anna.ask("HEAD", f"/v1/blobs/{name}")
    assert (head.status, head.headers["Content-Length"]) == (200, "4")
    # a hash gives nobody else access, and does not tell that the bytes are there
    assert ben.ask("HEAD", f"/v1/blobs/{name}").status == 404
    assert ben.get(f"/v1/blobs/{name}/upload").json == {"received": 0}
    assert ben.ask("PUT", f"/v1/blobs/{name}", b"once").status == 201


def test_an_upload_is_resumed(anna: Client) -> None:
    data = os.urandom(100_000)
    place = f"/v1/blobs/{sha(data)}/upload"
    assert part(anna, data, 0, 39_999).json == {"received": 40_000}
    assert anna.get(place).json == {"received": 40_000}
    gap = part(anna, data, 60_000, 99_999)
    assert (gap.status, gap.code, gap.json["error"]["values"]) == (
        *(409, "upload_gap"),
        {"received": 40_000},
    )
    assert part(anna, data, 30_000, 69_999).status == 202  # what overlaps is written again
    assert part(anna, data, 70_000, 99_999).status == 201
    assert anna.get(place).json == {"received": 100_000}


def test_an_upload_that_breaks_off_goes_on_where_it_was(server: Server, anna: Client) -> None:
    name = sha(LARGE)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        head = f"PUT /v1/blobs/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        head += f"Authorization: Bearer {anna.token}\r\nContent-Length: {len(LARGE)}\r\n\r\n"
        connection.sendall(head.encode() + LARGE[:200_000])
        time.sleep(0.2)
    deadline = time.monotonic() + 10
    while (received := anna.get(f"/v1/blobs/{name}/upload").json["received"]) < 200_000:
        assert time.monotonic() < deadline
    rest = part(anna, LARGE, received, len(LARGE) - 1)
    while rest.status == 409 and time.monotonic() < deadline:  # the server notices the end soon
        rest = part(anna, LARGE, received, len(LARGE) - 1)
    assert rest.status == 201


def test_wrong_bytes_are_not_kept(anna: Client) -> None:
    answer = anna.ask("PUT", f"/v1/blobs/{sha(b'right')}", b"wrong")
    assert (answer.status, answer.code) == (422, "blob_differs")
    assert anna.ask("HEAD", f"/v1/blobs/{sha(b'right')}").status == 404
    assert anna.get(f"/v1/blobs/{sha(b'right')}/upload").json == {"received": 0}
    assert anna.ask("PUT", f"/v1/blobs/{sha(b'right')}", b"right").status == 201


@pytest.mark.parametrize(
    "header", ["bytes 0-9/9", "bytes 5-4/10", "bytes 0-3/10", "0-9/10", "bytes */10", "bytes 0-9/*"]
)
def test_a_range_that_does_not_fit_is_refused(anna: Client, header: str) -> None:
    answer = anna.ask("PUT", f"/v1/blobs/{'a' * 64}", b"x" * 10, {"Content-Range": header})
    assert (answer.status, answer.code) == (422, "range_bad")


@pytest.mark.parametrize("length", ["10000000000", str(256 * 2**20 + 1)])
def test_what_is_announced_as_too_large_is_not_read(anna: Client, length: str) -> None:
    connection = anna.connect()
    connection.putrequest("PUT", f"/v1/blobs/{'a' * 64}")
    for name, value in {**anna.headers(), "Content-Length": length}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    total = {"Content-Range": f"bytes 0-3/{length}"}
    assert anna.ask("PUT", f"/v1/blobs/{'a' * 64}", b"four", total).status == 413


def test_a_length_must_be_announced(anna: Client) -> None:
    connection = anna.connect()
    headers = {**anna.headers(), "Transfer-Encoding": "chunked"}
    connection.request("PUT", f"/v1/blobs/{'a' * 64}", iter([b"abc"]), headers, encode_chunked=True)
    assert connection.getresponse().status == 411
    connection.close()


def test_the_same_blob_twice_at_a_time_is_refused(server: Server, anna: Client) -> None:
    data = os.urandom(1000)
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        head = f"PUT /v1/blobs/{sha(data)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        head += f"Authorization: Bearer {anna.token}\r\nContent-Length: 1000\r\n\r\n"
        slow.sendall(head.encode() + data[:10])
        time.sleep(0.3)
        answer = anna.ask("PUT", f"/v1/blobs/{sha(data)}", data)
        assert (answer.status, answer.code) == (409, "upload_in_progress")
        about = f"/v1/blobs/{sha(data)}/upload"
        assert anna.get(about).json["in_progress"] is True
        slow.sendall(data[10:])
        assert b"201" in slow.recv(100)
        assert anna.get(about).json == {"received": 1000}


@pytest.mark.parametrize("name", ["a" * 63, "A" * 64, "g" * 64, "..%2F" * 12, "%00" * 64])
def test_only_a_sha256_is_a_name(anna: Client, name: str) -> None:
    assert anna.ask("PUT", f"/v1/blobs/{name}", b"x").status == 404


@pytest.fixture
def small(server: Server, user: Callable[..., Client]) -> Client:
    """A user who may store 1000 bytes."""
    from mti_backend.server.store import users
    from mti_backend.server.store.database import connect, transaction

    name = f"small-{os.urandom(4).hex()}"
    client = user(name)
    db = connect(server.data / "server.db")
    with transaction(db):
        users.set_limits(db, name, None, 1000)
    db.close()
    return client


def used(client: Client) -> int:
    return int(client.get("/v1/me").json["used"]["stored_bytes"])


def test_a_user_s_space_is_limited(small: Client) -> None:
    small.upload(b"x" * 600)
    answer = small.ask("PUT", f"/v1/blobs/{sha(b'y' * 600)}", b"y" * 600)
    assert (answer.status, answer.code) == (429, "stored_limit")
    assert int(answer.headers["Retry-After"]) > 0
    assert small.get("/v1/me").json["limits"]["stored_bytes"] == 1000
    assert used(small) == 600


def test_parts_of_uploads_count(small: Client) -> None:
    first, second = os.urandom(600), os.urandom(600)
    assert part(small, first, 0, 499).status == 202
    assert used(small) == 500
    assert part(small, second, 0, 99).code == "stored_limit"  # it would be 600 in the end
    assert part(small, first, 500, 599).status == 201  # what is continued is not counted twice
    assert used(small) == 600


def test_uploads_at_the_same_time_count_as_a_whole(server: Server, small: Client) -> None:
    first, second = os.urandom(600), os.urandom(600)
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        head = f"PUT /v1/blobs/{sha(first)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        head += f"Authorization: Bearer {small.token}\r\nContent-Length: 600\r\n\r\n"
        slow.sendall(head.encode() + first[:10])
        deadline = time.monotonic() + 10
        while used(small) != 600:
            assert time.monotonic() < deadline
        answer = small.ask("PUT", f"/v1/blobs/{sha(second)}", second)
        assert (answer.status, answer.code) == (429, "stored_limit")


def test_uploads_are_counted_by_the_minute(data: Path) -> None:
    with running(data, "--limit", "uploads_a_minute=2") as own:
        clients = [Client(own.port, invited(data, name)) for name in ("anna", "ben")]
        answers = [
            clients[0].ask("PUT", f"/v1/blobs/{sha(each)}", each) for each in (b"1", b"2", b"3")
        ]
        assert [answer.status for answer in answers] == [201, 201, 429]
        assert answers[2].code == "too_many_uploads" and answers[2].headers["Retry-After"] == "10"
        assert clients[1].ask("PUT", f"/v1/blobs/{sha(b'1')}", b"1").status == 201
        for client in clients:
            client.close()


def test_a_blob_whose_file_is_gone_is_uploaded_again(server: Server, anna: Client) -> None:
    """As after an older store was put back."""
    data = os.urandom(1000)
    name = sha(data)
    assert anna.ask("PUT", f"/v1/blobs/{name}", data).status == 201
    (server.data / "blobs" / name[:2] / name).unlink()
    assert anna.ask("HEAD", f"/v1/blobs/{name}").status == 404
    assert anna.get(f"/v1/blobs/{name}/upload").json == {"received": 0}
    assert anna.ask("PUT", f"/v1/blobs/{name}", data).status == 201
    assert anna.ask("HEAD", f"/v1/blobs/{name}").status == 200
