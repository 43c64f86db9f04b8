"""Opens the store: one SQLite file, checked before anything relies on it. The only import of apsw.

SQLite before 3.51.3 can corrupt a database in WAL mode when two connections write and checkpoint
at the same instant (sqlite.org/wal.html#walresetbug); apsw brings its own SQLite, so the system's
does not matter.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import apsw

from mti_addon.wire import files
from mti_addon.wire.errors import BadRequest, DiskFull, NotWritable
from mti_addon.wire.problem import Problem

from .schema import APPLICATION_ID, MIGRATIONS

Connection = apsw.Connection
FIRST_SAFE = (3, 51, 3)
BUSY_MILLISECONDS = 20_000
P = ParamSpec("P")
R = TypeVar("R")


def check_version(version: str) -> None:
    """Raise BadRequest for a version of SQLite that can corrupt the store."""
    numbers = tuple(int(part) for part in version.split(".")[:3])
    if numbers < FIRST_SAFE or numbers == (3, 52, 0):  # 3.52.0 was withdrawn
        raise BadRequest(
            Problem(
                "sqlite_unsafe",
                "SQLite {version} can damage its database, so the server does not start with it.",
                "Install the packages of requirements-server.lock.",
                {"version": version},
            )
        )


def connect(path: Path, read_only: bool = False) -> Connection:
    """Open the store's file, creating it if necessary; the tables are `prepare`'s."""
    check_version(apsw.sqlite_lib_version())
    flags = (
        apsw.SQLITE_OPEN_READONLY
        if read_only
        else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    )
    with translating(path):
        db = Connection(str(path), flags=flags)
        db.set_busy_timeout(BUSY_MILLISECONDS)
        if not read_only:
            db.pragma("journal_mode", "wal")
        db.pragma("synchronous", "FULL")
        db.pragma("foreign_keys", True)
        db.pragma("trusted_schema", False)
    return db


def prepare(db: Connection, path: Path) -> None:
    """Check the file, and bring its tables up to date, in one transaction.

    Before an older file is changed, it is copied to `kept_version`. Raises BadRequest for a damaged
    file, another program's, or a newer version's; DiskFull, NotWritable.
    """
    with translating(path):
        found = str(db.pragma("integrity_check"))
        if found != "ok":
            raise _damaged(path, found)
        with transaction(db):
            version = int(db.pragma("user_version"))
            ours = int(db.pragma("application_id")) == APPLICATION_ID
            if version and not ours:
                raise _damaged(path, "it is another program's")
            if version > len(MIGRATIONS):
                raise BadRequest(
                    Problem(
                        "store_newer",
                        "The store {path} was written by a newer version of the server.",
                        "Start that version, or restore a backup of this one.",
                        {"path": str(path)},
                    )
                )
            if 0 < version < len(MIGRATIONS):
                _keep(path, kept_version(path, version))
            for statement in MIGRATIONS[version:]:
                db.execute(statement)
            db.pragma("user_version", len(MIGRATIONS))
            db.pragma("application_id", APPLICATION_ID)


def kept_version(path: Path, version: int) -> Path:
    """Return where the store is kept as it was before its tables were changed."""
    return path.with_name(f"{path.name}.version-{version}")


def _keep(path: Path, target: Path) -> None:
    """Copy the store whole or not at all. The caller's transaction keeps writers out meanwhile."""
    temp = target.with_name(f"{files.TEMP_PREFIX}{target.name}")
    source = connect(path, read_only=True)
    try:
        with files.translating_os_errors(target):
            temp.unlink(missing_ok=True)  # of a server that was killed here
            os.close(os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            copy_store(source, temp)
            with open(temp, "rb+") as stream:
                os.fsync(stream.fileno())
            os.replace(temp, target)
            files.fsync_dir(target.absolute().parent)
    finally:
        source.close()
        temp.unlink(missing_ok=True)


def copy_store(source: Connection, target: Path) -> None:
    """Copy an open store as it is at one moment into one file, which must be missing or empty.

    The backup interface would need a log and shared memory beside the copy, and calls a full disk
    an I/O error.
    """
    source.execute("VACUUM INTO ?", (str(target),))


def scalar(db: Connection, query: str, values: Sequence[Any] = ()) -> Any:
    """Return the first column of a query's only row."""
    row = db.execute(query, values).fetchone()
    assert row is not None
    return row[0]


@contextmanager
def transaction(db: Connection) -> Iterator[None]:
    """Make all changes of the block, or none."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def translating(path: Path) -> Iterator[None]:
    """Turn SQLite's errors that an administrator can mend into ours."""
    try:
        yield
    except apsw.FullError as error:
        hint = "Free some space; nothing is lost."
        raise DiskFull(Problem("store_full", "There is no space for the store.", hint)) from error
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise _damaged(path, str(error)) from error
    except (apsw.CantOpenError, apsw.ReadOnlyError) as error:
        what = "The store {path} cannot be opened."
        hint = "Check the folder and its permissions."
        raise NotWritable(Problem("store_not_opened", what, hint, {"path": str(path)})) from error


def _damaged(path: Path, reason: str) -> BadRequest:
    return BadRequest(
        Problem(
            "store_damaged",
            "The store {path} cannot be used: {reason}.",
            "Restore a backup (serve restore).",
            {"path": str(path), "reason": reason.splitlines()[0][:200]},
        )
    )


class Store:
    """The open store of a running server: one writer thread, and a reading connection per thread.

    Reads never wait for a write that is being synced to the disk.
    """

    def __init__(self, path: Path) -> None:
        """Open and check the file. Raises BadRequest, NotWritable, DiskFull."""
        self.path = path
        self._db = connect(path)
        prepare(self._db, path)
        self._writer = ThreadPoolExecutor(1, "store")
        self._local = threading.local()

    @property
    def db(self) -> Connection:
        """This thread's connection for reading."""
        found: Connection | None = getattr(self._local, "db", None)
        if found is None:
            found = self._local.db = connect(self.path, read_only=True)
        return found

    def write(
        self, action: Callable[Concatenate[Connection, P], R], *args: P.args, **named: P.kwargs
    ) -> R:
        """Run `action(db, ...)` in one durable transaction; waits for it.

        Raises DiskFull, and what the action raises; nothing has changed then.
        """
        return self._writer.submit(self._run, action, args, named).result()

    async def awrite(
        self, action: Callable[Concatenate[Connection, P], R], *args: P.args, **named: P.kwargs
    ) -> R:
        """Do the same without blocking the event loop."""
        done = self._writer.submit(self._run, action, args, named)
        return await asyncio.wrap_future(done)

    def _run(self, action: Callable[..., R], args: Any, named: Any) -> R:
        with translating(self.path), transaction(self._db):
            return action(self._db, *args, **named)

    def close(self) -> None:
        """Finish what is being written, and close the file."""
        self._writer.shutdown()
        self._db.close()


def now() -> float:
    """Unix seconds; what is stored never depends on their order."""
    return time.time()
