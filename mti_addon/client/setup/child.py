"""Run other programs in a task's process; wire and stdlib only.

The programs (pip, venv, nvidia-smi, the backend) write into the task's log. They are stopped on
cancel, and one that outlived a killed task is ended before the next one starts: two instances of
pip would corrupt an environment.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...wire import files
from ...wire.errors import Busy, Cancelled, MtiError
from ...wire.owner import Liveness, is_alive, owner_of, read_owner
from ...wire.problem import Problem
from .folder import STARTING, SetupTaskFolder, SetupTaskState, write_json

TICK_SECONDS = 0.2
TELL_SECONDS = 0.5
HEARTBEAT_SECONDS = 2.0
KILL_SECONDS = 10.0
"""A killed program that is still alive after this time is blocked by a lost disk or driver."""
RESERVE_BYTES = 16 * 1024
CANCELLED = Problem(
    "task_cancelled", "The task was cancelled.", "Start it again to continue where it stopped."
)
abandoned: list[subprocess.Popen[bytes]] = []
"""Programs that did not end when they were killed."""


@dataclass(frozen=True)
class CompletedProcess:
    """A program that has ended: its exit code, and all of its output."""

    returncode: int
    output: str


class TaskProcess:
    """The task's process itself: reports progress and runs programs."""

    def __init__(self, task: SetupTaskFolder, echo: bool = False) -> None:
        self.task, self.echo = task, echo
        self.state = SetupTaskState("running", STARTING)
        self._told = self._beaten = 0.0

    def tell(self, said: Problem, fraction: float, **more: Any) -> None:
        """Report progress; can be called often, since it is written at most twice a second."""
        self.tick()
        if said != self.state.said:
            self.log(str(said))
        elif time.monotonic() - self._told < TELL_SECONDS:
            return
        self.state = SetupTaskState("running", said, min(max(fraction, 0.0), 1.0), **more)
        self._told = time.monotonic()
        # Whatever fills the disk reports that itself, and whatever frees space must not fail
        # because of this report.
        with contextlib.suppress(MtiError, OSError):
            self.task.write_state(self.state)

    def end(self, **changes: Any) -> None:
        """Write the final state."""
        before, self.state = self.state, dataclasses.replace(self.state, **changes)
        with contextlib.suppress(OSError):
            self.task.reserve_file.unlink()
        self.task.write_state(self.state)
        if self.state.said not in (None, before.said):
            self.log(str(self.state.said))

    def log(self, text: str) -> None:
        """Write a line to the log."""
        with contextlib.suppress(OSError), open(self.task.job.log_file, "ab") as stream:
            stream.write(f"{time.strftime('%H:%M:%S')} {text}\n".encode())
        if self.echo:
            print(text, flush=True)

    def tick(self) -> None:
        """Update the heartbeat, and check for a request to stop. Raises Cancelled."""
        if time.monotonic() - self._beaten > HEARTBEAT_SECONDS:
            self._beaten = time.monotonic()
            with contextlib.suppress(OSError):
                self.task.job.heartbeat_file.touch()
        if self.task.job.cancel_asked():
            raise Cancelled(CANCELLED)

    def run(
        self,
        command: list[str],
        environment: Mapping[str, str],
        watch: Callable[[str], None] = lambda output: None,
    ) -> CompletedProcess:
        """Run a program to its end.

        `watch` is called with its output so far, five times a second. Raises Cancelled, and OSError
        if it cannot be started.
        """
        with open(self.task.job.log_file, "ab") as log:
            begin = log.tell()
            child = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=self.task.path,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **_own_group(),
            )
        try:
            write_json(self.task.child_file, owner_of(child.pid, 1))
            while child.poll() is None:
                self.tick()
                watch(self._output(begin))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(TICK_SECONDS)
        except BaseException:
            end_tree(child.pid)
            try:
                child.wait(KILL_SECONDS)
                self._forget_child()
            except subprocess.TimeoutExpired:
                abandoned.append(child)  # child.json stays: the next task handles it
            raise
        self._forget_child()
        return CompletedProcess(child.returncode, self._output(begin))

    def hold_reserve(self) -> None:
        """Reserve disk space for the final state, if there is any."""
        with contextlib.suppress(MtiError, OSError):
            files.write_atomic(self.task.reserve_file, bytes(RESERVE_BYTES))

    def end_leftover(self) -> None:
        """End a program left over from a killed task process.

        Raises Busy if it does not end: two of them in one environment would corrupt it.
        """
        owner = read_owner(self.task.child_file)
        if owner is not None and is_alive(owner, None) is Liveness.ALIVE:
            self.log(f"ending process {owner.pid}, left over from an earlier task")
            end_tree(owner.pid)
            deadline = time.monotonic() + KILL_SECONDS
            while is_alive(owner, None) is Liveness.ALIVE:
                if time.monotonic() > deadline:
                    raise Busy(
                        Problem(
                            "program_does_not_end",
                            "An earlier program, process {pid}, does not end.",
                            "End it, or restart the computer, then start again.",
                            {"pid": owner.pid},
                        )
                    )
                time.sleep(0.02)
        self._forget_child()

    def _forget_child(self) -> None:
        with contextlib.suppress(OSError):
            self.task.child_file.unlink()

    def _output(self, begin: int) -> str:
        with open(self.task.job.log_file, "rb") as stream:
            stream.seek(begin)
            return stream.read().decode("utf-8", "replace")


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def end_tree(pid: int) -> None:
    """End a program that run() started, and all of its descendants."""
    if sys.platform == "win32":
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                ["taskkill", "/T", "/F", "/PID", str(pid)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=KILL_SECONDS,
                check=False,
            )
        return
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
