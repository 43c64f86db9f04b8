"""The studio's server under 200 simulated artists, on loopback: requests, event streams, memory.

    python -m benchmarks.server_load [--seconds 10] [--tls] [--out FOLDER]

The server and the artists share the machine. The runners are those of the tests, without a model,
so that the figures are the server's own. An event's latency is from the runner's writing it to an
artist's reading it.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import ssl
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mti_backend.server.store import users
from mti_backend.server.store.database import connect, transaction
from tests.server.serving import Client, Server, contents, job_of, running

ARTISTS = 200
STREAMS = 500
RUNNING = 8
POLLS_A_SECOND = 1.0
"""Of each artist, while the streams are open."""
EVENT_SECONDS = 0.5
"""Between two events of a job, as the backend writes them."""


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass
class Artist:
    """A user with a connection of their own."""

    port: int
    token: str
    context: ssl.SSLContext | None
    reader: asyncio.StreamReader = field(init=False)
    writer: asyncio.StreamWriter = field(init=False)

    async def connect(self) -> None:
        """Open the connection."""
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self.context
        )

    def send(self, path: str, method: str = "GET", body: bytes = b"", more: str = "") -> None:
        """Send a request."""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}"
        head += f"Authorization: Bearer {self.token}\r\nUser-Agent: mti-relay/0.2.0\r\n"
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self.writer.write(f"{head}{length}\r\n".encode() + body)

    async def get(self, path: str) -> bytes:
        """Send a request, and read the answer's body."""
        self.send(path)
        return await self.answer()

    async def submit(self) -> str:
        """Upload the files of a job, and submit it; its id."""
        request, body = job_of("bare")
        for data in set(contents(request).values()):
            self.send(f"/v1/blobs/{hashlib.sha256(data).hexdigest()}", "PUT", data)
            await self.answer()
        key = f"Idempotency-Key: {request.job}\r\n"
        self.send("/v1/jobs", "POST", json.dumps(body).encode(), key)
        return str(json.loads(await self.answer())["id"])

    async def answer(self) -> bytes:
        """Read an answer's body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 20"), head
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        assert length is not None
        return await self.reader.readexactly(int(length[1]))


def invite_all(server: Server, count: int) -> list[str]:
    """Tokens of so many new users."""
    db = connect(server.data / "server.db")
    with transaction(db):
        tokens = [users.invite(db, f"artist{number}", 1) for number in range(count)]
    db.close()
    return tokens


async def measure_requests(artists: list[Artist], paths: list[str], seconds: float) -> list[float]:
    """Each artist asks for a job's state again and again; seconds of every answer."""
    times: list[float] = []
    end = time.monotonic() + seconds

    async def ask(artist: Artist, path: str) -> None:
        while (began := time.monotonic()) < end:
            await artist.get(path)
            times.append(time.monotonic() - began)

    await asyncio.gather(*map(ask, artists, paths))
    return times


async def measure_streams(
    streams: list[tuple[Artist, str]], pollers: list[tuple[Artist, str]], seconds: float
) -> tuple[list[float], list[float]]:
    """Latencies of all events of the streams, and of the requests beside them, in seconds."""
    late: list[float] = []
    asked: list[float] = []
    begin = time.time() + 2.0  # events from before the streams were open do not count
    end = begin + seconds

    async def follow(artist: Artist, path: str) -> None:
        await artist.connect()
        artist.send(path)
        while time.time() < end:
            line = await artist.reader.readline()
            if line.startswith(b"data: ") and b'"time"' in line:
                written = float(json.loads(line[6:])["time"])
                if written > begin:
                    late.append(time.time() - written)
        artist.writer.close()

    async def poll(artist: Artist, path: str, delay: float) -> None:
        await asyncio.sleep(delay)
        while time.time() < end:
            began = time.monotonic()
            await artist.get(path)
            if time.time() > begin:
                asked.append(time.monotonic() - began)
            await asyncio.sleep(1 / POLLS_A_SECOND)

    count = len(pollers)
    await asyncio.gather(
        *(follow(artist, path) for artist, path in streams),
        *(poll(artist, path, i / count) for i, (artist, path) in enumerate(pollers)),
    )
    return late, asked


