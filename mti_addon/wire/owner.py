"""The process working on a job, whether it is alive, and its lock; stdlib only.

owner.json tells Blender which process to look for. The lock file keeps a second runner out: the
system releases it when its holder dies, in whatever way, so it is never wrong.
"""

from __future__ import annotations

import contextlib
import enum
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from . import codec, files, locking
from .codec import Constraint, Range
from .errors import Busy, MtiError, NotWritable
from .events import EventReader, Started
from .job import JobFolder
from .problem import Problem
from .process import boot_id, machine_id, process_identity

__all__ = [
    "LOST_SECONDS",
    "STALE_SECONDS",
    "JobLock",
    "Liveness",
    "Owner",
    "current_owner",
    "is_alive",
    "process_identity",
    "read_owner",
]

STALE_SECONDS = 10.0
"""A heartbeat, due every 2 s, that is older than this means that the runner hangs."""
LOST_SECONDS = 300.0
"""A runner on another machine with an older heartbeat is considered dead. The clocks of machines
sharing a folder differ by less, as authentication between them requires it."""

WAIT = "Wait for it, or cancel it."


@dataclass(frozen=True)
class Owner:
    """A process of one boot of one machine, and its ordinal among the job's runners."""

    pid: Annotated[int, Range(1, 2**32, "", "Process ID.")]
    create_time: Annotated[float, Constraint(None, "Start time, on the system's own scale.")]
    boot_id: Annotated[str, Constraint(None, "Identifies the boot; empty where not needed.")]
    machine: Annotated[
        str, Constraint(None, "Identifies the machine even if renamed; empty if unknown.")
    ]
    host: Annotated[str, Constraint(None, "The machine's name, for display.")]
    epoch: Annotated[int, Range(0, 10**9, "", "Ordinal of the runner in this job: 1, 2, ...")]

    def to_json(self) -> str:
        """Return the text of owner.json and launched.json."""
        return codec.dumps(codec.to_dict(self)) + "\n"


class Liveness(enum.Enum):
    """What is known about an owner."""

    ALIVE = "alive"
    STALE = "stale"
    """The process is alive, but its heartbeat is older than STALE_SECONDS."""
    DEAD = "dead"
    ELSEWHERE = "elsewhere"
    """On another machine, or in another container, where only the heartbeat is visible."""


def current_owner(epoch: int) -> Owner:
    """Return this process."""
    return owner_of(os.getpid(), epoch)


def owner_of(pid: int, epoch: int) -> Owner:
    """Return a process of this machine; if it has already ended, its create_time is -1."""
    started = process_identity(pid)
    start = -1.0 if started is None else started
    return Owner(pid, start, boot_id(), machine_id(), socket.gethostname(), epoch)


def read_owner(path: Path) -> Owner | None:
    """Read owner.json or launched.json; None if missing or unreadable."""
    try:
        value = codec.loads(path.read_bytes(), path.name)
        if isinstance(value, dict):
            value.setdefault("machine", "")  # older versions only recorded the host
        return codec.from_dict(Owner, value, path.name)
    except (OSError, MtiError):
        return None


def is_alive(owner: Owner, heartbeat_age: float | None) -> Liveness:
    """Return whether this owner is working; heartbeat_age in seconds, None before the first.

    A machine's name may change at any time, so it is only used where nothing better is known.
    """
    fresh = heartbeat_age is not None and heartbeat_age <= STALE_SECONDS
    if _has_our_numbers(owner) and process_identity(owner.pid) == owner.create_time:
        stale = heartbeat_age is not None and not fresh
        return Liveness.STALE if stale else Liveness.ALIVE
    if _is_this_machine(owner):
        # Cloned machines share an ID, and containers share a system; only a heartbeat tells which
        # one is meant.
        maybe_another = owner.host != socket.gethostname() or _is_of_another_container(owner)
        surely_here = _has_our_numbers(owner) and owner.boot_id
        return Liveness.ELSEWHERE if fresh and maybe_another and not surely_here else Liveness.DEAD
    lost = heartbeat_age is not None and heartbeat_age > LOST_SECONDS
    return Liveness.DEAD if lost else Liveness.ELSEWHERE


def _has_our_numbers(owner: Owner) -> bool:
    """Return whether this owner shares our process IDs."""
    return owner.boot_id == boot_id() and (bool(owner.boot_id) or _is_this_machine(owner))


