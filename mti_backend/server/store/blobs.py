"""Which user has uploaded which blob. The bytes are in files/blobs.py."""

from __future__ import annotations

from .database import Connection, now, scalar

KEPT_SECONDS = 86_400.0
"""How long a blob that no job refers to is kept: its job may be about to be sent."""


def size_of(db: Connection, user: str, sha256: str) -> int | None:
    """Return the size in bytes if this user has uploaded it. A hash alone gives no access."""
    row = db.execute(
        "SELECT bytes FROM blobs WHERE user = ? AND sha256 = ?", (user, sha256)
    ).fetchone()
    return row[0] if row else None


def add(db: Connection, user: str, sha256: str, size: int) -> None:
    """Record that a user has uploaded a blob, whose file is already on the disk."""
    db.execute(
        "INSERT INTO blobs (user, sha256, bytes, created) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET created = excluded.created",
        (user, sha256, size, now()),
    )


def touch(db: Connection, user: str, sha256: str) -> None:
    """Keep a blob that a client has just relied on."""
    db.execute("UPDATE blobs SET created = ? WHERE user = ? AND sha256 = ?", (now(), user, sha256))


def forget_unused(db: Connection, kept_seconds: float = KEPT_SECONDS) -> None:
    """Forget blobs that have been unused for so long; `orphans` then names their files."""
    db.execute(
        "DELETE FROM blobs WHERE created < ? AND NOT EXISTS (SELECT 1 FROM inputs i "
        "JOIN jobs j ON j.id = i.job WHERE i.sha256 = blobs.sha256 AND j.user = blobs.user)",
        (now() - kept_seconds,),
    )


def is_known(db: Connection, sha256: str) -> bool:
    """Return whether anything refers to a blob, so that its file must stay."""
    return bool(
        scalar(
            db,
            "SELECT EXISTS (SELECT 1 FROM blobs WHERE sha256 = ?1) "
            "OR EXISTS (SELECT 1 FROM inputs WHERE sha256 = ?1) "
            "OR EXISTS (SELECT 1 FROM motions WHERE sha256 = ?1)",
            (sha256,),
        )
    )


def stored_bytes(db: Connection, user: str) -> int:
    """Return how much a user occupies: uploads and results."""
    query = (
        "SELECT (SELECT coalesce(sum(bytes), 0) FROM blobs WHERE user = ?1) + "
        "(SELECT coalesce(sum(output_bytes), 0) FROM jobs WHERE user = ?1)"
    )
    return int(scalar(db, query, (user,)))
