"""What is still to be said to the studio's server about jobs; wire and stdlib only.

A job that is cancelled or deleted while the server cannot be reached must not go on there for ever.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from ...wire import JobFolder, MtiError, codec, files
from ...wire.codec import Constraint
from ...wire.contents import NOTE_BYTES, read_inside
from ...wire.remote.note import RemoteNote, read_remote
from .studio import StudioFolder

Action = Literal["cancel", "delete"]
_KEY = r"[0-9a-f]{32}(-[0-9]{1,7})?"


@dataclass(frozen=True)
class Order:
    """One order, about one job."""

    action: Action
    studio: str
    """HOST:PORT of the server that has the job."""
    key: Annotated[str, Constraint(_KEY, "The idempotency key that it was submitted with.")]
    job: Annotated[str, Constraint(r"[0-9A-Za-z_-]{0,64}", "Its id on the server, if known.")]


def put(folder: StudioFolder, action: Action, job: JobFolder, note: RemoteNote) -> Order:
    """Add an order, or replace the one about the same job. Raises DiskFull, NotWritable."""
    order = Order(action, note.studio, note.key(job), note.job)
    with files.translating_os_errors(folder.outbox):
        folder.outbox.mkdir(parents=True, exist_ok=True)
    text = codec.dumps(codec.to_dict(order)) + "\n"
    files.write_atomic(_file(folder, order.key), text.encode("utf-8"))
    return order


def take_back(folder: StudioFolder, key: str) -> None:
    """Remove an order that was carried out, or is no longer wanted."""
    with contextlib.suppress(OSError):
        _file(folder, key).unlink(missing_ok=True)


def orders(folder: StudioFolder) -> list[Order]:
    """Return the orders that are still to be carried out."""
    found = []
    with contextlib.suppress(OSError):
        for path in sorted(folder.outbox.glob("*.json")):
            with contextlib.suppress(MtiError):
                data = read_inside(folder.outbox, path.name, NOTE_BYTES)
                order = codec.from_dict(Order, codec.loads(data, path.name), path.name)
                if order.key == path.stem:
                    found.append(order)
    return found


def delete_there_too(folder: StudioFolder, job: JobFolder) -> bool:
    """Order that a remote job is deleted on its server; False if the job is of this machine.

    To be called before the job's folder is deleted, which says where it runs. Raises DiskFull,
    NotWritable.
    """
    note = read_remote(job)
    if note is None:
        return False
    put(folder, "delete", job, note)
    return True


def _file(folder: StudioFolder, key: str) -> Path:
    return folder.outbox / f"{key}.json"
