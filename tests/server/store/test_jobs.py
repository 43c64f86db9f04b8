"""Jobs in the store: once per key, owner in every query, and only the current attempt counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from mti_addon.wire.errors import BadRequest
from mti_backend.server.store import blobs, events, jobs, users
from mti_backend.server.store.database import connect, prepare
from mti_backend.server.store.events import Taken
from mti_backend.server.store.jobs import Job, NewJob


@pytest.fixture
def db(tmp_path: Path) -> Iterator[apsw.Connection]:
    path = tmp_path / "server.db"
    found = connect(path)
    prepare(found, path)
    yield found
    found.close()


def user(db: apsw.Connection, name: str = "anna") -> str:
    found = users.user_of(db, users.invite(db, name, 1))
    assert found is not None
    return found.id


def add(db: apsw.Connection, whose: str, key: str = "key-0001") -> Job:
    new = NewJob(whose, key, "body", "{}", "wave", "learn", "draft", "work", {"a.png": "0" * 64})
    return jobs.add(db, new)


def test_a_token_is_stored_as_a_hash(db: apsw.Connection, tmp_path: Path) -> None:
    token = users.invite(db, "anna", 1)
    db.pragma("wal_checkpoint(truncate)")
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token.encode() not in stored and users.hashed(token) in stored
    assert len(token) >= 43


def test_a_token_ends_when_revoked_or_expired(db: apsw.Connection) -> None:
    old, new = users.invite(db, "anna", -1), users.invite(db, "anna", 1)
    assert users.user_of(db, old) is None and users.user_of(db, new) is not None
    assert users.revoke(db, "anna") == 1
    assert users.user_of(db, new) is None
    assert users.user_of(db, "") is None


def test_a_new_invitation_is_for_the_same_user(db: apsw.Connection) -> None:
    assert user(db) == user(db)


@pytest.mark.parametrize("name", ["", "-a", "a b", "a" * 33, "ä", "../a", "a\n"])
def test_odd_names_are_refused(db: apsw.Connection, name: str) -> None:
    with pytest.raises(BadRequest):
        users.invite(db, name, 1)


def test_a_user_that_is_not_there_is_told(db: apsw.Connection) -> None:
    with pytest.raises(BadRequest, match="no user nobody"):
        users.revoke(db, "nobody")


def test_nobody_sees_another_s(db: apsw.Connection) -> None:
    anna, ben = user(db), user(db, "ben")
    job = add(db, anna)
    blobs.add(db, anna, "0" * 64, 5)
    assert jobs.of_user(db, anna, job.id) == job and jobs.of_user(db, ben, job.id) is None
    assert jobs.by_key(db, ben, job.key) is None and jobs.all_of_user(db, ben) == []
    assert not jobs.delete(db, ben, job.id)
    assert blobs.size_of(db, anna, "0" * 64) == 5 and blobs.size_of(db, ben, "0" * 64) is None
    assert (blobs.stored_bytes(db, anna), blobs.stored_bytes(db, ben)) == (5, 0)


def test_a_key_is_a_user_s_own(db: apsw.Connection) -> None:
    first = add(db, user(db))
    second = add(db, user(db, "ben"), first.key)
    assert first.id != second.id
    with pytest.raises(apsw.ConstraintError):
        add(db, first.user, first.key)


def test_an_attempt_that_is_over_changes_nothing(db: apsw.Connection) -> None:
    job = add(db, user(db))
    epoch = jobs.lease(db, job.id, job.user)
    assert epoch == 1 and jobs.lease(db, job.id, job.user) is None
    assert jobs.requeue(db, job.id, 1, 0.0, 1)
    assert jobs.lease(db, job.id, job.user) == 2
    assert events.take_in(db, [Taken(job.id, 1, ["{}"], 10, 1, 5, None)]) == []
    assert not jobs.set_handle(db, job.id, 1, "handle")
    assert not jobs.requeue(db, job.id, 1, 0.0, 1)
    assert not jobs.finish(db, job.id, 1, "done", [("a", 1, "0" * 64)])
    assert events.after(db, job.id, 0) == [] and jobs.files_of(db, job.id) == []
    assert events.take_in(db, [Taken(job.id, 2, ["{}"], 10, 1, 5, None)]) == [job.id]
    assert jobs.finish(db, job.id, 2, "done", [("a", 1, "0" * 64)])
    assert not jobs.finish(db, job.id, 2, "failed")
    found = jobs.get(db, job.id)
    assert found is not None and found.state == "done" and found.progress == 5


def test_progress_forgives_earlier_losses(db: apsw.Connection) -> None:
    job = add(db, user(db))
    jobs.lease(db, job.id, job.user)
    jobs.requeue(db, job.id, 1, 0.0, 2)
    jobs.lease(db, job.id, job.user)
    events.take_in(db, [Taken(job.id, 2, [], 0, 0, 0, None)])
    assert getattr(jobs.get(db, job.id), "stalled", None) == 2
    events.take_in(db, [Taken(job.id, 2, [], 0, 0, 10, None)])
    assert getattr(jobs.get(db, job.id), "stalled", None) == 0


def test_events_are_numbered_over_all_attempts(db: apsw.Connection) -> None:
    job = add(db, user(db))
    assert events.append(db, job.id, ["a", "b"]) == 2
    assert events.append(db, job.id, ["c"]) == 3
    assert events.after(db, job.id, 1) == [(2, "b"), (3, "c")]
    assert events.after(db, job.id, 0, 2) == [(1, "a"), (2, "b")]


def test_a_deleted_job_leaves_no_rows(db: apsw.Connection) -> None:
    job = add(db, user(db))
    assert not jobs.delete(db, job.user, job.id)  # it is not finished
    events.append(db, job.id, ["a"])
    jobs.finish(db, job.id, 0, "cancelled")
    assert jobs.delete(db, job.user, job.id)
    for table in ("jobs", "inputs", "events", "files"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)], table


def test_a_blob_is_kept_while_a_job_needs_it(db: apsw.Connection) -> None:
    job = add(db, user(db))
    for sha256 in ("0" * 64, "1" * 64):
        blobs.add(db, job.user, sha256, 5)
    blobs.forget_unused(db, -1.0)
    assert blobs.size_of(db, job.user, "0" * 64) == 5
    assert blobs.size_of(db, job.user, "1" * 64) is None and not blobs.is_known(db, "1" * 64)
