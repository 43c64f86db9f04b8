"""A small studio's server for tests of those who speak to one: real HTTPS on loopback.

It keeps docs/http.md as far as Blender uses it. Its jobs are real job folders, worked on by the
fake runner; what it has is in a folder, so that it can be stopped and started again. Tests cut its
connections, have it answer wrongly, and read what it was asked.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import ssl
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mti_addon.client import launch
from mti_addon.client.jobs.follow import Follower
from mti_addon.wire import JobFolder, Request, create_job, files
from mti_addon.wire.request import PROTOCOL
from tests.client.remote.certificate import certificate
from tests.fake_runner import FAKE, end_runners

TOKEN = "Zm9yLXRlc3RzLW9ubHktMDEyMzQ1Njc4OQ"
PHASES = {"waiting": "queued", "queued": "queued", "dead": "failed", "paused": "cancelled"}


class StudioServer(ThreadingHTTPServer):
    """The server; `data` outlives it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, data: Path, port: int = 0, tls: bool = True, name: str = "studio") -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.data, self.port = data, self.server_address[1]
        self.fingerprint = ""
        self.context: ssl.SSLContext | None = None
        if tls:
            pem, self.fingerprint = certificate(name)
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(pem)
        self.log: list[tuple[str, str, int]] = []
        """Method, path and status of each request."""
        self.sent: list[bytes] = []
        """What arrived, headers and bodies, before anything was answered."""
        self.fault: Callable[[Handler], bool] = lambda _handler: False
        """Called before a request is handled; True: it has dealt with it."""
        self.hold = False
        """Whether jobs wait in the queue."""
        self.no_sse = False
        """Whether something on the way holds back the events."""
        self.mode = "bare"
        """How the fake runner behaves."""
        self.places: list[int] = [3]
        self.protocol = PROTOCOL
        self.heartbeat = 15.0
        self.open: set[socket.socket] = set()
        for each in ("blobs", "jobs", "library"):
            (data / each).mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()

    @property
    def pairing(self) -> str:
        return f"mti1:127.0.0.1:{self.port}#{self.fingerprint}#{TOKEN}"

    def get_request(self) -> tuple[socket.socket, Any]:
        plain, address = super().get_request()
        self.open.add(plain)
        return plain, address

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.context is not None:
            request.settimeout(10)
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except (OSError, ValueError):
                return
            self.open.add(request)
            request.settimeout(None)
        try:
            self.RequestHandlerClass(request, client_address, self)
        except (OSError, ValueError):
            pass  # it was cut
        finally:
            self.open.discard(request)
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that is cut is no news."""

    def cut(self) -> None:
        """Cut all connections, as a network does."""
        for each in list(self.open):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)
        self.open.clear()

    def start(self) -> StudioServer:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """End it as a kill does: without a word."""
        self.shutdown()
        self.server_close()
        self.cut()

    # what it knows

    def keys(self) -> dict[str, Any]:
        try:
            known: dict[str, Any] = json.loads((self.data / "keys.json").read_text())
        except FileNotFoundError:
            return {}
        return known

    def folder(self, job: str) -> JobFolder:
        return JobFolder(self.data / "jobs" / job)

    def job(self, job: str) -> dict[str, Any]:
        folder = self.folder(job)
        phase = Follower(folder).catch_up().phase
        state = PHASES.get(phase, "running" if phase == "stuck" else phase)
        key = next((key for key, value in self.keys().items() if value["job"] == job), "")
        position = self.places[0] if state == "queued" else None
        wait, seq = 12.5 if position else None, len(self.lines(job))
        return {"id": job, "key": key, "state": state, "position": position, "attempt": 1,
                "wait_seconds": wait, "seq": seq}  # fmt: skip

    def lines(self, job: str) -> list[str]:
        try:
            data = self.folder(job).events_file.read_text()
        except FileNotFoundError:
            return []
        return data.split("\n")[:-1]

    def submit(self, key: str, request: dict[str, Any], inputs: dict[str, str]) -> tuple[int, Any]:
        with self.lock:
            known = self.keys()
            mark = hashlib.sha256(json.dumps([request, inputs]).encode()).hexdigest()
            if key in known:
                same = known[key]["mark"] == mark
                return (200, {"job": self.job(known[key]["job"])}) if same else (409, None)
            job = uuid.uuid4().hex
            wanted = Request.from_json(json.dumps(request))
            assert wanted.inputs == inputs
            sources = {name: self.data / "blobs" / sha for name, sha in inputs.items()}
            if not all(path.is_file() for path in sources.values()):
                return 422, None
            create_job(self.data / "jobs", replace(wanted, job=job, inputs={}), sources)
            known[key] = {"job": job, "mark": mark}
            files.write_atomic(self.data / "keys.json", json.dumps(known).encode())
        if not self.hold:
            self.launch(job)
        return 201, {"job": self.job(job)}

    def launch(self, job: str) -> None:
        extra = {"PYTHONPATH": f"{FAKE}:{FAKE.parents[1]}"}
        extra |= {"MTI_FAKE_PAUSE": "0.15"}  # of the slow one
        extra |= {"MTI_FAKE": self.mode} if self.mode else {}
        launch(sys.executable, FAKE, self.folder(job), extra)

    def release(self) -> None:
        """Start what waits."""
        self.hold = False
        for each in self.keys().values():
            if self.job(each["job"])["state"] == "queued":
                self.launch(each["job"])


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: StudioServer

    def log_message(self, *args: object) -> None:
        """Nothing."""

    def send_response(self, code: int, message: str | None = None) -> None:
        self.server.log.append((self.command, self.path, code))
        super().send_response(code, message)

    def do_GET(self) -> None:
        self.body = b""
        size = int(self.headers.get("Content-Length") or 0)
        if size and self.command != "PUT":
            self.body = self.rfile.read(size)
        self.server.sent.append(f"{self.requestline}\n{self.headers}".encode() + self.body)
        if self.server.fault(self):
            return
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer(401, {"error": {"code": "token", "sentence": "No.", "id": "1"}})
        assert self.headers["User-Agent"].startswith("mti-relay/")
        parts = urlsplit(self.path)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        match self.command, parts.path.removeprefix("/v1/").split("/"):
            case "GET", ["me"]:
                self.answer(200, self.me())
            case "HEAD", ["blobs", sha]:
                self.answer(200 if (self.server.data / "blobs" / sha).is_file() else 404)
            case "GET", ["blobs", sha, "upload"]:
                part = self.server.data / "blobs" / f"{sha}.part"
                self.answer(200, {"received": part.stat().st_size if part.is_file() else 0})
            case "PUT", ["blobs", sha]:
                self.put(sha, size)
            case "POST", ["jobs"]:
                value = json.loads(self.body)
                key = self.headers["Idempotency-Key"]
                self.answer(*self.server.submit(key, value["request"], value["inputs"]))
            case "GET", ["jobs"]:
                known = [self.server.job(each["job"]) for each in self.server.keys().values()]
                self.answer(200, {"jobs": known})
            case _, ["jobs", job, *_] if not self.server.folder(job).path.is_dir():
                self.answer(404)
            case "GET", ["jobs", job]:
                self.answer(200, self.server.job(job))
            case "POST", ["jobs", job, "cancel"]:
                self.server.folder(job).ask_cancel()
                self.answer(202, {})
            case "POST", ["jobs", job, "resume"]:
                self.server.folder(job).cancel_file.unlink(missing_ok=True)
                self.server.launch(job)
                self.answer(202, {})
            case "DELETE", ["jobs", job]:
                files.remove_folder(self.server.folder(job).path)
                self.answer(204)
            case "GET", ["jobs", job, "events"]:
                self.events(job, int(asked.get("after", 0)))
            case "GET", ["jobs", job, "events.json"]:
                self.page(job, int(asked["after"]), float(asked["wait"]))
            case "GET", ["jobs", job, "live"]:
                pictures = sorted(self.server.folder(job).live_dir.glob("*.png"))
                self.file(pictures[-1]) if pictures else self.answer(404)
            case "GET", ["jobs", job, "files"]:
                self.answer(200, {"files": self.listed(job)})
            case "GET", ["jobs", job, "files", *name]:
                self.file(self.server.folder(job).output_dir / "/".join(name))
            case _, ["library", *rest]:
                self.library(rest, asked)
            case _:
                self.answer(404)

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET

    def answer(self, status: int, value: Any = None, headers: dict[str, str] | None = None) -> None:
        error = {"error": {"code": "x", "sentence": "It does not work.", "id": "7"}}
        data = json.dumps(error if value is None and status >= 400 else value or {}).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Length", "0" if status == 204 else str(len(data)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(data)

    def me(self) -> dict[str, Any]:
        costs = {"learn": 42.0, "apply": 6.0}
        draft = {"model": "draft", "available": True, "why_not": None, "slots": 1, "free": 1,
                 "queued": 0, "wait_seconds": 0, "seconds_per_job": costs}  # fmt: skip
        no = {"model": "svd", "available": False, "why_not": "No GPU.", "slots": 0, "free": 0,
              "queued": 0, "wait_seconds": None, "seconds_per_job": None}  # fmt: skip
        return {"user": "anna", "server_version": "0.2.0", "protocol": self.server.protocol,
                "api": 1, "capabilities": [], "engines": [draft, no], "limits": {}}  # fmt: skip

    def put(self, sha: str, size: int) -> None:
        place = self.server.data / "blobs" / sha
        if "Content-Range" in self.headers:
            span, _, total = self.headers["Content-Range"].removeprefix("bytes ").partition("/")
            part = place.with_name(f"{sha}.part")
            begin = part.stat().st_size if part.is_file() else 0
            if begin != int(span.split("-")[0]):
                self.rfile.read(size)
                return self.answer(409)
            with open(part, "ab") as stream:
                while size and (piece := self.rfile.read(min(size, 50_000))):
                    stream.write(piece)
                    stream.flush()
                    size -= len(piece)
            if part.stat().st_size < int(total):
                return self.answer(202, {"received": part.stat().st_size})
            data = part.read_bytes()
            part.unlink()
        else:
            data = self.rfile.read(size)
            if len(data) < size:
                return
        if hashlib.sha256(data).hexdigest() != sha:
            return self.answer(422)
        files.write_atomic(place, data)
        self.answer(201, {})

    def events(self, job: str, after: int) -> None:
        assert self.headers["Last-Event-ID"] == str(after)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        if self.server.no_sse:
            time.sleep(60)
            return
        self.close_connection = True
        self.wfile.write(b": hello\n\n")
        beat, place = time.monotonic(), 0
        while True:
            for number, line in enumerate(self.server.lines(job), 1):
                if number > after:
                    self.wfile.write(f"id: {number}\ndata: {line}\n\n".encode())
                    after = number
            about = self.server.job(job)
            if about["state"] == "queued" and about["position"] != place:
                place = about["position"]
                told = json.dumps({"position": place, "wait_seconds": 12.5})
                self.wfile.write(f"event: queue\ndata: {told}\n\n".encode())
            final = about["state"] in ("done", "failed", "cancelled")
            if final and after >= len(self.server.lines(job)):
                return
            if time.monotonic() - beat > self.server.heartbeat:
                beat = time.monotonic()
                self.wfile.write(b": heartbeat\n\n")
            time.sleep(0.02)

    def page(self, job: str, after: int, wait: float) -> None:
        until = time.monotonic() + wait
        while len(self.server.lines(job)) <= after and time.monotonic() < until:
            time.sleep(0.02)
        lines = self.server.lines(job)
        found = [{"seq": n, "line": line} for n, line in enumerate(lines, 1) if n > after]
        done = self.server.job(job)["state"] in ("done", "failed", "cancelled")
        self.answer(200, {"events": found, "done": done})

    def listed(self, job: str) -> list[dict[str, Any]]:
        output = self.server.folder(job).output_dir
        return [
            {"name": name, "bytes": (output / name).stat().st_size, "sha256": sha}
            for name, sha in self.server.folder(job).manifest().items()
        ]

    def file(self, path: Path) -> None:
        if not path.is_file():
            return self.answer(404)
        data = path.read_bytes()
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        for place in range(begin, len(data), 20_000):
            self.wfile.write(data[place : place + 20_000])

    def library(self, rest: list[str], asked: dict[str, str]) -> None:
        folder = self.server.data / "library"
        match self.command, rest:
            case "GET", []:
                known = sorted(folder.glob("*.json"))
                found = [json.loads(each.read_text()) for each in known]
                found = [m for m in found if asked.get("query", "").lower() in m["name"].lower()]
                self.answer(200, {"motions": found, "next": None})
            case "POST", []:
                blob = self.server.data / "blobs" / json.loads(self.body)["sha256"]
                name = uuid.uuid4().hex[:8]
                (folder / f"{name}.motion").write_bytes(blob.read_bytes())
                about = {"id": name, "name": name, "kind": "BODY", "tags": [], "author": "anna",
                         "engines": ["draft"], "bytes": blob.stat().st_size}  # fmt: skip
                (folder / f"{name}.json").write_text(json.dumps(about))
                self.answer(201, {"id": name})
            case "GET", [name, part]:
                self.file(folder / f"{name}.{part}")
            case _:
                self.answer(404)


@contextlib.contextmanager
def serving(data: Path, **options: Any) -> Iterator[StudioServer]:
    """A server that runs while the block does; its runners are ended, too."""
    server = StudioServer(data, **options).start()
    try:
        yield server
    finally:
        server.stop()
        end_runners(data / "jobs")
