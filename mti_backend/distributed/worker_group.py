"""Communication between the processes that learn one motion together. Imports torch.

The clips of a batch are split: each process takes some of an iteration's noise levels, and the
gradients of the tokens, the only learned parameters, are summed. The result is that of one process
with the whole batch. The job's runner is the leader: it steps Adam, saves checkpoints and reports
progress. Workers receive the tokens and the iteration's number and answer with a gradient; they
hold no state, so any of them may die, and all are killed at the end (worker_pool.py, worker.py).

A gradient is less than a megabyte, so gloo over the loopback interface is sufficient for GPUs, too.
The processes find each other through a file in a folder that only their user can read: torch's
default, a TCP store, would be open to the whole network.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import torch
from torch import Tensor, distributed
from torch.distributed import FileStore, ProcessGroupGloo, Store  # type: ignore[attr-defined]

_STORE = "store"
_BACKEND = "gloo_on_loopback"
LOOPBACK = "127.0.0.1"
_PATIENCE = timedelta(minutes=30)
"""Allows for loading a 3 GB model from a slow disk; a process that dies is noticed at once."""


class WorkerLost(RuntimeError):
    """A process of the group has ended or failed to start; the leader can continue alone."""


class WorkerGroup:
    """This process's membership in the group that learns together.

    Attributes:
        rank: Index of this process; 0 is the leader.
        count: Number of processes.
    """

    def __init__(self, rank: int, count: int) -> None:
        self.rank, self.count = rank, count

    def rows(self, batch: int) -> slice:
        """The batch's clips that this process computes; the first processes take the remainder."""
        few, more = divmod(batch, self.count)
        first = self.rank * few + min(self.rank, more)
        return slice(first, first + few + (self.rank < more))

    def broadcast(self, step: int, policy: int, tokens: Sequence[Tensor]) -> None:
        """Leader: start iteration `step` with these tokens and a checkpointing policy."""
        self._broadcast(torch.tensor([step, policy]))
        self._broadcast(_flat(tokens))

    def receive(self, tokens: Sequence[Tensor]) -> tuple[int, int]:
        """Worker: wait for (step, policy) and fill in the tokens. Raises WorkerLost at the end."""
        order = torch.empty(2, dtype=torch.int64)
        self._broadcast(order)
        flat = _flat(tokens)
        self._broadcast(flat)
        _fill(tokens, flat)
        step, policy = order.tolist()
        return step, policy

    def all_reduce(
        self, loss: float, gradients: Sequence[Tensor], failed: bool
    ) -> tuple[float, bool]:
        """Sum losses and gradients (in place) over all processes; also whether any `failed`."""
        flat = torch.cat([torch.tensor([loss, float(failed)]), _flat(gradients)])
        try:
            distributed.all_reduce(flat)
        except RuntimeError as error:
            raise WorkerLost(str(error)) from error
        _fill(gradients, flat[2:])
        return float(flat[0]), bool(flat[1] > 0)

    def _broadcast(self, values: Tensor) -> None:
        try:
            distributed.broadcast(values, src=0)
        except RuntimeError as error:
            raise WorkerLost(str(error)) from error


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    """Concatenate as a 1D float32 tensor on the CPU."""
    return torch.cat([t.detach().flatten().float().cpu() for t in tensors])


def _fill(tensors: Sequence[Tensor], flat: Tensor) -> None:
    with torch.no_grad():
        for tensor, part in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))


def open_store(folder: Path, count: int) -> FileStore:
    """Open the rendezvous store. Raises RuntimeError if its file cannot be written or locked."""
    store = FileStore(str(folder / _STORE), count)
    store.set_timeout(_PATIENCE)
    store.check([ready_key(0)])  # opens the file
    return store


def ready_key(rank: int) -> str:
    """Store key that is set once process `rank` is ready."""
    return f"ready/{rank}"


def join(store: FileStore, rank: int, count: int) -> WorkerGroup:
    """Join the process group once all processes are ready. Raises WorkerLost."""
    try:
        distributed.init_process_group(_BACKEND, store=store, rank=rank, world_size=count)
    except RuntimeError as error:
        raise WorkerLost(str(error)) from error
    return WorkerGroup(rank, count)


def _on_loopback(store: Store, rank: int, size: int, patience: timedelta) -> ProcessGroupGloo:
    """Create a gloo backend that listens on 127.0.0.1 only.

    By default gloo resolves the host name, whose address may be open to the network or may not
    belong to this machine at all."""
    options = ProcessGroupGloo._Options()  # type: ignore[attr-defined]
    options._devices = [ProcessGroupGloo.create_device(hostname=LOOPBACK)]
    options._timeout = patience
    return ProcessGroupGloo(store, rank, size, options)


distributed.Backend.register_backend(_BACKEND, _on_loopback, devices=["cpu"])