def memory(pid: int) -> tuple[float, float]:
    """(MiB, seconds of CPU) that a process has used; shared pages count in part."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    pss = re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE)
    assert pss is not None
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(pss[1]) / 1024, (int(fields[11]) + int(fields[12])) / 100


async def load(server: Server, options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything against one running server."""
    context = None
    if options.tls:
        context = ssl.create_default_context(
            cadata=ssl.get_server_certificate(("127.0.0.1", server.port))
        )
    tokens = await asyncio.to_thread(invite_all, server, options.artists)
    clients = [Client(server.port, token, context) for token in tokens[:RUNNING]]
    idle = memory(server.process.pid)
    jobs = [(await asyncio.to_thread(c.submit, "slow"))["id"] for c in clients]
    for client, job in zip(clients, jobs, strict=True):
        await asyncio.to_thread(client.wait, job, "running")
    artists = [Artist(server.port, token, context) for token in tokens]
    await asyncio.gather(*(artist.connect() for artist in artists))
    began = time.monotonic()
    queued = await asyncio.gather(*(artist.submit() for artist in artists))
    submissions = len(queued) / (time.monotonic() - began)
    paths = [f"/v1/jobs/{job}" for job in queued]
    before = memory(server.process.pid)
    times = await measure_requests(artists, paths, options.seconds)
    after = memory(server.process.pid)
    streams = [
        (Artist(server.port, tokens[n % RUNNING], context), f"/v1/jobs/{jobs[n % RUNNING]}/events")
        for n in range(options.streams)
    ]
    pollers = list(zip(artists, paths, strict=True))
    late, asked = await measure_streams(streams, pollers, options.seconds)
    busy = memory(server.process.pid)
    for client in clients:
        client.close()
    for artist in artists:
        artist.writer.close()
    return {
        "artists": options.artists,
        "tls": options.tls,
        "submissions_per_second": submissions,
        "requests_per_second": len(times) / options.seconds,
        "request_ms": {
            "median": 1e3 * percentile(times, 0.5),
            "p99": 1e3 * percentile(times, 0.99),
        },
        "cpu_ms_per_request": 1e3 * (after[1] - before[1]) / len(times),
        "streams": options.streams,
        "events_per_second": len(late) / options.seconds,
        "event_ms": {"median": 1e3 * percentile(late, 0.5), "p99": 1e3 * percentile(late, 0.99)},
        "request_beside_streams_p99_ms": 1e3 * percentile(asked, 0.99),
        "cpu_share_with_streams": (busy[1] - after[1]) / (options.seconds + 2),
        "memory_mib": {"idle": idle[0], "200 artists": after[0], "500 streams": busy[0]},
    }


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    rows = [
        ("jobs submitted a second, each with two uploads", "submissions_per_second", "{:.0f}"),
        (f"status requests a second, {found['artists']} artists", "requests_per_second", "{:.0f}"),
        ("server's CPU for a request, ms", "cpu_ms_per_request", "{:.2f}"),
        (f"events a second over {found['streams']} streams", "events_per_second", "{:.0f}"),
        ("server's share of a core with these streams", "cpu_share_with_streams", "{:.2f}"),
        ("status request beside the streams, p99, ms", "request_beside_streams_p99_ms", "{:.0f}"),
    ]
    lines = ["| what | figure |", "|---|---|"]
    lines += [f"| {name} | {form.format(found[key])} |" for name, key, form in rows]
    for name, key in (("request, ms", "request_ms"), ("event's latency, ms", "event_ms")):
        lines.append(
            f"| {name}: median, p99 | {found[key]['median']:.0f}, {found[key]['p99']:.0f} |"
        )
    for name, each in found["memory_mib"].items():
        lines.append(f"| server's memory, {name}, MiB | {each:.0f} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--artists", type=int, default=ARTISTS)
    parser.add_argument("--streams", type=int, default=STREAMS)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    steps = str(int((options.seconds * 3 + 60) / EVENT_SECONDS))
    arguments = ["--slots", str(RUNNING), "--steps", steps, "--pause", str(EVENT_SECONDS)]
    arguments += ["--limit", f"streams={options.streams}"] + (["--tls"] if options.tls else [])
    with tempfile.TemporaryDirectory() as folder:
        with running(Path(folder) / "data", *arguments) as server:
            found = asyncio.run(load(server, options))
    print(table(found))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "server_load.json").write_text(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
