"""The events of a job, numbered by the server over all of its attempts."""

from __future__ import annotations

from collections.abc import Sequence

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


def take_in(
    db: Connection,
    job: str,
    epoch: int,
    lines: Sequence[str],
    offset: int,
    runner_seq: int,
    progress: int,
    seconds_left: float | None,
) -> bool:
    """Store what a runner has appended, and how far its file has been read, in one transaction.

    So each line is stored once, whenever the server dies. False if the attempt is not current.
    """
    db.execute(
        "UPDATE jobs SET offset = ?, runner_seq = ?, progress = max(progress, ?), "
        "stalled = CASE WHEN ? > progress THEN 0 ELSE stalled END, "
        "seconds_left = coalesce(?, seconds_left) "
        "WHERE id = ? AND epoch = ? AND state = 'running'",
        (offset, runner_seq, progress, progress, seconds_left, job, epoch),
    )
    if not db.changes():
        return False
    if lines:
        append(db, job, lines)
    return True


def after(db: Connection, job: str, seq: int, most: int = 500) -> list[tuple[int, str]]:
    """Return up to `most` (number, line) that follow number `seq`."""
    rows = db.execute(
        "SELECT seq, line FROM events WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?",
        (job, seq, most),
    )
    return [(row[0], row[1]) for row in rows]
