"""The events of a job, numbered by the server over all of its attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .database import Connection, scalar


def append(db: Connection, job: str, lines: Sequence[str]) -> int:
    """Add lines of events.jsonl; return the number of the last one."""
    seq = int(scalar(db, "SELECT seq FROM jobs WHERE id = ?", (job,)))
    db.executemany(
        "INSERT INTO events (job, seq, line) VALUES (?, ?, ?)",
        [(job, seq + number, line) for number, line in enumerate(lines, start=1)],
    )
    db.execute("UPDATE jobs SET seq = ? WHERE id = ?", (seq + len(lines), job))
    return seq + len(lines)


@dataclass(frozen=True)
class Taken:
    """What a runner has appended. offset, runner_seq: how far its file has been read."""

    job: str
    epoch: int
    lines: Sequence[str]
    offset: int
    runner_seq: int
    progress: int
    seconds_left: float | None


def take_in(db: Connection, news: Sequence[Taken]) -> list[str]:
    """Store what runners have appended, and how far their files have been read, in one transaction.

    So each line is stored once, whenever the server dies. Returns the jobs whose attempt is still
    the current one; the others' news are dropped.
    """
    return [new.job for new in news if _take_in(db, new)]


def _take_in(db: Connection, new: Taken) -> bool:
    db.execute(
        "UPDATE jobs SET offset = ?, runner_seq = ?, progress = max(progress, ?), "
        "stalled = CASE WHEN ? > progress THEN 0 ELSE stalled END, "
        "seconds_left = coalesce(?, seconds_left) "
        "WHERE id = ? AND epoch = ? AND state = 'running'",
        (
            *(new.offset, new.runner_seq, new.progress, new.progress, new.seconds_left),
            *(new.job, new.epoch),
        ),
    )
    if not db.changes():
        return False
    if new.lines:
        append(db, new.job, new.lines)
    return True


def after(db: Connection, job: str, seq: int, most: int = 500) -> list[tuple[int, str]]:
    """Return up to `most` (number, line) that follow number `seq`."""
    rows = db.execute(
        "SELECT seq, line FROM events WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?",
        (job, seq, most),
    )
    return [(row[0], row[1]) for row in rows]
