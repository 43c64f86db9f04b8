from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mti_addon.wire import owner as owners
from mti_addon.wire.errors import Busy, NotWritable
from mti_addon.wire.events import Started, encode
from mti_addon.wire.files import append_line
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import (
    LOST_SECONDS,
    STALE_SECONDS,
    JobLock,
    Liveness,
    Owner,
    current_owner,
    is_alive,
    owner_of,
    read_owner,
)
from mti_addon.wire.process import process_identity
from tests.wire.examples import ROOT, child, elsewhere, end, make_job

HOLDER = """
import sys, time
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import JobLock
lock = JobLock(JobFolder(sys.argv[1]))
lock.acquire()
print(lock.epoch, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    return make_job(tmp_path)


def hold(job: JobFolder, code: str = HOLDER) -> subprocess.Popen[str]:
    """Another process that holds the lock."""
    process = child(code, str(job.path))
    assert process.stdout is not None and process.stdout.readline().strip().isdigit()
    return process


def write_owner(job: JobFolder, owner: Owner) -> None:
    job.owner_file.write_text(owner.to_json())


def make_dead() -> Owner:
    """A process of this machine that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = owner_of(process.pid, 1)
    process.communicate()
    return owner


def test_this_process_is_alive_until_its_heart_stops() -> None:
    me = current_owner(3)
    assert (me.pid, me.epoch) == (os.getpid(), 3)
    assert is_alive(me, None) is Liveness.ALIVE
    assert is_alive(me, 0.0) is Liveness.ALIVE
    assert is_alive(me, STALE_SECONDS) is Liveness.ALIVE
    assert is_alive(me, STALE_SECONDS + 0.1) is Liveness.STALE


@pytest.mark.parametrize("age", [None, 0.0, 1e6])
def test_who_is_dead_and_who_is_elsewhere(age: float | None) -> None:
    me = current_owner(1)
    later_process_with_that_pid = dataclasses.replace(me, create_time=me.create_time - 1)
    before_the_boot = dataclasses.replace(me, boot_id="another")
    for owner in (make_dead(), later_process_with_that_pid, before_the_boot):
        assert is_alive(owner, age) is Liveness.DEAD
    expected = Liveness.DEAD if age == 1e6 else Liveness.ELSEWHERE
    assert is_alive(elsewhere(me), age) is expected


def test_a_runner_elsewhere_whose_heart_stopped_long_ago_is_dead() -> None:
    there = elsewhere(current_owner(1))
    assert is_alive(there, STALE_SECONDS + 1) is Liveness.ELSEWHERE
    assert is_alive(there, LOST_SECONDS) is Liveness.ELSEWHERE
    assert is_alive(there, LOST_SECONDS + 1) is Liveness.DEAD


@pytest.mark.parametrize("age", [None, 0.0, 60.0])
def test_a_machine_that_was_renamed_is_still_this_one(age: float | None) -> None:
    """DHCP or joining a domain: the name changes, the processes do not."""
    me = dataclasses.replace(current_owner(1), host="dhcp-172-16-0-9")
    alive = Liveness.ALIVE if age in (None, 0.0) else Liveness.STALE
    assert is_alive(me, age) is alive
    assert is_alive(dataclasses.replace(make_dead(), host="dhcp-172-16-0-9"), age) is Liveness.DEAD


def test_renamed_and_booted_since_it_is_dead_as_soon_as_its_heart_is_still() -> None:
    """A beating heart may belong to another machine with a copy of this one's disk."""
    before = dataclasses.replace(current_owner(1), host="old-name", boot_id="another")
    assert is_alive(before, 0.0) is Liveness.ELSEWHERE
    for age in (None, STALE_SECONDS + 1):
        assert is_alive(before, age) is Liveness.DEAD


