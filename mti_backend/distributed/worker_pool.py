"""Starts and stops the worker processes of a runner that learns on several devices.

The workers themselves: worker.py. Imports torch.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from torch import distributed
from torch.distributed import FileStore  # type: ignore[attr-defined]

from mti_addon.wire.job import JobFolder

from ..job.session import Session
from .worker_group import WorkerGroup, WorkerLost, join, open_store, ready_key

_LOOK_SECONDS = 0.1


class WorkerPool:
    """Context manager for the workers of one runner."""

    def __init__(self, session: Session, batch: int) -> None:
        """Use the session's devices except the first, but no more than the batch has clips."""
        self._session = session
        self._devices = session.devices[:batch] or [""]
        self._processes: list[subprocess.Popen[bytes]] = []
        self._folder: Path | None = None
        self._store: FileStore | None = None
        if len(session.devices) > batch:
            idle = ", ".join(session.devices[batch:])
            print(f"A batch of {batch} leaves nothing to do for {idle}.", flush=True)

    def __enter__(self) -> WorkerPool:
        """Start the workers; they load their models while the leader loads its own."""
        count = len(self._devices)
        if count > 1:
            try:
                self._folder = Path(tempfile.mkdtemp(prefix="mti-workers-"))
                self._store = open_store(self._folder, count)
            except (OSError, RuntimeError) as error:  # a full disk, or no file locking
                print(f"Learning continues with {self._devices[0]} alone: {error}", flush=True)
                self.end()
                return self
            for rank, device in enumerate(self._devices[1:], start=1):
                process = _start(self._session.job, rank, count, self._folder, device)
                self._processes.append(process)
        return self

    def join(self) -> WorkerGroup | None:
        """Wait until all workers are ready. If one has ended, log it and return None.

        Raises Cancelled."""
        if self._store is None:
            return None
        try:
            self._wait(self._store)
            return join(self._store, 0, len(self._devices))
        except WorkerLost as error:
            print(f"Learning continues with {self._devices[0]} alone: {error}", flush=True)
            self.end()
            return None

    def _wait(self, store: FileStore) -> None:
        while not all(store.check([ready_key(rank)]) for rank in range(1, len(self._devices))):
            self._session.check()
            for rank, process in enumerate(self._processes, start=1):
                if process.poll() is not None:
                    code = process.returncode
                    raise WorkerLost(f"worker {rank} ended with exit code {code}.")
            time.sleep(_LOOK_SECONDS)

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self.end()

    def end(self) -> None:
        """Kill the workers. They hold no state, and a cancelled job must not wait for them."""
        for process in self._processes:
            process.kill()
        if distributed.is_initialized():
            distributed.destroy_process_group()
        for process in self._processes:
            process.wait()
        self._processes, self._store = [], None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _start(
    job: JobFolder, rank: int, count: int, folder: Path, device: str
) -> subprocess.Popen[bytes]:
    # Absolute, because the worker runs in another working directory.
    command = [sys.executable, "-m", "mti_backend.distributed.worker", str(job.path.absolute())]
    command += [str(rank), str(count), str(folder), device, str(os.getpid())]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL)
