"""What the processes that learn one motion together tell each other. Imports torch.

The clips of a batch are shared out: each process takes some of an iteration's noise levels, and the
gradients of the tokens, which are all that is learned, are summed. What is computed is that of one
process with the whole batch. The runner of the job leads: it steps Adam, saves and tells. Its
workers receive the tokens and the iteration's number, and answer with a gradient; they keep
nothing, so that any of them may die, and all are killed at the end (worker_pool.py, worker.py).

A gradient is less than a megabyte, so gloo over the loopback interface does for GPUs, too. They
find each other by a file in a folder that only their user can read: a port of its own, as torch's
usual way is, would be open to the whole network.
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
"""For loading a model of 3 GB from a slow disk; a process that has died is seen at once."""


class WorkerLost(RuntimeError):
    """A process of the group has ended, or never began; the leader can continue alone."""


class WorkerGroup:
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

    def broadcast(self, step: int, policy: int, tokens: Sequence[Tensor]) -> None:
        """The leader's call: iteration `step` begins with these tokens, computing by a policy."""
        self._broadcast(torch.tensor([step, policy]))
        self._broadcast(_flat(tokens))

    def receive(self, tokens: Sequence[Tensor]) -> tuple[int, int]:
        """A worker's wait: (step, policy), and the tokens filled in. WorkerLost at the end."""
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
        """Sum losses and gradients (in place) over all; and whether anybody has `failed`."""
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
    """As one row of float32 on the CPU."""
    return torch.cat([t.detach().flatten().float().cpu() for t in tensors])


def _fill(tensors: Sequence[Tensor], flat: Tensor) -> None:
    with torch.no_grad():
        for tensor, part in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))


def open_store(folder: Path, count: int) -> FileStore:
    """Where they find each other. RuntimeError where the file cannot be written, or locked."""
    store = FileStore(str(folder / _STORE), count)
    store.set_timeout(_PATIENCE)
    store.check([ready_key(0)])  # which opens it
    return store


def ready_key(rank: int) -> str:
    """What stands in the store when that process is ready."""
    return f"ready/{rank}"


def join(store: FileStore, rank: int, count: int) -> WorkerGroup:
    """Meet the others, who are all ready; this process's place among them. WorkerLost."""
    try:
        distributed.init_process_group(_BACKEND, store=store, rank=rank, world_size=count)
    except RuntimeError as error:
        raise WorkerLost(str(error)) from error
    return WorkerGroup(rank, count)


def _on_loopback(store: Store, rank: int, size: int, patience: timedelta) -> ProcessGroupGloo:
    """gloo that listens on 127.0.0.1 alone; by itself it takes the address of the machine's name,
    where anybody on the network could join in, or which may be none of its own."""
    options = ProcessGroupGloo._Options()  # type: ignore[attr-defined]
    options._devices = [ProcessGroupGloo.create_device(hostname=LOOPBACK)]
    options._timeout = patience
    return ProcessGroupGloo(store, rank, size, options)


distributed.Backend.register_backend(_BACKEND, _on_loopback, devices=["cpu"])
