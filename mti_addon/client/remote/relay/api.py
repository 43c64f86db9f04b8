"""The HTTP interface of the studio's server, call by call (docs/http.md); wire and stdlib only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ....wire import codec
from ....wire.errors import StudioError
from ....wire.remote.messages import (
    API,
    MAX_SHARED_BYTES,
    EventPage,
    Files,
    Me,
    Motions,
    RemoteFile,
    RemoteJob,
    read_answer,
)
from ....wire.remote.refusals import not_a_studio, unreachable
from .connection import Answer, Connection, Unreachable

POLL_SECONDS = 20
"""How long the server holds back an answer of the long poll."""


class Api:
    """Each method is one request, and raises what `Connection.request` raises, and WireError."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def me(self) -> Me:
        """Return the account, and what the server can do."""
        return read_answer(Me, self._get("/me").body, "/v1/me")

    def has_blob(self, sha256: str) -> bool:
        """Return whether this user has sent a file before."""
        try:
            self._call("HEAD", f"/blobs/{sha256}")
        except StudioError as error:
            if is_missing(error):
                return False
            raise
        return True

    def received(self, sha256: str) -> int:
        """Return how many bytes of a file have arrived; 0 if none.

        Raises Unreachable while the server still takes in what an earlier connection has sent.
        """
        try:
            value = json.loads(self._get(f"/blobs/{sha256}/upload").body)
            arrived = max(0, int(value["received"]))
            # a connection that was cut off is only given up after a while
            if value.get("in_progress"):
                why = "it is still receiving this file"
                raise Unreachable(unreachable(self.connection.address, why), busy=True)
            return arrived
        except StudioError as error:
            if is_missing(error):
                return 0
            raise
        except (ValueError, TypeError, KeyError, AttributeError):
            return 0

    def put_blob(self, sha256: str, data: bytes, begin: int, total: int) -> None:
        """Send `data`, the bytes from `begin` of a file of `total` bytes."""
        headers = {"Content-Type": "application/octet-stream"}
        if len(data) < total:
            headers["Content-Range"] = f"bytes {begin}-{begin + len(data) - 1}/{total}"
        # a part that has arrived, though its answer did not, is at another place the second time
        whole = len(data) == total
        self.connection.request("PUT", f"/v{API}/blobs/{sha256}", data, headers, twice=whole)

    def submit(self, key: str, request: Any, inputs: Mapping[str, str]) -> RemoteJob:
        """Submit a job; the same key and request give the same job however often they are sent."""
        body = {"request": request, "inputs": dict(inputs)}
        return _job(self._post("/jobs", body, {"Idempotency-Key": key}))

    def jobs(self) -> list[RemoteJob]:
        """Return this user's jobs."""
        value = codec.loads(self._get("/jobs").body, "/v1/jobs")
        listed = value.get("jobs") if isinstance(value, dict) else None
        found = listed if isinstance(listed, list) else []
        return [read_answer(RemoteJob, json.dumps(each).encode(), "/v1/jobs") for each in found]

    def job(self, job: str) -> RemoteJob:
        """Return one job."""
        return _job(self._get(f"/jobs/{job}"))

    def resume(self, job: str) -> None:
        """Have a failed or cancelled job go on."""
        self._post(f"/jobs/{job}/resume", {})

    def cancel(self, job: str) -> None:
        """Ask for a job to stop."""
        self._post(f"/jobs/{job}/cancel", {})

    def delete(self, job: str) -> None:
        """Delete a finished job and its files."""
        self._call("DELETE", f"/jobs/{job}")

    def events_page(self, job: str, after: int, wait: int) -> EventPage:
        """Return the events after one, waiting up to `wait` seconds for the first."""
        path = f"/jobs/{job}/events.json?after={after}&wait={wait}"
        return read_answer(EventPage, self._get(path).body, "/v1/jobs/events.json")

    def live_picture(self, job: str) -> bytes:
        """Return a PNG file of what a running job has learned so far."""
        return self._get(f"/jobs/{job}/live").body

    def files(self, job: str) -> tuple[RemoteFile, ...]:
        """Return the results of a job that is done, without their manifest."""
        found = read_answer(Files, self._get(f"/jobs/{job}/files").body, "/v1/jobs/files")
        return tuple(each for each in found.files if each.name != "manifest.json")

    def motions(self, query: str, kind: str, after: str) -> Motions:
        """Return a page of the motions that the studio shares."""
        told = {"query": query, "kind": kind, "after": after}
        asked = "&".join(f"{name}={quote(text)}" for name, text in told.items() if text)
        return read_answer(Motions, self._get(f"/library?{asked}").body, "/v1/library")

    def publish(self, sha256: str) -> None:
        """Share a .motion file that was sent before."""
        self._post("/library", {"sha256": sha256})

    def motion_part(self, motion: str, part: str) -> bytes:
        """Return the `motion`, `thumbnail` or `preview` of a shared motion."""
        pieces = []
        with self.connection.stream(f"/v{API}/library/{motion}/{part}") as response:
            size = 0
            for piece in self.connection.pieces(response):
                size += len(piece)
                if size > MAX_SHARED_BYTES:
                    raise not_a_studio(self.connection.address)
                pieces.append(piece)
        return b"".join(pieces)

    def _get(self, path: str) -> Answer:
        return self._call("GET", path)

    def _post(self, path: str, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
        body = codec.dumps(value).encode("utf-8")
        told = {"Content-Type": "application/json", **(headers or {})}
        return self._call("POST", path, body, told)

    def _call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        return self.connection.request(method, f"/v{API}{path}", body, headers)


def is_missing(error: StudioError) -> bool:
    """Return whether the server said that there is no such thing."""
    return error.problem.code == "studio_not_found"


def _job(answer: Answer) -> RemoteJob:
    value = codec.loads(answer.body, "The job")
    if isinstance(value, dict) and isinstance(value.get("job"), dict):
        value = value["job"]
    return read_answer(RemoteJob, json.dumps(value).encode(), "/v1/jobs")
