"""Available devices, device selection and the number of CPU threads. Imports torch and psutil."""

from __future__ import annotations

import os
import platform
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import torch

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem

DEVICE_VARIABLE = "MTI_DEVICE"
THREADS_VARIABLE = "MTI_THREADS"
_MIB = 1024 * 1024


def pick_devices() -> list[str]:
    """Select the devices to run on.

    MTI_DEVICE if set, such as 'cuda:1' or, to learn on both, 'cuda:0,cuda:1'; otherwise the CUDA
    GPU with the most memory, otherwise Apple's GPU, otherwise the CPU. Raises BadRequest if a
    requested device is unavailable."""
    wishes = [wish.strip() for wish in os.environ.get(DEVICE_VARIABLE, "").split(",")]
    wishes = [wish for wish in wishes if wish]
    for wish in wishes:
        try:
            torch.empty(0, device=wish)
        except (RuntimeError, AssertionError) as error:
            raise BadRequest(
                Problem(
                    "device_missing",
                    "PyTorch cannot use the device {device!r}.",
                    "Choose another device in the preferences.",
                    {"device": wish},
                ),
            ) from error
    if wishes:
        return wishes
    if torch.cuda.is_available():
        best = _cards()[0]["index"]
        return [f"cuda:{best}" if best else "cuda"]
    return ["mps"] if torch.backends.mps.is_available() else ["cpu"]


def fix_threads(saved: int | None) -> int:
    """Set the number of CPU threads: the checkpoint's, otherwise MTI_THREADS, otherwise torch's
    default.

    Splitting sums over a different number of threads changes their last bits, and a resumed run
    must equal an uninterrupted one."""
    wish = os.environ.get(THREADS_VARIABLE, "")
    threads = saved or (
        int(wish) if wish.isdecimal() and int(wish) > 0 else torch.get_num_threads()
    )
    torch.set_num_threads(threads)
    return threads


def devices() -> list[dict[str, object]]:
    """Kind, name and memory in MiB of each device that torch can use, the CPU last."""
    found: list[dict[str, object]] = []
    for card in _cards():
        with suppress(RuntimeError):  # the device is in exclusive use, or the driver mismatches
            card["free_mib"] = torch.cuda.mem_get_info(card["index"])[0] // _MIB
        found.append(card)
    if torch.backends.mps.is_available():
        found.append({"kind": "mps", "index": 0, "name": "Apple GPU", "memory_mib": _memory_mib()})
    found.append(
        {
            "kind": "cpu",
            "index": 0,
            "name": "CPU",
            "threads": torch.get_num_threads(),
            "memory_mib": _memory_mib(),
        }
    )
    return found


def _cards() -> list[dict[str, Any]]:
    """Kind, index, name and memory in MiB of each CUDA GPU, by memory in descending order; ties
    keep torch's order."""
    found = []
    for index in range(torch.cuda.device_count()):
        about = torch.cuda.get_device_properties(index)
        memory = about.total_memory // _MIB
        found.append({"kind": "cuda", "index": index, "name": about.name, "memory_mib": memory})
    return sorted(found, key=lambda card: -card["memory_mib"])


def peak_memory_mib() -> dict[str, int]:
    """Peak memory in MiB: of this process since its start, and of the fullest GPU since
    `forget_peak_memory`."""
    peak = {"process": _peak_of_process() // _MIB}
    if torch.cuda.is_available():
        cards = range(torch.cuda.device_count())
        peak["gpu"] = max(torch.cuda.max_memory_allocated(card) for card in cards) // _MIB
    return peak


def forget_peak_memory() -> None:
    """Reset the GPU peak, so that a job does not report that of an earlier job in this process."""
    if torch.cuda.is_initialized():
        for card in range(torch.cuda.device_count()):
            torch.cuda.reset_peak_memory_stats(card)


def _peak_of_process() -> int:
    if sys.platform == "win32":  # psutil reports the peak on Windows only
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def free_memory(device: str) -> int | None:
    """Bytes of GPU memory that other programs do not use; None if unknown.

    Memory that this process already holds, such as a model kept loaded, counts as free because it
    is reused.
    """
    if not device.startswith("cuda"):
        return None
    return int(torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device))


def product_rate(device: str, side: int = 4096, repeats: int = 8) -> float:
    """Briefly measure the rate of bfloat16 matrix products on a GPU, in FLOPs per second."""
    with torch.cuda.device(device):  # otherwise the events would be recorded on the first GPU
        a = torch.randn(side, side, device=device, dtype=torch.bfloat16)
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        for turn in range(repeats + 2):
            if turn == 2:  # the first products select their kernels
                begin.record()
            a @ a
        end.record()
        torch.cuda.synchronize(device)
    return float(2 * side**3 * repeats / (begin.elapsed_time(end) / 1000))


def cpu_product_rate(side: int = 512, seconds: float = 0.15) -> float:
    """Briefly measure the rate of float32 matrix products on the CPU, in FLOPs per second."""
    a, out = torch.randn(side, side), torch.empty(side, side)
    torch.mm(a, a, out=out)  # warm-up: starts the thread pool
    repeats, begin = 0, time.perf_counter()
    while (taken := time.perf_counter() - begin) < seconds:
        torch.mm(a, a, out=out)
        repeats += 1
    return 2 * side**3 * repeats / taken


def _memory_mib() -> int:
    """Total physical memory of the machine."""
    return int(psutil.virtual_memory().total) // _MIB


def processor() -> str:
    """Processor name, as far as the system reports one."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
