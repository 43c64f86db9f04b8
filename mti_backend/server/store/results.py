"""Results that jobs with the same inputs and settings share, however many users sent them."""

from __future__ import annotations

from dataclasses import dataclass

from .database import Connection, scalar


@dataclass(frozen=True)
class Result:
    """What one job found, for others with the same `work`. result, versions: JSON."""

    work: str
    result: str
    model: str
    versions: str


def keep(db: Connection, kept: Result) -> None:
    """Keep a result, whose files are on the disk already."""
    db.execute(
        "INSERT OR IGNORE INTO results (work, result, model, versions) VALUES (?, ?, ?, ?)",
        (kept.work, kept.result, kept.model, kept.versions),
    )


def find(db: Connection, work: str) -> Result | None:
    """Return the result of this work, if it has been done."""
    row = db.execute(
        "SELECT work, result, model, versions FROM results WHERE work = ?", (work,)
    ).fetchone()
    return Result(*row) if row else None


def known(db: Connection) -> set[str]:
    """Return the work of all queued jobs that has been done."""
    rows = db.execute(
        "SELECT work FROM results WHERE work IN (SELECT work FROM jobs WHERE state = 'queued')"
    )
    return {row[0] for row in rows}


def forget(db: Connection, work: str) -> None:
    """Forget a result, because its files are damaged."""
    db.execute("DELETE FROM results WHERE work = ?", (work,))


def forget_unused(db: Connection) -> list[str]:
    """Forget the results that no job refers to; return their names."""
    rows = list(
        db.execute(
            "DELETE FROM results WHERE NOT EXISTS "
            "(SELECT 1 FROM jobs WHERE jobs.work = results.work) RETURNING work"
        )
    )
    return [row[0] for row in rows]


def users_of(db: Connection, work: str) -> int:
    """Return how many jobs refer to this work."""
    return int(scalar(db, "SELECT count(*) FROM jobs WHERE work = ?", (work,)))
