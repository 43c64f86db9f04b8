"""Requests about jobs that the studio's server has not received yet; wire and stdlib only.

A job that is cancelled or deleted while the server cannot be reached must not run there for ever.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from ...wire import JobFolder, MtiError, codec, files
from ...wire.codec import Constraint
from ...wire.contents import NOTE_BYTES, read_inside
from ...wire.remote.note import RemoteNote
from .studio import StudioFolder

Action = Literal["cancel", "delete"]
_KEY = r"[0-9a-f]{32}(-[0-9]{1,7})?"


@dataclass(frozen=True)
class PendingRequest:
    """One request, about one job."""

    action: Action
    studio: str
    """HOST:PORT of the server that has the job."""
    key: Annotated[str, Constraint(_KEY, "The idempotency key that it was submitted with.")]
    job: Annotated[str, Constraint(r"[0-9A-Za-z_-]{0,64}", "Its id on the server, if known.")]


def put(folder: StudioFolder, action: Action, job: JobFolder, note: RemoteNote) -> PendingRequest:
    """Add a request, or replace the one about the same job. Raises DiskFull, NotWritable."""
    pending = PendingRequest(action, note.studio, note.key(job), note.job)
    with files.translating_os_errors(folder.outbox):
        folder.outbox.mkdir(parents=True, exist_ok=True)
    text = codec.dumps(codec.to_dict(pending)) + "\n"
    files.write_atomic(_file(folder, pending.key), text.encode("utf-8"))
    return pending


def take_back(folder: StudioFolder, key: str) -> None:
    """Remove a request that was carried out, or is no longer wanted."""
    with contextlib.suppress(OSError):
        _file(folder, key).unlink(missing_ok=True)


def pending_requests(folder: StudioFolder) -> list[PendingRequest]:
    """Return the requests that are still to be carried out."""
    found = []
    with contextlib.suppress(OSError):
        for path in sorted(folder.outbox.glob("*.json")):
            with contextlib.suppress(MtiError):
                data = read_inside(folder.outbox, path.name, NOTE_BYTES)
                request = codec.from_dict(PendingRequest, codec.loads(data, path.name), path.name)
                if request.key == path.stem:
                    found.append(request)
    return found


def _file(folder: StudioFolder, key: str) -> Path:
    return folder.outbox / f"{key}.json"
