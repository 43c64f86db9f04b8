"""Figures for the administrator's page."""

from __future__ import annotations

from .database import Connection, now, scalar

HOUR = 3600.0


def done_by_hour(db: Connection, hours: int) -> list[int]:
    """Return how many jobs were done in each of the last hours, the oldest first."""
    end = now()
    counts = [0] * hours
    rows = db.execute(
        "SELECT CAST((? - finished) / ? AS INTEGER), count(*) FROM jobs "
        "WHERE state = 'done' AND finished > ? GROUP BY 1",
        (end, HOUR, end - hours * HOUR),
    )
    for ago, count in rows:
        if 0 <= ago < hours:
            counts[hours - 1 - ago] = count
    return counts


def failed_since(db: Connection, since: float) -> int:
    """Return how many jobs have failed since then."""
    query = "SELECT count(*) FROM jobs WHERE state = 'failed' AND finished > ?"
    return int(scalar(db, query, (since,)))


def user_names(db: Connection) -> list[tuple[str, str]]:
    """Return (id, name) of all users."""
    return [(row[0], row[1]) for row in db.execute("SELECT id, name FROM users")]
