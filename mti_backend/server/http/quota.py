"""How many unfinished jobs a user may have, and how much space."""

from __future__ import annotations

from ..files.blobs import partial_uploads
from ..store import blobs, jobs
from ..store.database import Connection
from ..store.users import User
from .errors import refuse
from .service import Service


def check_unfinished(db: Connection, user: str, most: int) -> None:
    """Refuse (429) a further job if a user already has `most` that are queued or running."""
    if jobs.count(db, user, "queued", "running") >= most:
        what = "The studio's server takes {most} unfinished jobs of yours, and has as many."
        raise refuse(429, "too_many_jobs", what, "Wait until some are done.", 60, most=most)


def used_bytes(service: Service, user: User, besides: str = "") -> int:
    """Return how much a user occupies: uploads, parts of uploads, and results.

    An upload that is arriving counts as a whole, so that many at a time do not exceed the limit.
    `besides`: the sha256 of an upload that is not counted.
    """
    parts = partial_uploads(service.files.uploads / user.id)
    for (owner, sha256), total in service.uploading.items():
        if owner == user.id:
            parts[sha256] = max(total, parts.get(sha256, 0))
    parts.pop(besides, None)
    return blobs.stored_bytes(service.store.db, user.id) + sum(parts.values())


def check_stored(service: Service, user: User, new: int = 1, besides: str = "") -> None:
    """Refuse (429) `new` further bytes if they are more than the user may still store.

    A job is refused, too, when there is no space left: nobody knows how large its results will be.
    """
    most = service.limit(user, "stored_bytes")
    if used_bytes(service, user, besides) + new > most:
        what = "Your {most} bytes on the studio's server are used up."
        raise refuse(429, "stored_limit", what, "Delete finished jobs.", 300, most=most)
