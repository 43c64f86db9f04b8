"""serve invite, users, revoke, limit: who may use the server, and how much.

They work on the store directly, whether the server runs or not.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem

from .. import tls
from ..audit import Audit
from ..config import GIB
from ..files.places import Places, existing
from ..store import users
from ..store.database import Connection, connect, prepare, transaction


def add_options(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands to a command line's parser."""
    parser = commands.add_parser("invite", help="print what an artist pastes", parents=[common])
    parser.add_argument("name", help="the artist's name: letters, digits, dots, dashes")
    parser.add_argument("--days", type=float, default=365.0, help="how long (%(default)s)")
    parser.add_argument("--admin", action="store_true", help="may see the administrator's page")
    parser.add_argument(
        *("--address",),
        metavar="HOST:PORT",
        help="where the artist reaches the server (default: where it listens)",
    )
    parser.add_argument(
        "--public", action="store_true", help="behind a proxy with a public certificate: no pin"
    )
    parser.set_defaults(action=invite)
    parser = commands.add_parser("users", help="list them", parents=[common])
    parser.set_defaults(action=listed)
    parser = commands.add_parser("revoke", help="end all tokens of a user", parents=[common])
    parser.add_argument("name")
    parser.add_argument(
        "--admin", action="store_true", help="only the right to see the administrator's page"
    )
    parser.set_defaults(action=revoke)
    parser = commands.add_parser("limit", help="set a user's own limits", parents=[common])
    parser.add_argument("name")
    parser.add_argument("--queued", type=int, help="unfinished jobs")
    parser.add_argument("--stored-gib", type=float, help="uploads and results")
    parser.set_defaults(action=limit)


def invite(options: argparse.Namespace) -> int:
    """Print the pairing string, alone, on stdout."""
    places = Places(options.data)
    address, fingerprint = _where(places, options)
    if not 0 < options.days <= 3650:
        raise BadRequest("--days must be more than 0 and at most 3650.")
    with _opened(places) as db:
        token = users.invite(db, options.name, options.days, options.admin)
    _note(places, "invite", options.name)
    print(f"Paste this once in Blender's preferences, as {options.name}:", file=sys.stderr)
    print(f"mti1:{address}#{fingerprint}#{token}")
    return 0


def listed(options: argparse.Namespace) -> int:
    """Print a table of all users."""
    with _opened(existing(options.data)) as db:
        rows = users.listed(db)
    print(f"{'name':32} {'token until':16} {'running':>7} {'queued':>6} {'stored':>10}")
    for row in rows:
        until = "none" if row.expires is None else _day(row.expires)
        name = f"{row.name} (admin)" if row.admin else row.name
        stored = f"{row.stored_bytes / 1e6:.1f} MB"
        print(f"{name:32} {until:16} {row.running:7} {row.queued:6} {stored:>10}")
    return 0


def revoke(options: argparse.Namespace) -> int:
    """End all tokens of a user, whose jobs go on; or only what `invite --admin` gave."""
    places = existing(options.data)
    if options.admin:
        with _opened(places) as db:
            had = users.revoke_admin(db, options.name)
        _note(places, "revoke admin", options.name)
        print(f"{options.name} {'no longer sees' if had else 'did not see'} the page /admin.")
        return 0
    with _opened(places) as db:
        count = users.revoke(db, options.name)
    _note(places, "revoke", options.name)
    print(f"Tokens of {options.name} revoked: {count}.")
    return 0


def limit(options: argparse.Namespace) -> int:
    """Set a user's own limits."""
    stored = None if options.stored_gib is None else int(options.stored_gib * GIB)
    if (options.queued or 0) < 0 or (stored or 0) < 0:
        raise BadRequest("A limit must not be negative.")
    with _opened(existing(options.data)) as db:
        users.set_limits(db, options.name, options.queued, stored)
    return 0


@contextmanager
def _opened(places: Places) -> Iterator[Connection]:
    """A connection in a transaction, beside the server's: SQLite lets them take turns."""
    db = connect(places.database)
    try:
        prepare(db, places.database)
        with transaction(db):
            yield db
    finally:
        db.close()


def _where(places: Places, options: argparse.Namespace) -> tuple[str, str]:
    """(HOST:PORT, fingerprint) for the pairing string. Raises BadRequest if it is not known."""
    status: dict[str, Any] = {}
    if places.status.is_file():
        status = json.loads(places.status.read_text("utf-8"))
    certificate = places.tls / "certificate.pem"
    if options.public:
        fingerprint = ""
    elif status:
        fingerprint = status["fingerprint"]
    else:
        fingerprint = tls.fingerprint(certificate) if certificate.is_file() else ""
    if options.address:
        own = status.get("certificate", "") if status else str(certificate)
        for warning in _warnings(options.address, status, Path(own) if own else None):
            print(f"mti: warning: {warning}", file=sys.stderr)
        return options.address, fingerprint
    if not status:
        what = "The server is not running, so its address is not known."
        hint = "Start it first, or give --address HOST:PORT."
        raise BadRequest(Problem("server_not_running", what, hint))
    host = status["host"]
    if host in ("0.0.0.0", "::"):  # all of this machine's addresses; artists need one of them
        host = socket.gethostname()
    return f"[{host}]:{status['port']}" if ":" in host else f"{host}:{status['port']}", fingerprint


def _warnings(address: str, status: dict[str, Any], certificate: Path | None) -> Iterator[str]:
    """Say why artists will not get through under an address, as far as is known here."""
    host = address.rpartition(":")[0].strip("[]").lower()
    names = status.get("names")
    if names is not None and host not in names:
        yield (
            f"the running server is not known by the name {host}, and refuses whoever uses it. "
            f"Start it with --name {host}."
        )
    if certificate is not None and certificate.is_file() and not tls.covers(certificate, host):
        yield (
            f"the server's certificate does not name {host}. Blender accepts it if it is pinned "
            "(no --public), browsers do not."
        )


def _note(places: Places, action: str, name: str) -> None:
    audit = Audit(places.audit_log)
    audit.note(action, name, "command line")
    audit.close()


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
