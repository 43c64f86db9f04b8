"""Real servers for tests, and a small client that says what the API wants to hear."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mti_addon.wire import codec
from mti_addon.wire.request import Request
from mti_backend.server.store import users
from mti_backend.server.store.database import connect, prepare, transaction
from tests.fake_runner.mti_backend.__main__ import png
from tests.wire.examples import make_request

ROOT = Path(__file__).parents[2]
PNG = png(16, 16, (200, 100, 50))


@dataclass
class Server:
    """A server's process."""

    data: Path
    process: subprocess.Popen[str]
    status: dict[str, Any]

    @property
    def port(self) -> int:
        return int(self.status["port"])

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.process.wait(30)


def start(
    data: Path,
    *options: str,
    module: str = "tests.server.start",
    within: Sequence[str] = (),
) -> Server:
    """Start a server, and wait until it answers. `within`: a command that starts commands."""
    log = open(data.with_name(f"{data.name}.log"), "ab")
    process = subprocess.Popen(
        [*within, sys.executable, "-m", module, str(data), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    log.close()
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.stdout.close()
        process.wait(30)
        raise AssertionError(data.with_name(f"{data.name}.log").read_text()[-2000:])
    return Server(data, process, json.loads(line))


@contextlib.contextmanager
def running(data: Path, *options: str) -> Iterator[Server]:
    """A server that is stopped at the end, with its runners."""
    server = start(data, *options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()
        assert server.process.stdout is not None
        server.process.stdout.close()
        end_runners(data)


def end_runners(data: Path) -> None:
    """Kill the runners that a server has left."""
    from mti_addon.wire.owner import process_identity, read_owner

    paths = [path for name in ("owner", "launched") for path in data.glob(f"*/*/{name}.json")]
    for path in [*paths, *data.glob("spool/*/*/owner.json"), *data.glob("spool/*/*/launched.json")]:
        owner = read_owner(path)
        if owner is not None and process_identity(owner.pid) == owner.create_time:
            with contextlib.suppress(ProcessLookupError):
                os.kill(owner.pid, signal.SIGKILL)


def invited(data: Path, name: str, admin: bool = False, days: float = 1.0) -> str:
    """A new token."""
    path = data / "server.db"
    db = connect(path)
    prepare(db, path)
    with transaction(db):
        token = users.invite(db, name, days, admin)
    db.close()
    return token


class Answer:
    """What the server said."""

    def __init__(self, response: http.client.HTTPResponse, data: bytes) -> None:
        self.status, self.data = response.status, data
        self.headers = response.headers

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def code(self) -> str:
        """The error's code."""
        return str(self.json["error"]["code"])


class Client:
    """One user's connection."""

    def __init__(self, port: int, token: str, context: ssl.SSLContext | None = None) -> None:
        self.port, self.token, self._context = port, token, context
        self._connection: http.client.HTTPConnection | None = None

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own."""
        if self._context is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=60, context=self._context
        )

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "User-Agent": "mti-relay/0.2.0"}

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = {},
    ) -> Answer:
        """Send one request, over a connection that is kept."""
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = self.connect()
            try:
                self._connection.request(method, path, body, {**self.headers(), **headers})
                response = self._connection.getresponse()
                return Answer(response, response.read())
            except (OSError, http.client.HTTPException):
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, {k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, path: str, value: Any = None, **headers: str) -> Answer:
        body = b"" if value is None else json.dumps(value).encode()
        return self.ask("POST", path, body, {k.replace("_", "-"): v for k, v in headers.items()})

    def upload(self, data: bytes) -> str:
        """Upload a blob unless it is there; its sha256."""
        sha256 = hashlib.sha256(data).hexdigest()
        if self.ask("HEAD", f"/v1/blobs/{sha256}").status != 200:
            answer = self.ask("PUT", f"/v1/blobs/{sha256}", data)
            assert answer.status == 201, answer.data
        return sha256

    def submit(self, name: str = "finish", task: str = "learn+apply", **of: Any) -> dict[str, Any]:
        """Upload and submit a job whose runner behaves as the first word of its name says."""
        request, body = job_of(name, task, **of)
        for data in contents(request).values():
            self.upload(data)
        answer = self.post("/v1/jobs", body, Idempotency_Key=request.job)
        assert answer.status == 201, answer.data
        found: dict[str, Any] = answer.json
        return found

    def job(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/v1/jobs/{job}").json
        return found

    def wait(self, job: str, *states: str, seconds: float = 60.0) -> dict[str, Any]:
        """Wait until the job is in one of the states, else until it is final."""
        wanted = states or ("done", "failed", "cancelled")
        end = time.monotonic() + seconds
        while True:
            found = self.job(job)
            if found["state"] in wanted:
                return found
            assert time.monotonic() < end, found
            time.sleep(0.05)

    def lines(self, job: str) -> list[dict[str, Any]]:
        """All events so far, as JSON."""
        found, after = [], 0
        while True:
            told = self.get(f"/v1/jobs/{job}/events.json?after={after}").json["events"]
            if not told:
                return found
            found += [json.loads(each["line"]) for each in told]
            after = told[-1]["seq"]


def contents(request: Request) -> dict[str, bytes]:
    """Bytes for every input of a request; its pictures differ from job to job."""
    value = int(request.job[:6], 16)
    color = value >> 16, value >> 8 & 255, value & 255
    own = png(16, 16, color)
    return {name: own if name.startswith("target") else PNG for name in request.input_names()}


def job_of(name: str, task: Any = "learn+apply", **of: Any) -> tuple[Request, dict[str, Any]]:
    """A request, and what is sent to submit it. `seed` makes another motion of it."""
    seed = of.pop("seed", None)
    request = make_request(task, name=name, job=uuid.uuid4().hex, **of)
    seed = int(request.job[:7], 16) if seed is None else seed
    inversion = replace(request.settings.inversion, seed=seed)
    request = replace(request, settings=replace(request.settings, inversion=inversion))
    sums = {k: hashlib.sha256(v).hexdigest() for k, v in contents(request).items()}
    request = replace(request, inputs=sums)
    return request, {"request": codec.to_dict(request), "inputs": sums}
