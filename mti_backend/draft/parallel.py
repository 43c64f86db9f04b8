"""Training by several processes at once, each on clips of its own. Imports torch only.

`torchrun --standalone --nproc-per-node 2 -m mti_backend train-draft ...` starts them. On two
cores of a CPU two processes took 64 pictures a second and one process of two threads 46, since much
of a step is short work that threads cannot share.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, distributed, nn

from ..device import processor


@contextmanager
def together() -> Iterator[None]:
    """Join the processes that torchrun started with this one; alone, nothing is changed."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
        wait()  # one that leaves while another still talks to it is aborted now and then
    finally:
        distributed.destroy_process_group()


def count() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Which of them this is; 0 reports and saves."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def average(weights: Iterable[nn.Parameter], loss: Tensor) -> float:
    """Give every process the mean of all gradients; returns the mean of their losses."""
    if count() == 1:
        return loss.item()
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    flat = torch.cat([loss.detach().reshape(1), *(g.flatten() for g in gradients)])
    distributed.all_reduce(flat)
    flat /= count()
    parts = flat[1:].split([g.numel() for g in gradients])
    torch._foreach_copy_(gradients, [p.view_as(g) for p, g in zip(parts, gradients, strict=True)])
    return flat[0].item()


def wait() -> None:
    """Go on when all have come here: what one has saved, others may read."""
    if count() > 1:
        distributed.barrier()


def machine() -> str:
    """Processor or card, processes, threads and torch, in words."""
    threads = torch.get_num_threads()
    what = f"{threads} thread{'s' if threads > 1 else ''} of {processor()}"
    if count() > 1:
        what = f"{count()} processes, each on {what}"
    if torch.cuda.is_available():
        what = f"{torch.cuda.get_device_name()}, {what}"
    return f"{what}, torch {torch.__version__}"
