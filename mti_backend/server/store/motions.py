"""Published motions: every user may read them, and only who published one may delete it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .database import Connection

PAGE = 100


@dataclass(frozen=True)
class Published:
    """A row of `motions`. motion: identifies its content; sha256: of the .motion file."""

    id: str
    user: str
    motion: str
    sha256: str
    bytes: int
    folder: str
    name: str
    kind: str
    tags: str
    author: str
    engines: str
    searched: str
    published: float

    def told(self) -> dict[str, object]:
        """Return what the API tells of it: nothing about who published it but the author."""
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "tags": json.loads(self.tags),
            "author": self.author,
            "engines": json.loads(self.engines),
            "bytes": self.bytes,
            "published": self.published,
        }


_COLUMNS = ", ".join(Published.__dataclass_fields__)


def add(db: Connection, new: Published) -> None:
    """Publish a motion, whose files are on the disk already."""
    marks = ", ".join("?" * len(Published.__dataclass_fields__))
    values = tuple(getattr(new, name) for name in Published.__dataclass_fields__)
    db.execute(f"INSERT INTO motions ({_COLUMNS}) VALUES ({marks})", values)


def get(db: Connection, motion: str) -> Published | None:
    """Return a published motion by its id."""
    return _one(db, "id = ?", motion)


def same(db: Connection, content: str) -> Published | None:
    """Return the published motion with this content."""
    return _one(db, "motion = ?", content)


def delete(db: Connection, user: str, motion: str) -> bool:
    """Delete a motion that this user published; False if there is none."""
    db.execute("DELETE FROM motions WHERE id = ? AND user = ?", (motion, user))
    return bool(db.changes())


def search(db: Connection, query: str, kind: str, after: str) -> list[Published]:
    """Return up to PAGE motions by id that follow `after` and contain every word of `query`."""
    where, values = ["id > ?"], [after]
    for word in query.lower().split()[:8]:
        where.append("instr(searched, ?) > 0")
        values.append(word)
    if kind:
        where.append("kind = ?")
        values.append(kind)
    query = f"SELECT {_COLUMNS} FROM motions WHERE {' AND '.join(where)} ORDER BY id LIMIT {PAGE}"
    return [Published(*row) for row in db.execute(query, values)]


def folders(db: Connection) -> set[str]:
    """Return the folders of all published motions."""
    return {row[0] for row in db.execute("SELECT folder FROM motions")}


def _one(db: Connection, where: str, value: str) -> Published | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM motions WHERE {where}", (value,)).fetchone()
    return Published(*row) if row else None
