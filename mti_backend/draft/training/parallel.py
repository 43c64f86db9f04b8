"""Data-parallel training, each process with its own clips. Imports torch only.

Started by `torchrun --standalone --nproc-per-node 2 -m mti_backend train-draft ...`. On two CPU
cores, two processes trained on 64 images per second and one process with two threads on 46, since
much of a step consists of short operations that threads cannot share.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, distributed, nn

from ...device import processor


@contextmanager
def together() -> Iterator[None]:
    """Join the processes that torchrun started with this one; no effect with a single process."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
        wait()  # leaving while another process still communicates may abort it
    finally:
        distributed.destroy_process_group()


def count() -> int:
    """Number of processes that train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Rank of this process; 0 reports and saves."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def average(weights: Iterable[nn.Parameter], loss: Tensor) -> float:
    """Average all gradients over the processes; returns the mean of their losses."""
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
    """Wait for all processes, so that files saved by one can be read by the others."""
    if count() > 1:
        distributed.barrier()


def machine() -> str:
    """Description of processor or GPU, processes, threads and torch."""
    threads = torch.get_num_threads()
    what = f"{threads} thread{'s' if threads > 1 else ''} of {processor()}"
    if count() > 1:
        what = f"{count()} processes, each on {what}"
    if torch.cuda.is_available():
        what = f"{torch.cuda.get_device_name()}, {what}"
    return f"{what}, torch {torch.__version__}"
