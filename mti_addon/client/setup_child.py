"""What a chore's process does while another program works for it; wire and stdlib only.

The programs (pip, venv, nvidia-smi, the backend) write into the chore's log. They are told to stop
when somebody cancels, and one that outlived a killed chore is ended before the next one begins:
two pips in one environment would spoil it.
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
from pathlib import Path
from typing import Any

from ..wire.errors import Cancelled
from ..wire.owner import Liveness, Owner, is_alive, owner_of
from .setup_folder import ChoreFolder, ChoreState, read_json, write_json

TICK_SECONDS = 0.2
TELL_SECONDS = 0.5
HEARTBEAT_SECONDS = 2.0


@dataclass(frozen=True)
class Ended:
    """A program that has ended: its exit code, and all that it printed."""

    code: int
    output: str


class Work:
    """The chore's process itself: tells how far it is, and runs programs."""

    def __init__(self, chore: ChoreFolder, echo: bool = False) -> None:
        self.chore, self.echo = chore, echo
        self.state = ChoreState("running", "Starting")
        self._told = self._beaten = 0.0

    def tell(self, text: str, fraction: float, **more: Any) -> None:
        """Say what is being done; often is fine, it is written twice a second."""
        self.tick()
        if text != self.state.text:
            self.log(text)
        elif time.monotonic() - self._told < TELL_SECONDS:
            return
        self.state = ChoreState("running", text, min(max(fraction, 0.0), 1.0), **more)
        self._told = time.monotonic()
        self.chore.write_state(self.state)

    def end(self, **changes: Any) -> None:
        """The last word."""
        before, self.state = self.state, dataclasses.replace(self.state, **changes)
        self.chore.write_state(self.state)
        if self.state.text not in ("", before.text):
            self.log(self.state.text)

    def log(self, text: str) -> None:
        """A line for people."""
        with contextlib.suppress(OSError), open(self.chore.job.log_file, "ab") as stream:
            stream.write(f"{time.strftime('%H:%M:%S')} {text}\n".encode())
        if self.echo:
            print(text, flush=True)

    def tick(self) -> None:
        """Show that this process lives, and see whether it shall stop. Cancelled."""
        if time.monotonic() - self._beaten > HEARTBEAT_SECONDS:
            self._beaten = time.monotonic()
            with contextlib.suppress(OSError):
                self.chore.job.heartbeat_file.touch()
        if self.chore.job.cancel_asked():
            raise Cancelled("It was cancelled.", "Start it again: it continues where it stopped.")

    def run(
        self,
        command: list[str],
        environment: Mapping[str, str],
        watch: Callable[[str], None] = lambda output: None,
    ) -> Ended:
        """Run a program to its end. `watch` is called five times a second with its output so far.

        Raises Cancelled, and OSError if it cannot be started.
        """
        with open(self.chore.job.log_file, "ab") as log:
            begin = log.tell()
            child = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=self.chore.path,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **_own_group(),
            )
        write_json(self.chore.child_file, owner_of(child.pid, 1))
        try:
            while child.poll() is None:
                self.tick()
                watch(self._output(begin))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(TICK_SECONDS)
        except BaseException:
            end_tree(child.pid)
            child.wait()
            raise
        finally:
            self.chore.child_file.unlink(missing_ok=True)
        return Ended(child.returncode, self._output(begin))

    def end_leftover(self) -> None:
        """End the program of a chore's process that was killed before."""
        owner = read_json(Owner, self.chore.child_file)
        if owner is not None and is_alive(owner, None) is Liveness.ALIVE:
            self.log(f"ending process {owner.pid}, left over from before")
            end_tree(owner.pid)
            while is_alive(owner, None) is Liveness.ALIVE:
                time.sleep(0.02)
        self.chore.child_file.unlink(missing_ok=True)

    def _output(self, begin: int) -> str:
        with open(self.chore.job.log_file, "rb") as stream:
            stream.seek(begin)
            return stream.read().decode("utf-8", "replace")


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def end_tree(pid: int) -> None:
    """End a program that run() started, and all that it has started."""
    if sys.platform == "win32":
        subprocess.run(
            ["taskkill", "/T", "/F", "/PID", str(pid)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder; 0 if it is not there."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size if path.is_file() and not path.is_symlink() else 0
    return total
