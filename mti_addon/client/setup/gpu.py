"""Detection of the GPU, and what it means for the packages; wire and stdlib only.

Runs nvidia-smi, so only a task's process does this. Packages are chosen for NVIDIA cards only;
others are described in words.
"""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...wire.problem import Problem
from .python import Ask

Kind = Literal["cuda", "mps", "rocm", "none"]
_QUERY = "--query-gpu=name,driver_version,memory.total,memory.free"


@dataclass(frozen=True)
class Gpu:
    """The best GPU of this machine."""

    kind: Kind = "none"
    name: str = ""
    driver: str = ""
    total_mib: int = 0
    free_mib: int = 0
    said: Problem | None = None
    """A message for display."""


def find_gpu(ask: Ask, system: str = sys.platform, root: Path = Path("/")) -> Gpu:
    """Detect the GPU. `root`: where Linux exposes its devices."""
    code, output = ask([_nvidia_smi(system), _QUERY, "--format=csv,noheader,nounits"])
    if code == 0 and (cards := parse_nvidia(output)):
        return max(cards, key=lambda card: card.total_mib)
    if system == "darwin" and platform.machine() == "arm64":
        words = "Apple's GPU is used through Metal; this is untested with SVD."
        return Gpu("mps", "Apple GPU", said=Problem("gpu_apple", words))
    if (root / "sys/module/amdgpu").is_dir() or (root / "dev/kfd").exists():
        words = (
            "An AMD GPU was found. Packages for it (ROCm) are not installed from here: the "
            "draft runs on the CPU, and SVD needs a custom backend or another machine."
        )
        return Gpu("rocm", "AMD GPU", said=Problem("gpu_amd", words))
    if (root / "proc/driver/nvidia/version").exists():
        words = (
            "There is an NVIDIA GPU, but nvidia-smi does not respond: reinstall its driver, "
            "then check again."
        )
        return Gpu("none", "NVIDIA GPU", said=Problem("gpu_without_driver", words))
    words = "There is no supported GPU for learning: the draft runs on the CPU."
    return Gpu(said=Problem("gpu_none", words))


def parse_nvidia(output: str) -> list[Gpu]:
    """Parse the cards listed by nvidia-smi; memory in MiB."""
    cards = []
    for line in output.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) != 4 or not (parts[2].isdecimal() and parts[3].isdecimal()):
            continue
        name, driver, total, free = parts[0], parts[1], int(parts[2]), int(parts[3])
        said = Problem(
            "gpu_nvidia",
            "{name}, driver {driver}, {free:.1f} of {total:.1f} GB of memory free.",
            values={"name": name, "driver": driver, "free": free / 1024, "total": total / 1024},
        )
        cards.append(Gpu("cuda", name, driver, total, free, said))
    return cards


def _nvidia_smi(system: str) -> str:
    """Return the path of nvidia-smi; on Windows it is in the system folder."""
    return "nvidia-smi.exe" if system == "win32" else "nvidia-smi"
