"""Runs jobs on this machine: one detached process for each slot, which keeps its model loaded.

A slot is a device and a folder, `spool/SLOT`. What goes on in it is read from the folder alone, as
Blender does (docs/job.md), so a restarted server finds its runners again. A runner that has ended
its job waits for the next one in the same folder (runner/idle.py).
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mti_addon.wire import files
from mti_addon.wire.errors import BackendMissing, Busy
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import Owner, owner_of, process_identity, read_owner
from mti_addon.wire.problem import Problem
from mti_addon.wire.queue import is_running, is_worked_on

from ..files.folders import move_to
from .executor import Handle, Resources, RunState
from .limits import limited
from .runner import Runner

OFFER_SECONDS = 3.0
"""How long an idle runner may take to see a new job before another one is started."""
STUCK_SECONDS = 120.0
"""A heartbeat, due every 2 s, that is older than this means that the process will not go on."""


@dataclass
class Slot:
    """A device on which one job at a time runs."""

    name: str
    device: str
    folder: Path
    model: str = ""
    """The model of its last job."""
    idle: Owner | None = None
    """The runner that ended its last job, and may be waiting."""
    ends: dict[Handle, float] = field(default_factory=dict)
    """When a cancelled run is killed, by the monotonic clock."""
    offered: float = 0.0
    """When an idle runner was offered a job."""

    def busy(self) -> bool:
        """Return whether there is a job in it."""
        return any(not path.name.startswith(".") for path in self.folder.iterdir())

    def has_idle_runner(self) -> bool:
        """Return whether a runner waits for the next job."""
        return self.idle is not None and process_identity(self.idle.pid) == self.idle.create_time


class ProcessExecutor:
    """One server's own devices."""

    def __init__(self, spool: Path, runner: Runner, devices: Sequence[str]) -> None:
        """`devices` as in MTI_DEVICE, one for each slot; two slots may share one."""
        self._runner = runner
        self._children: list[subprocess.Popen[bytes]] = []
        self.slots = {
            str(number): Slot(str(number), device, spool / str(number))
            for number, device in enumerate(devices)
        }
        for slot in self.slots.values():
            slot.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def submit(self, job: str, epoch: int, folder: Path, resources: Resources) -> Handle:
        """See Executor. Raises Busy if no slot is free, BackendMissing, DiskFull, NotWritable."""
        for slot in self.slots.values():
            if (slot.folder / f"{job}.{epoch}").is_dir():
                return Handle(job, epoch, slot.name)
        slot = self._best_slot(resources)
        place = slot.folder / f"{job}.{epoch}"
        with files.translating_os_errors(folder):
            (folder / "waiting").touch()  # before it is there for an idle runner to see
        warm = slot.has_idle_runner()
        move_to(folder, place)
        slot.model, slot.offered = resources.model, time.monotonic()
        if not warm:
            self._start(slot, JobFolder(place))
        return Handle(job, epoch, slot.name)

    def poll(self, handles: Sequence[Handle]) -> Mapping[Handle, RunState]:
        """See Executor."""
        self._children = [child for child in self._children if child.poll() is None]
        return {handle: self._poll(handle) for handle in handles}

    def cancel(self, handle: Handle, grace_seconds: float) -> None:
        """See Executor."""
        slot = self.slots.get(handle.place)
        if slot is None:
            return
        folder = self._folder(slot, handle)
        if grace_seconds <= 0:
            self._kill(folder)
        elif handle not in slot.ends:
            with contextlib.suppress(OSError):
                folder.cancel_file.touch()
            slot.ends[handle] = time.monotonic() + grace_seconds

    def capacity(self) -> Mapping[str, tuple[int, int]]:
        """See Executor."""
        found: dict[str, tuple[int, int]] = {}
        for slot in self.slots.values():
            free, total = found.get(slot.device, (0, 0))
            found[slot.device] = (free + (not slot.busy()), total + 1)
        return found

    def _best_slot(self, resources: Resources) -> Slot:
        free = [slot for slot in self.slots.values() if not slot.busy()]
        if not free:
            raise Busy(Problem("no_free_slot", "All devices of the server are at work."))

        def cost(slot: Slot) -> tuple[bool, bool]:
            warm = slot.has_idle_runner()
            return (not (warm and slot.model == resources.model), warm)

        return min(free, key=cost)

    def _poll(self, handle: Handle) -> RunState:
        slot = self.slots.get(handle.place)
        if slot is None:  # the server has fewer devices than before
            return RunState.LOST
        folder = self._folder(slot, handle)
        if not folder.path.is_dir():
            return RunState.LOST
        if is_running(folder):
            slot.idle = read_owner(folder.owner_file) or slot.idle
            age = folder.heartbeat_age()
            stuck = is_worked_on(folder) and age is not None and age > STUCK_SECONDS
            if stuck or slot.ends.get(handle, float("inf")) < time.monotonic():
                self._kill(folder)
            return RunState.RUNNING
        if folder.waiting_file.exists() and not folder.launched_file.exists():
            if time.monotonic() - slot.offered > OFFER_SECONDS:  # the idle runner has left
                self._start(slot, folder)
            return RunState.PENDING
        slot.idle = read_owner(folder.owner_file) or slot.idle
        slot.ends.pop(handle, None)
        return RunState.ENDED

    def _folder(self, slot: Slot, handle: Handle) -> JobFolder:
        return JobFolder(slot.folder / f"{handle.job}.{handle.epoch}")

    def _start(self, slot: Slot, folder: JobFolder) -> None:
        """Start a process on a folder that has no pipe, no socket, and outlives the server.

        Raises BackendMissing, DiskFull, NotWritable.
        """
        if shutil.which(self._runner.python) is None:
            raise self._missing(os.strerror(errno.ENOENT))
        with files.translating_os_errors(folder.log_file):
            log = open(folder.log_file, "ab")
        owner = read_owner(folder.owner_file)
        with log:
            try:
                child = subprocess.Popen(
                    limited(self._runner.command(folder.path)),
                    env=self._runner.environment(os.environ, slot.device),
                    cwd=slot.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            except OSError as error:
                raise self._missing(str(error.strerror)) from error
        self._children.append(child)
        slot.offered = time.monotonic()
        launched = owner_of(child.pid, (owner.epoch if owner else 0) + 1)
        files.write_atomic(folder.launched_file, launched.to_json().encode())

    def _missing(self, reason: str) -> BackendMissing:
        what = "The runner's Python, {python}, cannot be started ({reason})."
        values = {"python": self._runner.python, "reason": reason}
        return BackendMissing(Problem("runner_not_started", what, "", values))

    def _kill(self, folder: JobFolder) -> None:
        """End the processes of a folder, those that its runner has started included."""
        for path in (folder.owner_file, folder.launched_file):
            owner = read_owner(path)
            if owner is None or process_identity(owner.pid) != owner.create_time:
                continue
            with contextlib.suppress(OSError):
                if os.getpgid(owner.pid) == owner.pid != os.getpgrp():
                    os.killpg(owner.pid, signal.SIGKILL)
                else:
                    os.kill(owner.pid, signal.SIGKILL)
