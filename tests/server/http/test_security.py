"""What docs/security.md says about the server, line by line."""

from __future__ import annotations

import base64
import http.client
import json
import os
import select
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mti_addon.wire.errors import BadRequest
from mti_backend.server.config import Config
from mti_backend.server.execution.runner import Runner
from mti_backend.server.run import check_address
from tests.server.serving import Client, Server, invited, running

PLACES = (
    *("/v1/me", "/v1/jobs", "/v1/library", "/v1/openapi.json", "/admin", "/v1/nothing", "/"),
    *(f"/v1/jobs/{'a' * 32}", f"/v1/jobs/{'a' * 32}/events", f"/v1/blobs/{'a' * 64}/upload"),
)


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_answered_without_a_token(server: Server, place: str) -> None:
    client = Client(server.port, "")
    for value in (
        "",
        "Bearer",
        "Bearer ",
        f"Basic {base64.b64encode(b'a:b').decode()}",
        "x" * 9999,
    ):
        headers = {"Authorization": value} if value else {}
        connection = client.connect()
        connection.request("GET", place, headers=headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())["error"]
        connection.close()
        assert answer.status in (401, 429) and set(told) == {"code", "values", "sentence", "id"}
        assert "WWW-Authenticate" in answer.headers or answer.status == 429


def test_revoked_and_expired_tokens_are_refused(data: Path) -> None:
    from mti_backend.server.cli import main

    with running(data) as server:
        client = Client(server.port, invited(data, "anna"))
        assert client.get("/v1/me").status == 200
        assert main(["revoke", "anna", "--data", str(data)]) == 0
        assert client.get("/v1/me").status == 401
        old = Client(server.port, invited(data, "ben", days=-1))
        assert old.get("/v1/me").status == 401
        for each in (client, old):
            each.close()


def test_another_user_s_job_is_not_there(anna: Client, ben: Client) -> None:
    job = anna.submit("finish")["id"]
    anna.wait(job)
    for method, place in (
        *(
            ("GET", ""),
            ("DELETE", ""),
            ("POST", "/cancel"),
            ("POST", "/resume"),
            ("GET", "/events"),
        ),
        *(("GET", "/events.json"), ("GET", "/files"), ("GET", "/files/frames/0001.png")),
    ):
        path = f"/v1/jobs/{job}{place}"
        mine = ben.ask(method, path)
        nobody = ben.ask(method, path.replace(job, "0" * 32))
        assert mine.status == nobody.status == 404, path
        assert mine.json["error"]["sentence"] == nobody.json["error"]["sentence"]
    assert job not in ben.get("/v1/jobs").data.decode()
    assert anna.job(job)["state"] == "done"


def test_wrong_tokens_are_slowed_down_and_right_ones_are_not(data: Path) -> None:
    with running(data, "--limit", "failures_a_minute=3") as server:
        wrong, right = Client(server.port, "x" * 43), Client(server.port, invited(data, "anna"))
        assert [wrong.get("/v1/me").status for _ in range(5)] == [401] * 3 + [429] * 2
        assert wrong.get("/v1/me").headers["Retry-After"] == "60"
        assert right.get("/v1/me").status == 200
        wrong.close()
        right.close()


