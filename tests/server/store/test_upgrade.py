"""A newer server brings an older store up to date when it starts, and keeps it as it was."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from mti_addon.wire.errors import DiskFull
from mti_backend.server.store import database, schema, users
from mti_backend.server.store.database import connect, kept_version, prepare, transaction
from tests.mounting import mounted
from tests.server.serving import Client, invited, running, start

OLDER = sorted(Path(__file__).parent.glob("version_*.sql"))
"""Stores that earlier servers have left, one for each version of the tables."""
NEWER = (
    "ALTER TABLE users ADD COLUMN team TEXT NOT NULL DEFAULT 'all';"
    "CREATE INDEX jobs_of_user ON jobs (user, created);"
)
COUNTS = {"users": 2, "tokens": 2, "jobs": 2, "blobs": 3, "events": 44, "files": 17}


def older(data: Path, script: Path) -> tuple[Path, int]:
    """A data folder with an older store; the store, and its version."""
    data.mkdir(mode=0o700)
    db = apsw.Connection(str(data / "server.db"))
    db.execute(script.read_text("utf-8"))
    version = int(db.pragma("user_version"))
    assert script.name == f"version_{version}.sql"
    db.close()
    return data / "server.db", version


def counts(db: apsw.Connection) -> dict[str, int]:
    found = {}
    for name in COUNTS:
        ((found[name],),) = db.execute(f"SELECT count(*) FROM {name}")
    return found


def tables(db: apsw.Connection) -> list[tuple[str, str]]:
    """Every table and index, as it was made, without spaces and comments."""
    found = []
    for name, sql in db.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"):
        found.append((str(name), re.sub(r"--[^\n]*|\s", "", str(sql))))
    return sorted(found)


def test_there_is_a_store_of_every_version() -> None:
    """Whoever adds a migration commits a store of the version before it."""
    versions = [int(path.stem.removeprefix("version_")) for path in OLDER]
    assert set(range(1, len(schema.MIGRATIONS))) | {1} <= set(versions)


@pytest.mark.parametrize("script", OLDER, ids=lambda path: path.stem)
def test_an_older_store_becomes_what_a_new_one_is(data: Path, script: Path) -> None:
    path, version = older(data, script)
    db, new = connect(path), connect(data / "new.db")
    prepare(db, path)
    prepare(new, data / "new.db")
    assert tables(db) == tables(new) and counts(db) == COUNTS
    assert db.pragma("user_version") == new.pragma("user_version") == len(schema.MIGRATIONS)
    # what is up to date already is not copied
    assert kept_version(path, version).exists() == (version < len(schema.MIGRATIONS))
    assert list(db.execute("PRAGMA foreign_key_check")) == []
    db.close()
    new.close()


@pytest.mark.parametrize("script", OLDER, ids=lambda path: path.stem)
def test_a_server_of_a_newer_version_starts_on_an_older_store(data: Path, script: Path) -> None:
    path, version = older(data, script)
    with running(data, "--newer", NEWER) as server:
        token = _token(path)
        client = Client(server.port, token)
        (job,) = client.get("/v1/jobs").json["jobs"]
        assert (job["state"], job["name"], job["seq"]) == ("done", "finish", 22)
        assert client.lines(job["id"])[-1]["event"] == "done"
        second = client.submit("finish")["id"]
        assert client.wait(second)["state"] == "done"
        client.close()
    kept = kept_version(path, version)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in data.glob("server.db.version-*")] == [kept.name]
    assert not list(data.glob(".tmp-*"))
    with running(data, "--newer", NEWER):
        pass  # it is done once

    # The way back: the older server refuses what is newer, and takes what was kept.
    with pytest.raises(AssertionError, match="newer version"):
        start(data)
    for each in data.glob("server.db*"):
        if each != kept:
            each.unlink()
    kept.rename(path)
    with running(data) as server:
        client = Client(server.port, invited(data, "anna"))
        assert [each["id"] for each in client.get("/v1/jobs").json["jobs"]] == [job["id"]]
        client.close()


def _token(path: Path) -> str:
    """Another token for a user of the older store, written by the newer version."""
    db = connect(path)
    with transaction(db):
        token = users.invite(db, "anna", 1.0, False)
    db.close()
    return token


def test_what_was_kept_is_what_was_there(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, version = older(data, OLDER[-1])
    before = list(connect(path).execute("SELECT * FROM jobs ORDER BY id"))
    monkeypatch.setattr(database, "MIGRATIONS", (*schema.MIGRATIONS, NEWER))
    db = connect(path)
    prepare(db, path)
    assert ("all",) in list(db.execute("SELECT team FROM users"))
    db.close()
    kept = apsw.Connection(str(kept_version(path, version)), flags=apsw.SQLITE_OPEN_READONLY)
    assert kept.pragma("integrity_check") == "ok" and kept.pragma("user_version") == version
    assert kept.pragma("journal_mode") == "delete"  # it is one file, which can be copied
    assert list(kept.execute("SELECT * FROM jobs ORDER BY id")) == before and counts(kept) == COUNTS
    kept.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, with little space."""
    with mounted(tmp_path / "disk", "size=1m") as place:
        yield place


def test_without_space_for_the_copy_nothing_is_changed(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, version = older(small / "data", OLDER[-1])
    monkeypatch.setattr(database, "MIGRATIONS", (*schema.MIGRATIONS, NEWER))
    db = connect(path)
    usage = os.statvfs(small)
    filler = small / "filler"
    filler.write_bytes(bytes((usage.f_bavail - 12) * usage.f_frsize))  # less than the store has
    with pytest.raises(DiskFull, match="no space|full|[Ff]ree"):
        prepare(db, path)
    known = {"server.db", "server.db-shm", "server.db-wal"}
    assert set(os.listdir(path.parent)) <= known
    assert db.pragma("user_version") == version and counts(db) == COUNTS
    filler.unlink()
    prepare(db, path)
    assert kept_version(path, version).exists() and db.pragma("user_version") > version
    db.close()
