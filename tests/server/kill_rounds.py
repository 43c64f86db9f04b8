"""Kills a server and its runners at random moments, and shows that nothing is lost or done twice.

    python -m tests.server.kill_rounds ROUNDS [--seed N]

Two artists keep sending jobs. In each round either the server or a runner gets SIGKILL. At the end
every job that was accepted is done, once, with all its events in order and its files whole.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mti_addon.wire.events import decode
from mti_addon.wire.owner import process_identity, read_owner
from tests.server.serving import (
    Answer,
    Client,
    Server,
    contents,
    end_runners,
    invited,
    job_of,
    start,
)

OPTIONS = ("--slots", "2", "--steps", "24", "--pause", "0.06")
RESTART_SECONDS = 30.0
MOST_KILLS = 2
"""Of one job's runners: three attempts in a row without progress are meant to be the end."""


@dataclass
class Rounds:
    """One run of it."""

    data: Path
    random: random.Random
    server: Server | None = None
    clients: dict[str, Client] = field(default_factory=dict)
    sent: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    """key -> (user, job), as first accepted."""
    kills: Counter[str] = field(default_factory=Counter)
    runner_kills: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        """Start the server, and invite the artists."""
        self.server = start(self.data, *OPTIONS)
        for name in ("anna", "ben"):
            self.clients[name] = Client(self.server.port, invited(self.data, name))

    def ask(self, user: str, method: str, path: str, *rest: Any) -> Answer:
        """Ask as a relay does: again and again while the server is away."""
        client = self.clients[user]
        end = time.monotonic() + RESTART_SECONDS
        while True:
            try:
                answer = client.ask(method, path, *rest)
                if answer.status not in (409, 503) or answer.code != "upload_in_progress":
                    return answer
            except (OSError, http.client.HTTPException):
                client.close()
                assert time.monotonic() < end, "the server does not come back"
                self.revive()
            time.sleep(0.02)

    def revive(self) -> None:
        """Start the server again if it is dead."""
        assert self.server is not None
        if self.server.process.poll() is not None:
            assert self.server.process.stdout is not None
            self.server.process.stdout.close()
            self.server = start(self.data, *OPTIONS)
            for client in self.clients.values():
                client.port = self.server.port

    def submit(self, user: str) -> None:
        """Send a job as a relay does: every step may have to be repeated."""
        request, body = job_of(self.random.choice(["slow", "short", "finish"]), "learn+apply")
        for data in contents(request).values():
            name = hashlib.sha256(data).hexdigest()
            if self.ask(user, "HEAD", f"/v1/blobs/{name}").status != 200:
                assert self.ask(user, "PUT", f"/v1/blobs/{name}", data).status in (200, 201)
        headers = {"Idempotency-Key": request.job}
        raw = json.dumps(body).encode()
        answer = self.ask(user, "POST", "/v1/jobs", raw, headers)
        assert answer.status in (200, 201), answer.data
        self.sent[request.job] = (user, answer.json)

    def kill_server(self) -> None:
        """At any moment, also during a request or a write."""
        assert self.server is not None
        self.kills["server"] += 1
        self.server.kill()
        if self.random.random() < 0.5:
            self.revive()

    def kill_runner(self) -> None:
        """One that is at work, or has only just been started."""
        names = ("owner.json", "launched.json")
        paths = [path for name in names for path in self.data.glob(f"spool/*/*/{name}")]
        self.random.shuffle(paths)
        for path in paths:
            job, owner = path.parent.name.partition(".")[0], read_owner(path)
            if owner is None or process_identity(owner.pid) != owner.create_time:
                continue
            if self.runner_kills[job] < MOST_KILLS:
                self.runner_kills[job] += 1
                self.kills["runner"] += 1
                with contextlib.suppress(ProcessLookupError):
                    os.kill(owner.pid, signal.SIGKILL)
                return

    def run(self, rounds: int) -> None:
        """Kill so many times, between jobs that keep coming, and check everything."""
        self.begin()
        while sum(self.kills.values()) < rounds:
            if len(self.sent) - self._finished() < 4:
                self.submit(self.random.choice(["anna", "ben"]))
            time.sleep(self.random.uniform(0.0, 0.5))
            self.random.choice([self.kill_server, self.kill_runner, self.kill_runner])()
        self.revive()
        self.check()

    def _finished(self) -> int:
        if self.server is None or self.server.process.poll() is not None:
            self.revive()
        jobs = [self.ask(user, "GET", "/v1/jobs").json["jobs"] for user in self.clients]
        return sum(job["state"] in ("done", "failed") for found in jobs for job in found)

    def check(self) -> None:
        """Wait until all is done, and look at everything that was promised."""
        for key, (user, job) in self.sent.items():
            end = time.monotonic() + 60
            while (found := self.ask(user, "GET", f"/v1/jobs/{job['id']}").json)["state"] in (
                *("queued", "running"),
            ):
                assert time.monotonic() < end, found
                time.sleep(0.05)
            assert found["state"] == "done", (found, self._lines(user, job["id"])[-1])
            assert found["key"] == key
            self._check_events(user, job["id"])
            self._check_files(user, job["id"])
        for user in self.clients:  # each key made one job
            listed = self.ask(user, "GET", "/v1/jobs").json["jobs"]
            keys = [job["key"] for job in listed]
            assert sorted(keys) == sorted(k for k, (who, _) in self.sent.items() if who == user)
        self._check_places()

    def _check_places(self) -> None:
        end = time.monotonic() + 10
        left = ["?"]
        while left and time.monotonic() < end:
            spool = self.data.glob("spool/*/*")
            left = [str(path) for path in spool if not path.name.startswith(".")]
            time.sleep(0.05)
        assert left == []
        assert len(list(self.data.glob("jobs/*"))) == len(self.sent)

    def _lines(self, user: str, job: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            place = f"/v1/jobs/{job}/events.json?after={len(found)}"
            told = self.ask(user, "GET", place).json["events"]
            if not told:
                return found
            assert [e["seq"] for e in told] == list(
                range(len(found) + 1, len(found) + len(told) + 1)
            )
            found += [json.loads(each["line"]) for each in told]

    def _check_events(self, user: str, job: str) -> None:
        lines = self._lines(user, job)
        numbers = [decode(json.dumps(line))[0] for line in lines]
        assert numbers == sorted(set(numbers)), numbers
        ends = [line["event"] for line in lines if line["event"] in ("done", "failed", "cancelled")]
        assert ends == ["done"] and lines[-1]["event"] == "done"

    def _check_files(self, user: str, job: str) -> None:
        files = self.ask(user, "GET", f"/v1/jobs/{job}/files").json["files"]
        assert len(files) > 10
        for file in files:
            data = self.ask(user, "GET", f"/v1/jobs/{job}/files/{file['name']}").data
            assert hashlib.sha256(data).hexdigest() == file["sha256"]

    def close(self) -> None:
        """End all processes of this run."""
        for client in self.clients.values():
            client.close()
        if self.server is not None:
            if self.server.process.poll() is None:
                self.server.kill()
            assert self.server.process.stdout is not None
            self.server.process.stdout.close()
        end_runners(self.data)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rounds", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rounds = Rounds(Path(folder) / "data", random.Random(options.seed))
        try:
            rounds.run(options.rounds)
        finally:
            rounds.close()
    print(f"{dict(rounds.kills)} kills, {len(rounds.sent)} jobs: nothing lost, nothing done twice")
    return 0


if __name__ == "__main__":
    sys.exit(main())