def refused(port: int, source: str, *forwarded: str) -> int:
    """The status for a wrong token that comes from an address of this machine, and says that it was
    forwarded."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=20, source_address=(source, 0)
    )
    connection.putrequest("GET", "/v1/me")
    connection.putheader("Authorization", "Bearer wrong")
    for each in forwarded:
        connection.putheader("X-Forwarded-For", each)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def refused_addresses(data: Path) -> list[str]:
    lines = [json.loads(line) for line in (data / "audit.log").read_text().splitlines()]
    return [line["from"] for line in lines if line["action"] == "refused"]


@pytest.mark.skipif(sys.platform != "linux", reason="only there, all of 127/8 is this machine's")
def test_only_a_proxy_on_this_machine_is_believed(data: Path) -> None:
    with running(data, "--proxy", "--limit", "failures_a_minute=2") as server:
        for _ in range(2):
            assert refused(server.port, "127.0.0.1", "192.0.2.1") == 401
        assert refused(server.port, "127.0.0.1", "192.0.2.1") == 429
        assert refused(server.port, "127.0.0.1", "192.0.2.2") == 401  # counted by itself
        # what a client has sent itself stands before what the proxy adds
        assert refused(server.port, "127.0.0.1", "192.0.2.9, 192.0.2.1") == 429
        assert refused(server.port, "127.0.0.1", "192.0.2.9", "192.0.2.1") == 429
        # from elsewhere, the header counts for nothing
        for number in range(2):
            assert refused(server.port, "127.0.0.2", f"192.0.2.{10 + number}") == 401
        assert refused(server.port, "127.0.0.2", "192.0.2.12") == 429
        assert refused_addresses(data) == [*["192.0.2.1"] * 2, "192.0.2.2", *["127.0.0.2"] * 2]


def test_without_a_proxy_nobody_is_believed(data: Path) -> None:
    with running(data, "--limit", "failures_a_minute=1") as server:
        assert refused(server.port, "127.0.0.1", "192.0.2.1") == 401
        assert refused(server.port, "127.0.0.1", "192.0.2.2") == 429
        assert refused_addresses(data) == ["127.0.0.1"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "127.0.0.1.evil.example"])
def test_only_its_own_names_are_answered(anna: Client, host: str) -> None:
    answer = anna.get("/v1/me", Host=host)
    assert answer.status == 400


def test_two_hosts_are_one_too_many(server: Server, anna: Client) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        lines = "GET /v1/me HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n"
        connection.sendall(f"{lines}Authorization: Bearer {anna.token}\r\n\r\n".encode())
        assert b" 400 " in connection.recv(1000)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1"])
def test_web_pages_are_refused_even_with_a_token(anna: Client, origin: str) -> None:
    answer = anna.get("/v1/me", Origin=origin)
    assert (answer.status, answer.code) == (403, "origin_refused")
    assert not any(name.lower().startswith("access-control") for name in answer.headers)
    assert anna.ask("OPTIONS", "/v1/me", None, {"Origin": origin}).status == 403


def test_a_token_in_the_address_counts_for_nothing(server: Server, anna: Client) -> None:
    nobody = Client(server.port, "")
    assert nobody.get(f"/v1/me?token={anna.token}&access_token={anna.token}").status in (401, 429)
    nobody.close()


@pytest.mark.parametrize(
    "name",
    [
        *(
            "..%2F..%2Frequest.json",
            "../request.json",
            "..%2f..%2f..%2fserver.db",
            "%2Fetc%2Fpasswd",
        ),
        *("manifest.json%00", "frames/../frames/0001.png", "frames", "frames/", "", "log.txt"),
    ],
)
def test_only_names_of_the_manifest_are_served(anna: Client, done: str, name: str) -> None:
    assert anna.get(f"/v1/jobs/{done}/files/frames/0001.png").status == 200
    assert anna.get(f"/v1/jobs/{done}/files/{name}").status == 404


def test_a_link_in_the_results_leads_nowhere(server: Server, anna: Client) -> None:
    job = anna.submit("finish")["id"]
    anna.wait(job)
    path = server.data / "jobs" / job / "output" / "frames" / "0001.png"
    deadline = time.monotonic() + 5
    while not path.exists():
        assert time.monotonic() < deadline
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert anna.get(f"/v1/jobs/{job}/files/frames/0001.png").status == 404


def test_others_are_not_served_without_tls() -> None:
    for host in ("0.0.0.0", "192.168.1.5", "::", "studio.example"):
        with pytest.raises(BadRequest, match="could read every token"):
            check_address(Config(data=Path("x"), host=host, tls=False))
        check_address(Config(data=Path("x"), host=host))
    for host in ("127.0.0.1", "::1", "localhost"):
        check_address(Config(data=Path("x"), host=host, tls=False))


def test_it_listens_on_this_machine_alone_by_default() -> None:
    assert Config(data=Path("x")).host == "127.0.0.1" and Config(data=Path("x")).tls


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("tls") / "data", "--tls") as found:
        yield found


def test_the_certificate_is_pinned(secure: Server) -> None:
    pem = ssl.get_server_certificate(("127.0.0.1", secure.port))
    import hashlib

    der = ssl.PEM_cert_to_DER_cert(pem)
    assert hashlib.sha256(der).hexdigest() == secure.status["fingerprint"]
    assert str(secure.status["url"]).startswith("https://127.0.0.1:")
    pinned = ssl.create_default_context(cadata=pem)
    client = Client(secure.port, invited(secure.data, "anna"), pinned)
    assert client.get("/v1/me").status == 200
    client.close()
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger = Client(secure.port, "x", ssl.create_default_context())
        stranger.get("/v1/me")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_tls_is_refused(secure: Server) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", secure.port)) as plain:
        with pytest.raises(ssl.SSLError), context.wrap_socket(plain):
            pass


def test_http_on_the_tls_port_gets_nothing(secure: Server) -> None:
    with socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain:
        plain.sendall(b"GET /v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            assert b"200" not in plain.recv(1000)
        except ConnectionResetError:
            pass


def test_the_certificate_stays_the_same(secure: Server) -> None:
    from mti_backend.server.tls import fingerprint, own_certificate

    certificate, key = own_certificate(secure.data / "tls", "another", ("names",))
    assert fingerprint(certificate) == secure.status["fingerprint"]
    assert key.stat().st_mode & 0o077 == 0


def test_nobody_else_on_the_machine_can_read_the_data(tmp_path: Path) -> None:
    from mti_backend.server.files.places import Places

    places = Places(tmp_path / "data")
    assert all(path.stat().st_mode & 0o077 == 0 for path in [places.data, *places.data.iterdir()])


def test_no_token_is_in_any_file(server: Server, user: Callable[..., Client]) -> None:
    client = user("carla")
    client.get("/v1/me")
    client.submit("finish")
    client.get(f"/v1/me?token={client.token}")
    wrong = Client(server.port, "wrong-" + client.token)
    wrong.get("/v1/me")
    wrong.close()
    files = [path for path in server.data.rglob("*") if path.is_file()]
    assert (server.data / "audit.log") in files
    log = server.data.with_name(f"{server.data.name}.log")
    for path in [*files, log]:
        if path.exists():
            assert client.token.encode() not in path.read_bytes(), path
    command = Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
    assert client.token.encode() not in command


def test_what_is_done_is_in_the_audit_log(server: Server, anna: Client) -> None:
    job = anna.submit("finish")["id"]
    anna.wait(job)
    anna.ask("DELETE", f"/v1/jobs/{job}")
    lines = [json.loads(line) for line in (server.data / "audit.log").read_text().splitlines()]
    own = [(each["action"], each["user"]) for each in lines if each.get("job") == job]
    assert own == [("submit", "anna"), ("delete", "anna")]
    assert all(each["from"] == "127.0.0.1" for each in lines if each.get("job") == job)


def test_a_runner_gets_none_of_the_server_s_secrets() -> None:
    environ = {
        "HF_TOKEN": "hf_x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "MTI_SERVER_DATA": "/srv",
        "https_proxy": "http://proxy",
        "PYTHONPATH": "/evil",
        "LD_PRELOAD": "/evil.so",
        "PATH": "/bin",
        "CUDA_VISIBLE_DEVICES": "0,1",
        "MTI_MODELS_DIR": "/models",
    }
    found = Runner().environment(environ, "cuda:1")
    assert not {"HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "MTI_SERVER_DATA", "https_proxy"} & set(found)
    assert "LD_PRELOAD" not in found and "/evil" not in found["PYTHONPATH"]
    assert (found["MTI_DEVICE"], found["MTI_MODELS_DIR"]) == ("cuda:1", "/models")
    assert found["HF_HUB_OFFLINE"] == "1"


def test_a_fault_shows_no_traceback(data: Path) -> None:
    """The store's tables vanish under the server, which nothing in it expects."""
    from mti_backend.server.store.database import connect

    with running(data) as server:
        client = Client(server.port, invited(data, "anna"))
        assert client.get("/v1/me").status == 200
        db = connect(data / "server.db")
        db.pragma("foreign_keys", False)
        db.execute("DROP TABLE jobs")
        db.close()
        answer = client.get("/v1/jobs")
        error = answer.json["error"]
        assert (answer.status, error["code"]) == (500, "server_fault")
        assert b"Traceback" not in answer.data and b"jobs" not in answer.data
        log = data.with_name("data.log").read_text()
        assert error["id"] in log and "Traceback" in log
        client.close()