@pytest.mark.parametrize("age", [None, 0.0, 60.0])
def test_where_boots_have_no_names_the_machine_s_own_tells(
    age: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows and macOS, whose start times are absolute."""
    monkeypatch.setattr(owners, "boot_id", lambda: "")
    me = current_owner(1)
    assert me.boot_id == "" and me.machine
    renamed = dataclasses.replace(me, host="old-name")
    alive = Liveness.ALIVE if age in (None, 0.0) else Liveness.STALE
    assert is_alive(renamed, age) is is_alive(me, age) is alive
    dead = dataclasses.replace(renamed, create_time=me.create_time - 1)
    copied = Liveness.ELSEWHERE if age == 0.0 else Liveness.DEAD
    assert is_alive(dead, age) is copied
    assert is_alive(dataclasses.replace(dead, host=me.host), age) is Liveness.DEAD
    # two machines may have the same name, such as localhost
    namesake = dataclasses.replace(elsewhere(me), host=me.host)
    assert is_alive(namesake, age) is Liveness.ELSEWHERE


def test_a_machine_without_an_id_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "boot_id", lambda: "")
    monkeypatch.setattr(owners, "machine_id", lambda: "")
    me = current_owner(1)
    assert is_alive(me, 0.0) is Liveness.ALIVE
    assert is_alive(dataclasses.replace(me, host="farm-7"), 0.0) is Liveness.ELSEWHERE


def test_the_owner_of_an_older_version_is_read(job: JobFolder) -> None:
    """It has no `machine` field."""
    me = current_owner(4)
    job.owner_file.write_text(dataclasses.replace(me, machine="").to_json())
    text = job.owner_file.read_text()
    job.owner_file.write_text(text.replace(',"machine":""', ""))
    assert "machine" not in job.owner_file.read_text()
    old = read_owner(job.owner_file)
    assert old == dataclasses.replace(me, machine="")
    assert is_alive(old, 0.0) is Liveness.ALIVE


CONTAINER = ["unshare", "--pid", "--fork", "--mount-proc"]


def test_a_runner_in_a_container_is_judged_by_its_heart(job: JobFolder) -> None:
    """Its process ID belongs to another namespace (as in Flatpak)."""
    command = [*CONTAINER, sys.executable, "-c", HOLDER, str(job.path)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        if not process.stdout.readline().strip().isdigit():
            pytest.skip("no container can be made here")
        owner = read_owner(job.owner_file)
        assert owner is not None and process_identity(owner.pid) != owner.create_time
        assert is_alive(owner, job.heartbeat_age()) is Liveness.ELSEWHERE
        with pytest.raises(Busy):
            JobLock(job).acquire()
    finally:
        process.communicate("", timeout=20)
    # of the same system, so that no clock or network is involved
    assert is_alive(owner, STALE_SECONDS + 1) is Liveness.DEAD


def test_owner_json_survives_the_round_trip(job: JobFolder) -> None:
    write_owner(job, current_owner(2))
    assert read_owner(job.owner_file) == current_owner(2)
    for garbage in (b"", b"{", b"[]", b'{"pid":1}', b"\xff"):
        job.owner_file.write_bytes(garbage)
        assert read_owner(job.owner_file) is None


def test_a_second_runner_is_refused_and_told_who_is_first(job: JobFolder) -> None:
    first = hold(job)
    try:
        before = job.owner_file.read_bytes()
        with pytest.raises(Busy, match=f"^Process {first.pid} on ") as caught:
            JobLock(job).acquire()
        assert caught.value.hint
        assert job.owner_file.read_bytes() == before
    finally:
        end(first)


def test_the_lock_is_free_after_sigkill_and_the_epoch_goes_on(job: JobFolder) -> None:
    for epoch in (1, 2, 3):
        process = hold(job)
        owner = read_owner(job.owner_file)
        assert owner is not None and (owner.pid, owner.epoch) == (process.pid, epoch)
        assert is_alive(owner, job.heartbeat_age()) is Liveness.ALIVE
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert is_alive(owner, job.heartbeat_age()) is Liveness.DEAD
    with JobLock(job) as lock:
        assert lock.epoch == 4 and lock.is_mine()


def test_a_stopped_runner_keeps_the_lock_and_becomes_stale(job: JobFolder) -> None:
    process = hold(job)
    try:
        os.kill(process.pid, signal.SIGSTOP)
        long_ago = time.time() - 60
        os.utime(job.heartbeat_file, (long_ago, long_ago))
        owner = read_owner(job.owner_file)
        assert owner is not None
        assert is_alive(owner, job.heartbeat_age()) is Liveness.STALE
        with pytest.raises(Busy):
            JobLock(job).acquire()
    finally:
        end(process)


def acquired_within(job: JobFolder, seconds: float) -> JobLock:
    """Acquire the lock; a child process that was just forked may still hold it for a moment."""
    lock, deadline = JobLock(job), time.monotonic() + seconds
    while True:
        try:
            lock.acquire()
            lock.release()
            return lock
        except Busy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


FORKER = HOLDER.replace(
    "sys.stdin.read()",
    """
import os, signal
pid = os.fork()
if pid == 0:
    time.sleep(60)
print(pid, flush=True)
sys.stdin.read()
""",
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_does_not_keep_the_lock_of_a_killed_runner(job: JobFolder) -> None:
    process = hold(job, FORKER)
    assert process.stdout is not None
    orphan = int(process.stdout.readline())
    try:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        os.kill(orphan, 0)
        assert acquired_within(job, seconds=5.0).epoch == 2
    finally:
        os.kill(orphan, signal.SIGKILL)
        end(process)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_does_not_free_the_lock_of_a_living_runner(job: JobFolder) -> None:
    process = hold(job, FORKER)
    assert process.stdout is not None
    orphan = int(process.stdout.readline())
    try:
        os.kill(orphan, signal.SIGKILL)
        with pytest.raises(Busy):
            JobLock(job).acquire()
    finally:
        end(process)


def test_the_lock_is_believed_and_not_a_lying_owner_json(job: JobFolder) -> None:
    process = hold(job)
    try:
        write_owner(job, dataclasses.replace(make_dead(), epoch=7))
        with pytest.raises(Busy):
            JobLock(job).acquire()
    finally:
        end(process)
    write_owner(job, current_owner(7))  # alive, but not holding the lock
    with JobLock(job) as lock:
        assert lock.epoch == 8


def test_an_unreadable_owner_json_does_not_set_the_epoch_back(job: JobFolder) -> None:
    job.owner_file.write_bytes(b"\x00\x00")
    append_line(job.events_file, encode(Started("draft", "cpu", 5, {}), 1, 0.0))
    with JobLock(job) as lock:
        assert lock.epoch == 6


def test_another_machine_is_respected_while_its_heart_beats(job: JobFolder) -> None:
    write_owner(job, elsewhere(current_owner(3)))
    job.heartbeat_file.touch()
    with pytest.raises(Busy, match="on farm-7"):
        JobLock(job).acquire()
    long_ago = time.time() - STALE_SECONDS - 5
    os.utime(job.heartbeat_file, (long_ago, long_ago))
    with JobLock(job) as lock:
        assert lock.epoch == 4


def test_a_refused_runner_can_try_again(job: JobFolder) -> None:
    process, lock = hold(job), JobLock(job)
    with pytest.raises(Busy):
        lock.acquire()
    end(process)
    lock.acquire()
    lock.release()
    lock.release()


def test_leaving_in_order_removes_the_heartbeat_and_keeps_the_epoch(job: JobFolder) -> None:
    lock = JobLock(job)
    with lock:
        assert job.heartbeat_file.exists()
    assert not job.heartbeat_file.exists() and not lock.is_mine()
    owner = read_owner(job.owner_file)
    assert owner is not None and owner.epoch == 1


def test_a_dead_runner_s_heartbeat_does_not_make_the_next_look_stuck(job: JobFolder) -> None:
    job.heartbeat_file.touch()
    os.utime(job.heartbeat_file, (0, 0))
    with JobLock(job):
        age = job.heartbeat_age()
        assert age is not None and age < 5


def test_a_runner_that_lost_the_folder_notices(job: JobFolder) -> None:
    with JobLock(job) as lock:
        write_owner(job, elsewhere(current_owner(1)))
        assert not lock.is_mine()


def test_an_owner_that_cannot_be_read_is_no_other_one(job: JobFolder) -> None:
    """A virus scanner may hold the file briefly, or the network may be down; a deleted file is
    gone."""
    with JobLock(job) as lock:
        mine = job.owner_file.read_bytes()
        job.owner_file.write_bytes(b"")
        assert lock.is_mine()
        job.owner_file.unlink()
        assert not lock.is_mine()
        job.owner_file.mkdir()
        assert lock.is_mine()
        job.owner_file.rmdir()
        job.owner_file.write_bytes(mine)
        assert lock.is_mine()
    assert not job.heartbeat_file.exists()


RACER = """
import sys
from mti_addon.wire.errors import Busy
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import JobLock
print("ready", flush=True)
sys.stdin.readline()
try:
    JobLock(JobFolder(sys.argv[1])).acquire()
    print("won", flush=True)
except Busy:
    print("lost", flush=True)
sys.stdin.readline()
"""


def test_of_many_runners_that_start_at_once_one_wins(job: JobFolder) -> None:
    racers = [child(RACER, str(job.path)) for _ in range(6)]
    try:
        for racer in racers:
            assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        answers = [racer.stdout.readline().strip() for racer in racers if racer.stdout]
        assert sorted(answers) == ["lost"] * 5 + ["won"]
    finally:
        for racer in racers:
            end(racer)


def test_a_read_only_job_is_not_writable(read_only: Path) -> None:
    with pytest.raises(NotWritable):
        JobLock(JobFolder(read_only)).acquire()
