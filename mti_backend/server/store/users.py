"""Users and their tokens, of which only hashes are stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import uuid
from dataclasses import dataclass

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem

from .database import Connection, now

DAY = 86_400.0
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}"


@dataclass(frozen=True)
class User:
    """Somebody who has been invited. The limits are None where the server's defaults hold."""

    id: str
    name: str
    admin: bool
    queued_limit: int | None
    stored_limit: int | None


def hashed(token: str) -> bytes:
    """Return what is stored of a token. It has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def invite(db: Connection, name: str, days: float, admin: bool = False) -> str:
    """Create a user unless there is one of this name; return a new token, valid for `days`.

    Raises BadRequest for a name that cannot be one.
    """
    if not re.fullmatch(NAME, name):
        raise BadRequest(
            Problem(
                "user_name_bad",
                "{name} cannot be a user's name.",
                "Use up to 32 letters, digits, dots, dashes and underscores.",
                {"name": name[:40]},
            )
        )
    db.execute(
        "INSERT INTO users (id, name, admin, created) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET admin = max(admin, excluded.admin)",
        (uuid.uuid4().hex, name, int(admin), now()),
    )
    token = secrets.token_urlsafe(32)
    db.execute(
        "INSERT INTO tokens (user, hash, created, expires) "
        "SELECT id, ?, ?, ? FROM users WHERE name = ?",
        (hashed(token), now(), now() + days * DAY, name),
    )
    return token


def user_of(db: Connection, token: str) -> User | None:
    """Return whose token this is; None if it is nobody's, revoked, or expired."""
    wanted = hashed(token)
    row = db.execute(
        "SELECT t.hash, u.id, u.name, u.admin, u.queued_limit, u.stored_limit FROM tokens t "
        "JOIN users u ON u.id = t.user WHERE t.hash = ? AND t.revoked IS NULL AND t.expires > ?",
        (wanted, now()),
    ).fetchone()
    if row is None or not hmac.compare_digest(row[0], wanted):
        return None
    return User(row[1], row[2], bool(row[3]), row[4], row[5])


def valid(db: Connection) -> set[bytes]:
    """Return the hashes of all tokens that are neither revoked nor expired."""
    rows = db.execute("SELECT hash FROM tokens WHERE revoked IS NULL AND expires > ?", (now(),))
    return {row[0] for row in rows}


def revoke(db: Connection, name: str) -> int:
    """Revoke all tokens of a user; return how many were valid. Raises BadRequest if unknown."""
    _require(db, name)
    db.execute(
        "UPDATE tokens SET revoked = ? WHERE revoked IS NULL AND expires > ? "
        "AND user = (SELECT id FROM users WHERE name = ?)",
        (now(), now(), name),
    )
    return db.changes()


def revoke_admin(db: Connection, name: str) -> bool:
    """Close the administrator's page to a user, whose tokens stay; False if it was closed.

    Raises BadRequest if unknown.
    """
    _require(db, name)
    db.execute("UPDATE users SET admin = 0 WHERE name = ? AND admin", (name,))
    return bool(db.changes())


def set_limits(db: Connection, name: str, queued: int | None, stored: int | None) -> None:
    """Set a user's own limits, each unless it is None: jobs that are not finished, and bytes.

    Raises BadRequest if there is no such user.
    """
    _require(db, name)
    db.execute(
        "UPDATE users SET queued_limit = coalesce(?, queued_limit), "
        "stored_limit = coalesce(?, stored_limit) WHERE name = ?",
        (queued, stored, name),
    )


@dataclass(frozen=True)
class UserRow:
    """What an administrator sees of a user. Times are Unix seconds; None: no valid token."""

    name: str
    admin: bool
    expires: float | None
    queued: int
    running: int
    stored_bytes: int


def listed(db: Connection) -> list[UserRow]:
    """Return all users by name."""
    rows = db.execute(
        "SELECT u.name, u.admin, "
        "(SELECT max(expires) FROM tokens WHERE user = u.id AND revoked IS NULL AND expires > ?), "
        "(SELECT count(*) FROM jobs WHERE user = u.id AND state = 'queued'), "
        "(SELECT count(*) FROM jobs WHERE user = u.id AND state = 'running'), "
        "(SELECT coalesce(sum(bytes), 0) FROM blobs WHERE user = u.id) + "
        "(SELECT coalesce(sum(output_bytes), 0) FROM jobs WHERE user = u.id) "
        "FROM users u ORDER BY u.name",
        (now(),),
    )
    return [UserRow(row[0], bool(row[1]), row[2], row[3], row[4], row[5]) for row in rows]


def _require(db: Connection, name: str) -> None:
    if db.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone() is None:
        what, hint = "There is no user {name}.", "List them: serve users."
        raise BadRequest(Problem("user_unknown", what, hint, {"name": name[:40]}))
