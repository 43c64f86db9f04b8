"""The store's file: what is refused before anything relies on it, and how older tables grow."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import apsw
import pytest

from mti_addon.wire.errors import BadRequest, NotWritable
from mti_backend.server.store import database, schema
from mti_backend.server.store.database import Store, check_version, connect, prepare, transaction


def opened(path: Path) -> apsw.Connection:
    db = connect(path)
    prepare(db, path)
    return db


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.52.0"])
def test_a_sqlite_that_can_lose_data_is_refused(version: str) -> None:
    with pytest.raises(BadRequest, match=version):
        check_version(version)


def test_the_sqlite_that_comes_along_is_safe() -> None:
    check_version(apsw.sqlite_lib_version())


def test_what_is_written_is_synced(tmp_path: Path) -> None:
    db = opened(tmp_path / "server.db")
    assert db.pragma("journal_mode") == "wal"
    assert db.pragma("synchronous") == 2  # FULL
    assert db.pragma("foreign_keys") == 1


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "server.db"
    db = opened(path)
    with transaction(db):
        for number in range(2000):
            db.execute(
                "INSERT INTO users (id, name, admin, created) VALUES (?, ?, 0, 0)",
                (f"{number:032x}", f"user{number}"),
            )
    db.close()
    raw = bytearray(path.read_bytes())
    raw[8192:40_000] = b"\xff" * (40_000 - 8192)
    path.write_bytes(raw)
    with pytest.raises(BadRequest, match="[Rr]estore a backup|cannot be used"):
        opened(path)


@pytest.mark.parametrize("content", [b"no database" * 100, b"SQLite format 3\0" + b"\1" * 99])
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "server.db"
    path.write_bytes(content)
    with pytest.raises(BadRequest, match="cannot be used"):
        opened(path)


def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "server.db"
    db = apsw.Connection(str(path))
    db.execute("CREATE TABLE theirs (x); PRAGMA user_version = 7")
    db.close()
    with pytest.raises(BadRequest, match="another program's"):
        opened(path)
    assert apsw.Connection(str(path)).execute("SELECT count(*) FROM theirs").fetchall() == [(0,)]


def test_a_newer_store_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "server.db"
    opened(path).pragma("user_version", len(schema.MIGRATIONS) + 1)
    with pytest.raises(BadRequest, match="newer version"):
        opened(path)


def test_an_older_store_is_brought_up_to_date_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "server.db"
    opened(path).close()
    more = "ALTER TABLE users ADD COLUMN team TEXT; CREATE TABLE teams (name TEXT) STRICT;"
    monkeypatch.setattr(database, "MIGRATIONS", (*schema.MIGRATIONS, more, "no SQL"))
    with pytest.raises(apsw.SQLError):
        opened(path)
    columns = "SELECT name FROM pragma_table_info('users')"
    assert ("team",) not in connect(path).execute(columns).fetchall()
    monkeypatch.setattr(database, "MIGRATIONS", (*schema.MIGRATIONS, more))
    assert ("team",) in opened(path).execute(columns).fetchall()


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotWritable, match="cannot be opened"):
        connect(tmp_path / "missing" / "server.db")


def test_a_write_that_fails_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "server.db")

    def half(db: apsw.Connection) -> None:
        db.execute("INSERT INTO users (id, name, admin, created) VALUES ('1', 'a', 0, 0)")
        raise ValueError

    with pytest.raises(ValueError):
        store.write(half)
    assert store.db.execute("SELECT count(*) FROM users").fetchall() == [(0,)]
    store.close()


def _add(path: Path, first: int) -> None:
    db = connect(path)
    for number in range(first, first + 50):
        with transaction(db):
            db.execute(
                "INSERT INTO users (id, name, admin, created) VALUES (?, ?, 0, 0)",
                (str(number), f"u{number}"),
            )


def test_the_command_line_and_the_server_may_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "server.db"
    opened(path).close()
    spawn = multiprocessing.get_context("spawn")
    others = [spawn.Process(target=_add, args=(path, 1000 * n)) for n in (1, 2)]
    for process in others:
        process.start()
    _add(path, 0)
    for process in others:
        process.join()
        assert process.exitcode == 0
    assert connect(path).execute("SELECT count(*) FROM users").fetchall() == [(150,)]