def test_a_header_that_never_ends_is_cut_off(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(b"GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX: ")
        try:
            for _ in range(100):
                connection.sendall(os.urandom(512).hex().encode())
                time.sleep(0.001)
            assert b" 400 " in connection.recv(1000)
        except (BrokenPipeError, ConnectionResetError):
            pass


def drip(port: int, path: str, token: str, pieces: int, size: int) -> tuple[int, str, float]:
    """Send a body of 4000 bytes in pieces, one each fifth of a second; (status, code, seconds)."""
    method = "PUT" if "blobs" in path else "POST"
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: 12345678\r\n"
    head += f"Authorization: Bearer {token}\r\nContent-Length: 4000\r\n\r\n"
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head.encode())
        for _ in range(pieces):
            connection.sendall(b"x" * size)
            if select.select([connection], [], [], 0.2)[0]:
                break
        response = http.client.HTTPResponse(connection)
        response.begin()
        code = json.loads(response.read())["error"]["code"]
        return response.status, code, time.monotonic() - began


def test_a_body_that_comes_too_slowly_is_refused(data: Path) -> None:
    blob = f"/v1/blobs/{'a' * 64}"
    with running(data, "--limit", "body_seconds=1", "--limit", "body_rate=500") as server:
        token = invited(data, "anna")
        for path, pieces, size in (
            *((blob, 1, 1), (blob, 40, 80)),  # it stops; it is just too slow
            *((path, 40, 1) for path in (blob, "/v1/jobs", "/v1/library")),
        ):
            status, code, seconds = drip(server.port, path, token, pieces, size)
            assert (status, code) == (408, "too_slow") and 0.9 < seconds < 8
        status, _, seconds = drip(server.port, blob, token, 20, 200)  # as on a bad line
        assert status == 422 and seconds > 2  # it has arrived, and is wrong


