"""One motion learned on several devices of a machine at once. Imports torch.

The clips of a batch are shared out: each process takes some of an iteration's noise levels, and the
gradients of the tokens, which are all that is learned, are summed. What is computed is that of one
process with the whole batch. The runner of the job leads: it steps Adam, saves and tells. Its
helpers hear the tokens and the iteration's number, and answer with a gradient; they keep nothing,
so that any of them may die, and all are killed at the end.

A gradient is less than a megabyte, so gloo over the loopback interface does for GPUs, too. They
find each other by a file in a folder that only their user can read: a port of its own, as torch's
usual way is, would be open to the whole network.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from datetime import timedelta
from pathlib import Path

import torch
from torch import Tensor, distributed
from torch.distributed import FileStore, ProcessGroupGloo, Store  # type: ignore[attr-defined]

from mti_addon.wire.job import JobFolder
from mti_addon.wire.process import process_identity

from .attempt import Attempt

_STORE = "store"
_BACKEND = "gloo_on_loopback"
LOOPBACK = "127.0.0.1"
_PATIENCE = timedelta(minutes=30)
"""For loading a model of 3 GB from a slow disk; a process that has died is seen at once."""
_LOOK_SECONDS = 0.1
_LEADER_SECONDS = 1.0


class HelperLost(RuntimeError):
    """Somebody of the team has ended, or never began; the leader can go on alone."""


class Team:
    """This process's place among those that learn together.

    Attributes:
        rank: 0 leads. count: how many there are.
    """

    def __init__(self, rank: int, count: int) -> None:
        self.rank, self.count = rank, count

    def rows(self, batch: int) -> slice:
        """Which of the batch's clips are this process's; the first ones have one more."""
        few, more = divmod(batch, self.count)
        first = self.rank * few + min(self.rank, more)
        return slice(first, first + few + (self.rank < more))

    def tell(self, step: int, policy: int, tokens: Sequence[Tensor]) -> None:
        """The leader's call: iteration `step` begins with these tokens, computing by a policy."""
        self._broadcast(torch.tensor([step, policy]))
        self._broadcast(_flat(tokens))

    def hear(self, tokens: Sequence[Tensor]) -> tuple[int, int]:
        """A helper's wait: (step, policy), and the tokens filled in. HelperLost at the end."""
        order = torch.empty(2, dtype=torch.int64)
        self._broadcast(order)
        flat = _flat(tokens)
        self._broadcast(flat)
        _fill(tokens, flat)
        step, policy = order.tolist()
        return step, policy

    def add_up(self, loss: float, gradients: Sequence[Tensor], failed: bool) -> tuple[float, bool]:
        """Sum losses and gradients (in place) over all; and whether anybody has `failed`."""
        flat = torch.cat([torch.tensor([loss, float(failed)]), _flat(gradients)])
        try:
            distributed.all_reduce(flat)
        except RuntimeError as error:
            raise HelperLost(str(error)) from error
        _fill(gradients, flat[2:])
        return float(flat[0]), bool(flat[1] > 0)

    def _broadcast(self, values: Tensor) -> None:
        try:
            distributed.broadcast(values, src=0)
        except RuntimeError as error:
            raise HelperLost(str(error)) from error


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    """As one row of float32 on the CPU."""
    return torch.cat([t.detach().flatten().float().cpu() for t in tensors])


def _fill(tensors: Sequence[Tensor], flat: Tensor) -> None:
    with torch.no_grad():
        for tensor, part in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))


