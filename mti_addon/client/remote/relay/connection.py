"""Requests to the studio's server over one connection; wire and stdlib only."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ....wire.errors import StudioError
from ....wire.remote import refusals
from ....wire.version import version_of
from ..studio import Credentials
from .pinned import open_connection

READ_SECONDS = 30.0
MAX_ANSWER = 8 * 2**20
MAX_WAIT = 300.0
_PIECE = 64 * 1024
_BUSY = (429, 503)
_AGAIN = ("upload_in_progress", "upload_gap", "blob_missing")
"""Refusals of a request that is granted once more of a file has arrived."""


class Unreachable(StudioError):
    """The server does not answer, or is busy: the same request may be made again later."""

    def __init__(self, error: StudioError, busy: bool = False, wait: float = 0.0) -> None:
        super().__init__(error.problem)
        self.busy = busy
        """Whether it did answer."""
        self.wait = wait
        """Seconds that it asked to wait, at most MAX_WAIT."""


@dataclass(frozen=True)
class Answer:
    """A complete answer below 400."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """Makes requests one at a time. Another thread may interrupt them for good."""

    def __init__(self, credentials: Credentials, timeout: float = READ_SECONDS) -> None:
        self.address = credentials.pairing.address
        self.timeout = timeout
        self._credentials = credentials
        self._open: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        """That of the connection, which forgets it while an answer is read that closes it."""
        self._lock = threading.Lock()
        self._interrupted = False

    def another(self, timeout: float) -> Connection:
        """Return a second connection to the same server, which `interrupt` does not reach."""
        return Connection(self._credentials, timeout)

    def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        twice: bool = True,
    ) -> Answer:
        """Return the answer to a request, which may be sent twice, if that does no harm.

        Raises Unreachable, StudioError, BadRequest and DiskFull for a refusal.
        """
        kept = self._open is not None
        try:
            return self._once(method, path, body, headers or {})
        except Unreachable as error:
            if not (kept and twice) or error.busy:
                raise
            # the server has closed a connection that was idle
            return self._once(method, path, body, headers or {})

    def _once(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        with self._faults():
            response = self._send(method, path, body, headers)
            data = response.read(MAX_ANSWER + 1)
            if len(data) > MAX_ANSWER:
                raise refusals.not_a_studio(self.address)
            if response.will_close:
                self.close()
        self._refuse(response, data)
        return Answer(response.status, dict(response.headers.items()), data)

    @contextlib.contextmanager
    def stream(
        self, path: str, headers: Mapping[str, str] | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """Yield the answer to a GET, to be read by the block with `pieces`.

        Raises the same as `request`. The connection is closed afterwards unless all was read.
        """
        with self._faults():
            response = self._send("GET", path, b"", headers or {})
            data = response.read(MAX_ANSWER) if response.status >= 300 else b""
        self._refuse(response, data)
        try:
            yield response
        finally:
            if response.will_close or not response.isclosed():
                self.close()

    def pieces(self, response: http.client.HTTPResponse) -> Iterator[bytes]:
        """Yield what arrives, as soon as it does. Raises Unreachable."""
        while True:
            with self._faults():
                data = response.read1(_PIECE)
                # Without this, an answer that is cut off would look like one that has ended
                if not data and response.length:
                    raise http.client.IncompleteRead(b"", response.length)
            if not data:
                return
            yield data

    def interrupt(self) -> None:
        """Make the request that is waiting fail, and every later one; for another thread."""
        with self._lock:
            self._interrupted = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    # that of SSLSocket would take its state away from the thread that reads
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def resume(self) -> None:
        """Allow requests again after `interrupt`."""
        self.close()
        with self._lock:
            self._interrupted = False

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        with self._lock:
            if self._open is not None:
                self._open.close()
            self._open = self._socket = None

    def _send(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        if self._open is None:
            opened = open_connection(self._credentials, self.timeout)
            opened.auto_open = 0  # it would not check the certificate as we do
            with self._lock:
                self._open, self._socket = opened, opened.sock
                if self._interrupted:
                    raise ConnectionAbortedError("interrupted")
        assert self._socket is not None
        self._socket.settimeout(self.timeout)
        told = {
            "Authorization": f"Bearer {self._credentials.token}",
            "User-Agent": f"mti-relay/{version_of()}",
            "Accept-Encoding": "identity",
        }
        self._open.request(method, path, body or None, told | dict(headers))
        return self._open.getresponse()

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn what the network does into Unreachable, and close the connection."""
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(refusals.unreachable(self.address, _reason(error))) from error
        except BaseException:
            self.close()
            raise

    def _refuse(self, response: http.client.HTTPResponse, body: bytes) -> None:
        status = response.status
        if status < 300:
            return
        if status < 400:
            self.close()
            raise refusals.redirected(self.address)
        error = refusals.refusal(status, body, self.address)
        if refusals.said_by_server(body)[0] in _AGAIN:
            raise Unreachable(StudioError(error.problem), busy=True)
        if isinstance(error, StudioError) and (status in _BUSY or status >= 500):
            wait = response.headers.get("Retry-After", "")
            seconds = min(float(wait), MAX_WAIT) if wait.isdecimal() else 0.0
            raise Unreachable(error, status in _BUSY, seconds)
        raise error


def _reason(error: Exception) -> str:
    """Return why, in the system's words where it has some."""
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
