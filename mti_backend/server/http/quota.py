"""How many unfinished jobs a user may have."""

from __future__ import annotations

from ..store import jobs
from ..store.database import Connection
from .errors import refuse


def check_unfinished(db: Connection, user: str, most: int) -> None:
    """Refuse (429) a further job if a user already has `most` that are queued or running."""
    if jobs.count(db, user, "queued", "running") >= most:
        what = "The studio's server takes {most} unfinished jobs of yours, and has as many."
        raise refuse(429, "too_many_jobs", what, "Wait until some are done.", 60, most=most)
