"""Which devices there are, which one to use, and how many CPU threads. torch and psutil only."""

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
    """MTI_DEVICE if set, such as 'cuda:1' or, to learn on both, 'cuda:0,cuda:1'; else the GPU
    with the most memory, else Apple's, else the CPU. BadRequest if one that was asked for is not
    there."""
    wishes = [wish.strip() for wish in os.environ.get(DEVICE_VARIABLE, "").split(",")]
    wishes = [wish for wish in wishes if wish]
    for wish in wishes:
        try:
            torch.empty(0, device=wish)
        except (RuntimeError, AssertionError) as error:
            raise BadRequest(
                Problem(
                    "device_missing",
                    "There is no device {device!r} that torch can use.",
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
    """Fix the number of CPU threads: a checkpoint's (sums split over another number differ in their
    last bits, and a resumed run must equal an uninterrupted one), else MTI_THREADS, else torch's
    choice."""
    wish = os.environ.get(THREADS_VARIABLE, "")
    threads = saved or (
        int(wish) if wish.isdecimal() and int(wish) > 0 else torch.get_num_threads()
    )
    torch.set_num_threads(threads)
    return threads


def devices() -> list[dict[str, object]]:
    """Kind, name and memory in MiB of every device that torch can use here, the CPU last."""
    found: list[dict[str, object]] = []
    for card in _cards():
        with suppress(RuntimeError):  # in use by one process alone, or its driver is at odds
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
    """Kind, index, name and memory in MiB of every GPU of CUDA; the one with the most first, and of
    equal ones that which torch lists first."""
    found = []
    for index in range(torch.cuda.device_count()):
        about = torch.cuda.get_device_properties(index)
        memory = about.total_memory // _MIB
        found.append({"kind": "cuda", "index": index, "name": about.name, "memory_mib": memory})
    return sorted(found, key=lambda card: -card["memory_mib"])


def peak_memory_mib() -> dict[str, int]:
    """Highest memory in MiB, of this process so far, and of the fullest GPU since
    `forget_peak_memory`."""
    peak = {"process": _peak_of_process() // _MIB}
    if torch.cuda.is_available():
        cards = range(torch.cuda.device_count())
        peak["gpu"] = max(torch.cuda.max_memory_allocated(card) for card in cards) // _MIB
    return peak


def forget_peak_memory() -> None:
    """A job begins: what an earlier one of this process took of the GPU is not its own."""
    if torch.cuda.is_initialized():
        for card in range(torch.cuda.device_count()):
            torch.cuda.reset_peak_memory_stats(card)


def _peak_of_process() -> int:
    if sys.platform == "win32":  # psutil tells no peak elsewhere
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def free_memory(device: str) -> int | None:
    """Bytes of a GPU that no other program holds; None where nothing is known.

    What this process holds already, a model that stayed loaded, counts as free: it is used again.
    """
    if not device.startswith("cuda"):
        return None
    return int(torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device))


def product_rate(device: str, side: int = 4096, repeats: int = 8) -> float:
    """FLOPs a second of bfloat16 matrix products on a GPU, measured for a moment."""
    with torch.cuda.device(device):  # or the events would be those of the first GPU
        a = torch.randn(side, side, device=device, dtype=torch.bfloat16)
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        for turn in range(repeats + 2):
            if turn == 2:  # the first ones choose their kernels
                begin.record()
            a @ a
        end.record()
        torch.cuda.synchronize(device)
    return float(2 * side**3 * repeats / (begin.elapsed_time(end) / 1000))


def cpu_product_rate(side: int = 512, seconds: float = 0.15) -> float:
    """FLOPs a second of float32 matrix products on the CPU, measured for a moment."""
    a, out = torch.randn(side, side), torch.empty(side, side)
    torch.mm(a, a, out=out)  # the first one makes the threads
    repeats, begin = 0, time.perf_counter()
    while (taken := time.perf_counter() - begin) < seconds:
        torch.mm(a, a, out=out)
        repeats += 1
    return 2 * side**3 * repeats / taken


def _memory_mib() -> int:
    """The machine's memory."""
    return int(psutil.virtual_memory().total) // _MIB


def processor() -> str:
    """The processor's name, where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