class Crew:
    """The helpers of one runner, from their start to their end; to be entered."""

    def __init__(self, attempt: Attempt, batch: int) -> None:
        """On all devices of the attempt but the first, and no more than the batch has clips."""
        self._attempt = attempt
        self._devices = attempt.devices[:batch] or [""]
        self._processes: list[subprocess.Popen[bytes]] = []
        self._folder: Path | None = None
        self._store: FileStore | None = None
        if len(attempt.devices) > batch:
            idle = ", ".join(attempt.devices[batch:])
            print(f"A batch of {batch} leaves nothing to do for {idle}.", flush=True)

    def __enter__(self) -> Crew:
        """Start them; what they load takes as long as what the leader loads."""
        count = len(self._devices)
        if count > 1:
            try:
                self._folder = Path(tempfile.mkdtemp(prefix="mti-team-"))
                self._store = _store(self._folder, count)
            except (OSError, RuntimeError) as error:  # a full disk, or no locks there
                print(f"Learning continues with {self._devices[0]} alone: {error}", flush=True)
                self.disband()
                return self
            for rank, device in enumerate(self._devices[1:], start=1):
                command = _helper(self._attempt.job, rank, count, self._folder, device)
                self._processes.append(command)
        return self

    def join(self) -> Team | None:
        """Wait until all are ready. None, and a line in the log, where one has ended; Cancelled."""
        if self._store is None:
            return None
        try:
            self._wait(self._store)
            count = len(self._devices)
            distributed.init_process_group(_BACKEND, store=self._store, rank=0, world_size=count)
        except HelperLost as error:
            print(f"Learning continues with {self._devices[0]} alone: {error}", flush=True)
            self.disband()
            return None
        return Team(0, count)

    def _wait(self, store: FileStore) -> None:
        while not all(store.check([_ready(rank)]) for rank in range(1, len(self._devices))):
            self._attempt.check()
            for rank, process in enumerate(self._processes, start=1):
                if process.poll() is not None:
                    code = process.returncode
                    raise HelperLost(f"helper {rank} ended with exit code {code}.")
            time.sleep(_LOOK_SECONDS)

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self.disband()

    def disband(self) -> None:
        """End them at once: they keep nothing, and whoever cancels does not wait for them."""
        for process in self._processes:
            process.kill()
        if distributed.is_initialized():
            distributed.destroy_process_group()
        for process in self._processes:
            process.wait()
        self._processes, self._store = [], None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _store(folder: Path, count: int) -> FileStore:
    """Where they find each other. RuntimeError where the file cannot be written, or locked."""
    store = FileStore(str(folder / _STORE), count)
    store.set_timeout(_PATIENCE)
    store.check([_ready(0)])  # which opens it
    return store


def _helper(
    job: JobFolder, rank: int, count: int, folder: Path, device: str
) -> subprocess.Popen[bytes]:
    # absolute: a helper begins in another folder, that of the backend
    command = [sys.executable, "-m", "mti_backend.team", str(job.path.absolute())]
    command += [str(rank), str(count), str(folder), device, str(os.getpid())]
    return subprocess.Popen(command, cwd=Path(__file__).parents[1], stdin=subprocess.DEVNULL)


def _ready(rank: int) -> str:
    return f"ready/{rank}"


def _on_loopback(store: Store, rank: int, size: int, patience: timedelta) -> ProcessGroupGloo:
    """gloo that listens on 127.0.0.1 alone; by itself it takes the address of the machine's name,
    where anybody on the network could join in, or which may be none of its own."""
    options = ProcessGroupGloo._Options()  # type: ignore[attr-defined]
    options._devices = [ProcessGroupGloo.create_device(hostname=LOOPBACK)]
    options._timeout = patience
    return ProcessGroupGloo(store, rank, size, options)


distributed.Backend.register_backend(_BACKEND, _on_loopback, devices=["cpu"])


def _end_with(leader: int, folder: Path) -> threading.Thread:
    """Watch the leader, in the thread that is given, and end this process with it: one that is
    killed closes no file, so whoever waits for it at the store would wait for the whole patience.
    """
    started = process_identity(leader)

    def watch() -> None:
        while started is not None and process_identity(leader) == started:
            time.sleep(_LEADER_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    watcher = threading.Thread(target=watch, name="leader", daemon=True)
    watcher.start()
    return watcher


def help_with(path: Path, rank: int, count: int, folder: Path, device: str) -> None:
    """A helper's life: load what the leader has, then answer until it is over."""
    from . import frames
    from .device import fix_threads
    from .inputs import read_inputs
    from .inversion import Inversion
    from .learn import without_unwanted_flips
    from .models import load_model

    job = JobFolder(path)
    request = job.request()
    fix_threads(None)
    references = read_inputs(job, request).references
    assert references is not None
    model = load_model(request.settings.model, device)
    settings = without_unwanted_flips(request)
    inversion = Inversion(model, frames.to_model(references), settings, request.settings.sampling)
    inversion.prepare()
    store = _store(folder, count)
    store.set(_ready(rank), "1")
    distributed.init_process_group(_BACKEND, store=store, rank=rank, world_size=count)
    inversion.team = Team(rank, count)
    with model.unet_alone() if inversion.variants else nullcontext():
        inversion.help_out()


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m mti_backend.team JOB RANK COUNT FOLDER DEVICE LEADER`, which only a runner starts;
    LEADER is its process."""
    parser = argparse.ArgumentParser(prog="mti_backend.team")
    parser.add_argument("job", type=Path)
    for name in ("rank", "count"):
        parser.add_argument(name, type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("device")
    parser.add_argument("leader", type=int)
    options = parser.parse_args(argv)
    watcher = _end_with(options.leader, options.folder)
    with suppress(HelperLost):  # the leader is gone, and its job with it
        help_with(options.job, options.rank, options.count, options.folder, options.device)
    watcher.join(2 * _LEADER_SECONDS)  # it tidies up, if the leader was killed
    return 0


if __name__ == "__main__":
    sys.exit(main())