def _is_this_machine(owner: Owner) -> bool:
    if owner.boot_id and _system(owner.boot_id) == _system(boot_id()):
        return True
    if owner.machine and machine_id():
        return owner.machine == machine_id()
    return owner.host == socket.gethostname()


def _is_of_another_container(owner: Owner) -> bool:
    same_system = _system(owner.boot_id) == _system(boot_id())
    return same_system and owner.boot_id != boot_id()


def _system(boot: str) -> str:
    return boot.partition("/")[0]


class JobLock:
    """Ensures that a job has one live runner.

    Do not use it to inspect a job: that would turn a runner away.
    """

    def __init__(self, job: JobFolder) -> None:
        self.job = job
        self.epoch = 0
        self._descriptor: int | None = None
        self._owner: Owner | None = None

    def acquire(self) -> None:
        """Become the job's runner, with the next epoch; raise Busy, NotWritable, DiskFull."""
        with files.translating_os_errors(self.job.lock_file):
            descriptor = os.open(self.job.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._lock(descriptor)
            self._refuse_elsewhere()
            epoch = self._last_epoch() + 1
            # Before owner.json, so that a dead predecessor's heartbeat does not make this runner
            # look stuck.
            with files.translating_os_errors(self.job.heartbeat_file):
                self.job.heartbeat_file.touch()
            owner = current_owner(epoch)
            files.write_atomic(self.job.owner_file, owner.to_json().encode("utf-8"))
            with files.translating_os_errors(self.job.waiting_file):
                self.job.waiting_file.unlink(missing_ok=True)  # its turn has come
        except BaseException:
            os.close(descriptor)
            raise
        self.epoch, self._owner, self._descriptor = epoch, owner, descriptor
        locking.hold(descriptor)

    def release(self) -> None:
        """Let the next runner in. owner.json stays, for its epoch; the heartbeat is removed."""
        if self._descriptor is None:
            return
        if self.is_mine():  # otherwise it is the heartbeat of the runner that took over
            with contextlib.suppress(OSError):
                self.job.heartbeat_file.unlink()
        locking.let_go(self._descriptor)
        self._descriptor = None

    def is_mine(self) -> bool:
        """Return whether the lock is held, and owner.json names no runner of a later epoch.

        This is checked twice a second for hours, so a network disk or virus scanner that blocks
        reading for a moment must not end the work.
        """
        if self._descriptor is None:
            return False
        owner = read_owner(self.job.owner_file)
        if owner is None:
            return _may_be_there(self.job.owner_file)
        return owner == self._owner

    def __enter__(self) -> JobLock:
        self.acquire()
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def _lock(self, descriptor: int) -> None:
        try:
            locking.try_lock(descriptor)
        except OSError as error:
            if error.errno in locking.NO_LOCKS:
                raise NotWritable(
                    Problem(
                        "disk_without_locks",
                        "The file system of {path} does not support locking files.",
                        "Keep the jobs in a folder on a local disk.",
                        {"path": str(self.job.path)},
                    )
                ) from error
            raise self._busy() from error

    def _refuse_elsewhere(self) -> None:
        """Raise Busy for a runner on another machine, whose lock may be invisible here."""
        owner, age = read_owner(self.job.owner_file), self.job.heartbeat_age()
        if owner is None or age is None or age > STALE_SECONDS:
            return
        if is_alive(owner, age) is Liveness.ELSEWHERE:
            raise self._busy()

    def _busy(self) -> Busy:
        owner = read_owner(self.job.owner_file)
        if owner is None:
            what = "Another process is already working on this job."
            return Busy(Problem("job_worked_on_by_other", what, WAIT))
        return Busy(
            Problem(
                "job_worked_on_by_process",
                "Process {pid} on {host} is already working on this job.",
                WAIT,
                {"pid": owner.pid, "host": owner.host},
            )
        )

    def _last_epoch(self) -> int:
        owner = read_owner(self.job.owner_file)
        if owner is not None:
            return owner.epoch
        reader = EventReader(self.job.events_file)
        with contextlib.suppress(MtiError):
            started = [e.epoch for _, _, e in reader.read_new() if isinstance(e, Started)]
            return max(started, default=0)
        return 0


def _may_be_there(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True
