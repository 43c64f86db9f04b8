"""The files about the paired studio in the user's folder; wire and stdlib only."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from ...wire import codec, files
from ...wire.codec import Constraint, Range
from ...wire.errors import BadRequest, MtiError, StudioError
from ...wire.events import Failed
from ...wire.problem import Problem
from ...wire.remote.messages import Me
from ...wire.remote.pairing import Pairing

T = TypeVar("T")
_MOST = 2**20
STATUS_SECONDS = 120.0
"""A status that is older than this is not shown as the studio's."""


@dataclass(frozen=True)
class Credentials:
    """Contents of credentials.json, which only the user may read."""

    host: str
    port: Annotated[int, Range(1, 65535, "", "Port of the server.")]
    fingerprint: Annotated[str, Constraint(r"([0-9a-f]{64})?", "sha256 of the certificate.")]
    certificate: str
    """PEM; empty until the certificate was fetched, and for plain HTTP."""
    token: Annotated[str, Constraint(r"[\x21-\x7e]{16,256}", "Secret.")]
    user: str = ""
    """The artist's name on the server."""

    def __repr__(self) -> str:
        return f"Credentials({self.host!r}, {self.port})"

    @property
    def pairing(self) -> Pairing:
        """Return where the server is, and how to recognize it."""
        return Pairing(self.host, self.port, self.fingerprint, self.token)


@dataclass(frozen=True)
class Status:
    """Contents of status.json: what the server said last, or why it said nothing."""

    when: float
    """Unix seconds."""
    studio: str
    """HOST:PORT."""
    me: Me | None
    error: Failed | None = None

    def is_fresh(self, now: float | None = None) -> bool:
        """Return whether it is recent enough to be shown as the present."""
        return abs((time.time() if now is None else now) - self.when) <= STATUS_SECONDS


class StudioFolder:
    """The folder of everything about the studio; it may not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.credentials_file = path / "credentials.json"
        self.pending_file = path / "pending.json"
        """Credentials that are being checked; deleted when they turn out to be wrong."""
        self.status_file = path / "status.json"
        self.motions_file = path / "motions.json"
        """The last page of the studio's motions that was asked for."""
        self.outbox = path / "outbox"
        """What is still to be said to the server, one file for each job."""
        self.tasks = path / "tasks"
        self.thumbnails = path / "thumbnails"

    def credentials(self) -> Credentials | None:
        """Return the credentials of the paired studio; None if there is none."""
        return _read(Credentials, self.credentials_file)

    def require_credentials(self) -> Credentials:
        """Return the credentials. Raises StudioError if there are none."""
        found = self.credentials()
        if found is None:
            what = "No studio is paired with this Blender."
            raise StudioError(
                Problem("studio_not_paired", what, "Pair it in the preferences, then try again.")
            )
        return found

    def pending(self) -> Credentials | None:
        """Return the credentials that are being checked."""
        return _read(Credentials, self.pending_file)

    def propose(self, pairing: Pairing) -> None:
        """Store a pairing that is still to be checked. Raises DiskFull, NotWritable."""
        host, port, token = pairing.host, pairing.port, pairing.token
        self._write(self.pending_file, Credentials(host, port, pairing.fingerprint, "", token))

    def accept(self, credentials: Credentials) -> None:
        """Make checked credentials those of the studio. Raises DiskFull, NotWritable."""
        self._write(self.credentials_file, credentials)
        self.reject()

    def reject(self) -> None:
        """Delete the credentials that are being checked."""
        with contextlib.suppress(OSError):
            self.pending_file.unlink(missing_ok=True)

    def forget(self) -> None:
        """Delete everything about the studio. Raises NotWritable.

        The token comes first: if the rest cannot be deleted, it is harmless.
        """
        for path in (self.credentials_file, self.pending_file):
            with files.translating_os_errors(path):
                path.unlink(missing_ok=True)
        if self.path.is_dir():
            files.remove_folder(self.path)

    def status(self) -> Status | None:
        """Return what the server said last; None if it has said nothing yet."""
        return _read(Status, self.status_file)

    def write_status(self, status: Status) -> None:
        """Replace status.json atomically. Raises DiskFull, NotWritable."""
        files.write_atomic(self.status_file, _json(status))

    def _write(self, path: Path, value: Credentials) -> None:
        with files.translating_os_errors(path):
            self.path.mkdir(parents=True, exist_ok=True)
        files.write_atomic(path, _json(value), private=True)


def _json(value: object) -> bytes:
    return (codec.dumps(codec.to_dict(value), indent=1) + "\n").encode("utf-8")


def _read(cls: type[T], path: Path) -> T | None:
    """Return a file's contents; None if it is missing, or was written by another version."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(_MOST)
        return codec.from_dict(cls, json.loads(data), path.name)
    except (OSError, ValueError, RecursionError, BadRequest, MtiError):
        return None
