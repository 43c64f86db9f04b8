"""What an administrator chooses when a server is started, and what every user may use of it."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path

from .execution.runner import Runner
from .tls import LOOPBACK

API = 1
MAX_JSON_BYTES = 64 * 1024
MAX_JOB_BYTES = 512 * 1024
"""Of a submitted job: a request alone may have 256 KiB (wire.request)."""
GIB = 2**30


@dataclass(frozen=True)
class Limits:
    """What one user may use, unless `serve limit` says otherwise for them."""

    queued: int = 50
    """Jobs that are not finished."""
    stored_bytes: int = 50 * GIB
    """Uploads, parts of uploads, and results."""
    running: int | None = None
    """Jobs at work at a time; None: as many as there are slots, if nobody else waits."""
    queued_by_all: int = 2000
    streams: int = 32
    """Event streams at a time."""
    uploads_a_minute: int = 1200
    body_seconds: int = 30
    """How long the next part of a request's body may take."""
    body_rate: int = 4096
    """Bytes a second that a body must have on average, after its first `body_seconds`."""
    failures_a_minute: int = 20
    """Wrong tokens from one address, after which it is told to wait."""


@dataclass(frozen=True)
class Config:
    """How a server is run."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 0
    """0: any that is free."""
    tls: bool = True
    certificate: Path | None = None
    """A studio's own certificate and key, in PEM; None: one that the server makes itself."""
    key: Path | None = None
    devices: tuple[str, ...] = ("cpu",)
    names: tuple[str, ...] = ()
    """Further names under which artists reach the server, such as a proxy's."""
    proxy: bool = False
    """A proxy on this machine tells in X-Forwarded-For from where a request comes."""
    keep_days: float = 30.0
    """After which finished jobs are deleted."""
    runner: Runner = field(default_factory=Runner)
    limits: Limits = field(default_factory=Limits)

    @property
    def hosts(self) -> frozenset[str]:
        """Return all names, in lower case, under which the server may be addressed."""
        names = (*LOOPBACK, self.host, socket.gethostname(), *self.names)
        return frozenset(name.lower() for name in names)
