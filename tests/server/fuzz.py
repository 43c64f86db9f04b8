"""Sends requests that nobody would: odd paths, headers, bodies and bytes, with and without a token.

    python -m tests.server.fuzz REQUESTS [--seed N]

The server must answer or hang up, never with a fault, and still be there at the end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from mti_backend.server.http.openapi import description
from tests.server.serving import Client, Server, invited, job_of, running

METHODS = ("GET", "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE", "BREW")
TEXTS = (
    *("", "0", "-1", "1e999", "null", "a" * 32, "0" * 64, "%00", "%2e%2e%2f", "..", "/", "\u00e4"),
    *("' OR 1=1 --", "\U0001f480", "A" * 5000, "%ff%fe", "${x}", "{{7*7}}", "bytes=0-", "*"),
)
NUMBERS = ("0", "1", "-1", "99999999999999999999", "1.5", "0x10", " 1", "1 ", "+1", "1_0", "\u0663")
HEADERS = (
    *("Content-Range", "Range", "Idempotency-Key", "Last-Event-ID", "Host", "Origin", "Expect"),
    *("Content-Type", "Transfer-Encoding", "Accept-Encoding", "X-Forwarded-For", "Cookie"),
)


class Fuzzer:
    """Makes requests, from a seed."""

    def __init__(self, server: Server, seed: int) -> None:
        self.random = random.Random(seed)
        self.port = server.port
        self.tokens = [invited(server.data, name) for name in ("anna", "ben")]
        client = Client(server.port, self.tokens[0])
        self.jobs = [client.submit("finish")["id"] for _ in range(2)]
        self.blob = client.upload(b"something")
        client.wait(self.jobs[0])
        client.close()
        self.paths = list(description()["paths"]) + ["/admin", "/", "/v1", "//", "/v1/jobs/"]
        self.body = job_of("finish")[1]
        self.statuses: Counter[str] = Counter()

    def text(self) -> str:
        if self.random.random() < 0.2:
            return "".join(chr(self.random.randrange(1, 0x2FF)) for _ in range(20))
        return self.random.choice(TEXTS + NUMBERS)

    def path(self) -> str:
        path = self.random.choice(self.paths)
        known = {"{id}": self.random.choice(self.jobs), "{sha256}": self.blob}
        for name in ("{id}", "{sha256}", "{name}"):
            good = self.random.random() < 0.6 and name in known
            path = path.replace(name, known[name] if good else self.text())
        if self.random.random() < 0.3:
            names = ("after", "wait", "query", "kind", self.text())
            path += f"?{self.random.choice(names)}={self.text()}"
        return path

    def value(self, value: Any, depth: int = 0) -> Any:
        """A JSON value like another one, with something wrong in it."""
        if self.random.random() < 0.1 or depth > 8:
            odd = (None, True, -1, 1e300, "", [], {}, "\ud800", [[]] * 50, 2**70, self.text())
            return self.random.choice(odd)
        if isinstance(value, dict):
            found = {k: self.value(v, depth + 1) for k, v in value.items()}
            return {k: v for k, v in found.items() if self.random.random() > 0.02}
        return value

    def data(self) -> bytes:
        kind = self.random.randrange(5)
        if kind == 0:
            return b""
        if kind == 1:
            return self.random.randbytes(self.random.randrange(200))
        text = json.dumps(self.value(self.body), ensure_ascii=True).encode()
        if kind == 2:
            return text[: self.random.randrange(len(text) + 1)]
        return text

    def request(self) -> bytes:
        """A request's bytes; most are HTTP."""
        if self.random.random() < 0.03:
            return self.random.randbytes(self.random.randrange(1, 300)) + b"\r\n\r\n"
        body = self.data()
        token = self.random.choice([*self.tokens, *self.tokens, "x", self.text()])
        method, path = self.random.choice(METHODS), self.path()
        if self.random.random() < 0.1:
            method, path = "PUT", f"/v1/blobs/{hashlib.sha256(body).hexdigest()}"
        elif self.random.random() < 0.1:
            method, path = "POST", "/v1/jobs"
        lines = [f"{method} {path} HTTP/1.1"]
        headers = {"Host": "localhost", "Authorization": f"Bearer {token}"}
        headers["Content-Length"] = str(len(body))
        for _ in range(self.random.choice((0, 0, 0, 1, 2))):
            headers[self.random.choice(HEADERS)] = self.text()
        if self.random.random() < 0.3:
            headers["Idempotency-Key"] = hashlib.sha256(body).hexdigest()
        if self.random.random() < 0.05:
            headers["Content-Length"] = self.random.choice(NUMBERS)
        lines += [f"{name}: {value}" for name, value in headers.items()]
        clean = [line.replace("\r", " ").replace("\n", " ") for line in lines]
        return "\r\n".join(clean).encode("utf-8", "replace") + b"\r\n\r\n" + body

    def send(self, count: int) -> None:
        """Send requests over connections that are used until they break."""
        done = 0
        while done < count:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                connection.settimeout(0.2)
                while done < count:
                    done += 1
                    if not self.one(connection):
                        break

    def one(self, connection: socket.socket) -> bool:
        """Send a request; False if the connection cannot be used again."""
        request = self.request()
        try:
            connection.sendall(request)
            answer = connection.recv(65536)
        except TimeoutError:  # it waits for the rest of a body that was announced, or for events
            self.statuses["waits"] += 1
            return False
        except OSError:
            self.statuses["hangs up"] += 1
            return False
        if not answer:
            self.statuses["hangs up"] += 1
            return False
        status = answer.split(b" ", 2)[1].decode("latin-1") if b" " in answer else "?"
        self.statuses[status] += 1
        assert status != "500" and b"Traceback" not in answer, (request, answer)
        head, _, rest = answer.partition(b"\r\n\r\n")
        lengths = [v for v in head.split(b"\r\n") if v.lower().startswith(b"content-length:")]
        whole = bool(lengths) and len(rest) == int(lengths[0].split(b":")[1])
        return (
            whole and b"connection: close" not in head.lower() and not request.startswith(b"HEAD")
        )


def run(requests: int, seed: int, folder: Path) -> Counter[str]:
    """Fuzz a server of its own; returns how often each status was answered."""
    limit = ("--limit", "failures_a_minute=1000000000", "--limit", "uploads_a_minute=1000000000")
    with running(folder / "data", *limit) as server:
        fuzzer = Fuzzer(server, seed)
        fuzzer.send(requests)
        client = Client(server.port, fuzzer.tokens[0])
        assert client.get("/v1/me").status == 200
        assert client.wait(client.submit("finish")["id"])["state"] == "done"
        client.close()
        assert server.stop() == 0
    log = (folder / "data.log").read_text()
    assert "Traceback" not in log and "fault" not in log, log[-3000:]
    return fuzzer.statuses


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("requests", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = run(options.requests, options.seed, Path(folder))
    seconds = time.monotonic() - began
    print(f"{options.requests} requests in {seconds:.0f} s: {dict(found.most_common())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
