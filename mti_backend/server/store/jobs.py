"""Jobs: submitted once per idempotency key, seen by their owner alone.

States: queued -> running (attempt `epoch`) -> done | failed | cancelled. A lost attempt goes back
to queued. What an attempt reports counts only while the job still has its epoch.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .database import Connection, now, scalar

FINAL = ("done", "failed", "cancelled")
_COLUMNS = (
    "id, user, key, body, name, task, model, work, state, epoch, handle, stalled, progress, "
    "offset, runner_seq, seq, cancel, created, not_before, started, finished, seconds_left"
)


@dataclass(frozen=True)
class Job:
    """A row of `jobs`, without its request. Times are Unix seconds."""

    id: str
    user: str
    key: str
    body: str
    name: str
    task: str
    model: str
    work: str
    state: str
    epoch: int
    handle: str | None
    stalled: int
    progress: int
    offset: int
    runner_seq: int
    seq: int
    cancel: int
    created: float
    not_before: float
    started: float | None
    finished: float | None
    seconds_left: float | None

    @property
    def is_final(self) -> bool:
        """Return whether nothing more will happen to it."""
        return self.state in FINAL


@dataclass(frozen=True)
class NewJob:
    """A job as it is submitted. body: the sha256 of what was sent; work: names its result."""

    user: str
    key: str
    body: str
    request: str
    name: str
    task: str
    model: str
    work: str
    inputs: Mapping[str, str]


def by_key(db: Connection, user: str, key: str) -> Job | None:
    """Return the job that a user submitted with this idempotency key."""
    return _one(db, "user = ? AND key = ?", user, key)


def of_user(db: Connection, user: str, job: str) -> Job | None:
    """Return a user's own job; None for another's, as for one that does not exist."""
    return _one(db, "user = ? AND id = ?", user, job)


def all_of_user(db: Connection, user: str) -> list[Job]:
    """Return a user's jobs, the newest first."""
    return _many(db, "user = ? ORDER BY created DESC, id", user)


def get(db: Connection, job: str) -> Job | None:
    """Return any user's job, for the server's own work."""
    return _one(db, "id = ?", job)


def unfinished(db: Connection) -> list[Job]:
    """Return all jobs that are queued or running, the oldest first."""
    return _many(db, "state IN ('queued', 'running') ORDER BY created, id")


def running(db: Connection) -> list[Job]:
    """Return all running jobs."""
    return _many(db, "state = 'running' ORDER BY created, id")


def request_of(db: Connection, job: str) -> str:
    """Return a job's request.json."""
    return str(scalar(db, "SELECT request FROM jobs WHERE id = ?", (job,)))


def inputs_of(db: Connection, job: str) -> dict[str, str]:
    """Return the sha256 of each input by its name."""
    rows = db.execute("SELECT name, sha256 FROM inputs WHERE job = ? ORDER BY name", (job,))
    return {name: sha256 for name, sha256 in rows}


def count(db: Connection, user: str | None, *states: str) -> int:
    """Return how many jobs of a user, or of all, are in one of these states."""
    marks = ", ".join("?" * len(states))
    whose = "" if user is None else "user = ? AND "
    values = states if user is None else (user, *states)
    query = f"SELECT count(*) FROM jobs WHERE {whose}state IN ({marks})"
    return int(scalar(db, query, values))


def add(db: Connection, new: NewJob) -> Job:
    """Add a job to the queue. The caller has looked for its key in the same transaction."""
    job = uuid.uuid4().hex
    db.execute(
        "INSERT INTO jobs (id, user, key, body, request, name, task, model, work, state, created) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?)",
        (
            *(job, new.user, new.key, new.body, new.request, new.name, new.task, new.model),
            *(new.work, now()),
        ),
    )
    db.executemany(
        "INSERT INTO inputs (job, name, sha256) VALUES (?, ?, ?)",
        [(job, name, sha256) for name, sha256 in new.inputs.items()],
    )
    found = get(db, job)
    assert found is not None
    return found


def lease(db: Connection, job: str, user: str) -> int | None:
    """Begin an attempt; return its epoch, or None if the job is no longer queued."""
    db.execute(
        "UPDATE jobs SET state = 'running', epoch = epoch + 1, handle = NULL, started = ?, "
        "seconds_left = NULL WHERE id = ? AND state = 'queued' AND cancel = 0",
        (now(), job),
    )
    if not db.changes():
        return None
    db.execute("UPDATE users SET last_started = ? WHERE id = ?", (now(), user))
    return int(scalar(db, "SELECT epoch FROM jobs WHERE id = ?", (job,)))