def test_nonsense_ends_a_connection_and_not_the_server(server: Server, anna: Client) -> None:
    for data in (b"\0" * 100, b"\x16\x03\x01" + os.urandom(200), b"GET\r\n\r\n", b"\r\n" * 50):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            try:
                answer = connection.recv(1000)
            except ConnectionResetError:
                continue
            assert not answer or b" 400 " in answer
    assert anna.get("/v1/me").status == 200


def test_requests_smuggled_into_others_are_refused(server: Server, anna: Client) -> None:
    head = f"Host: localhost\r\nAuthorization: Bearer {anna.token}\r\n"
    for lengths in ("Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: +5\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(f"POST /v1/library HTTP/1.1\r\n{head}{lengths}\r\nhello".encode())
            answer = connection.recv(1000)
            assert b" 400 " in answer or b" 411 " in answer


def test_no_cookie_and_no_cache(anna: Client) -> None:
    answer = anna.get("/v1/me")
    assert answer.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Server" not in answer.headers


def test_websockets_are_refused(server: Server, anna: Client) -> None:
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    answer = anna.ask(
        "GET", "/v1/me", None, headers | {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    )
    assert answer.status != 101


def test_connections_are_counted(server: Server) -> None:
    """Many that say nothing do not keep a new one from being answered."""
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/v1/me")
        assert connection.getresponse().status in (401, 429)
        connection.close()
    finally:
        for each in idle:
            each.close()