def set_handle(db: Connection, job: str, epoch: int, handle: str) -> bool:
    """Record where an attempt runs; False if it is no longer the job's."""
    db.execute(
        "UPDATE jobs SET handle = ? WHERE id = ? AND epoch = ? AND state = 'running'",
        (handle, job, epoch),
    )
    return bool(db.changes())


def requeue(db: Connection, job: str, epoch: int, not_before: float, stalled: int) -> bool:
    """Put a lost attempt's job back into the queue; False if the attempt is no longer the job's."""
    db.execute(
        "UPDATE jobs SET state = 'queued', handle = NULL, not_before = ?, stalled = ?, "
        "seconds_left = NULL WHERE id = ? AND epoch = ? AND state = 'running'",
        (not_before, stalled, job, epoch),
    )
    return bool(db.changes())


def resume(db: Connection, user: str, job: str) -> bool:
    """Put a user's failed or cancelled job back into the queue; False if it is neither."""
    db.execute(
        "UPDATE jobs SET state = 'queued', cancel = 0, finished = NULL, not_before = 0, "
        "stalled = 0 WHERE id = ? AND user = ? AND state IN ('failed', 'cancelled')",
        (job, user),
    )
    return bool(db.changes())


def set_read(db: Connection, job: str, offset: int, runner_seq: int) -> None:
    """Note how far events.jsonl has been dealt with."""
    db.execute("UPDATE jobs SET offset = ?, runner_seq = ? WHERE id = ?", (offset, runner_seq, job))


def ask_cancel(db: Connection, job: str) -> None:
    """Note that the job's owner wants it to stop."""
    db.execute("UPDATE jobs SET cancel = 1 WHERE id = ?", (job,))


def finish(
    db: Connection,
    job: str,
    epoch: int,
    state: str,
    files: Sequence[tuple[str, int, str]] = (),
) -> bool:
    """End a job: (name, bytes, sha256) of each result; False if the attempt is not its current one.

    A queued job is ended with the epoch of its last attempt, or 0.
    """
    db.execute(
        "UPDATE jobs SET state = ?, finished = ?, handle = NULL, seconds_left = NULL, "
        "output_bytes = ? WHERE id = ? AND epoch = ? AND state IN ('queued', 'running')",
        (state, now(), sum(size for _, size, _ in files), job, epoch),
    )
    if not db.changes():
        return False
    db.execute("DELETE FROM files WHERE job = ?", (job,))
    db.executemany(
        "INSERT INTO files (job, name, bytes, sha256) VALUES (?, ?, ?, ?)",
        [(job, *file) for file in files],
    )
    return True


def files_of(db: Connection, job: str) -> list[tuple[str, int, str]]:
    """Return (name, bytes, sha256) of a job's results."""
    rows = db.execute("SELECT name, bytes, sha256 FROM files WHERE job = ? ORDER BY name", (job,))
    return [(row[0], row[1], row[2]) for row in rows]


def delete(db: Connection, user: str, job: str) -> bool:
    """Delete a user's finished job; False if there is none."""
    db.execute(
        "DELETE FROM jobs WHERE id = ? AND user = ? AND state IN ('done', 'failed', 'cancelled')",
        (job, user),
    )
    return bool(db.changes())


def last_started(db: Connection) -> dict[str, float]:
    """Return when each user's last job was started."""
    return {user: when for user, when in db.execute("SELECT id, last_started FROM users")}


def durations(db: Connection, last: int = 20) -> dict[tuple[str, str], list[float]]:
    """Return the seconds of the last jobs that are done, by (model, task)."""
    found: dict[tuple[str, str], list[float]] = {}
    rows = db.execute(
        "SELECT model, task, finished - started FROM jobs WHERE state = 'done' "
        "AND started IS NOT NULL ORDER BY finished DESC LIMIT 500"
    )
    for model, task, seconds in rows:
        times = found.setdefault((model, task), [])
        if len(times) < last and seconds >= 0:
            times.append(seconds)
    return found


def _one(db: Connection, where: str, *values: str) -> Job | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM jobs WHERE {where}", values).fetchone()
    return Job(*row) if row else None


def _many(db: Connection, where: str, *values: str) -> list[Job]:
    return [Job(*row) for row in db.execute(f"SELECT {_COLUMNS} FROM jobs WHERE {where}", values)]
