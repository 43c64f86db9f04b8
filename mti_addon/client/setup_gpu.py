"""Which GPU there is, and what that means for the packages; wire and stdlib only.

Asked by running nvidia-smi, so only a task's process does this. An NVIDIA card is the only one
that this project's packages are chosen for; of the others it is said in words.
"""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..wire.problem import Problem
from .setup_python import Ask

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
    """One sentence for people."""


def find_gpu(ask: Ask, system: str = sys.platform, root: Path = Path("/")) -> Gpu:
    """Look at this machine. `root` is where Linux shows its devices."""
    code, output = ask([_nvidia_smi(system), _QUERY, "--format=csv,noheader,nounits"])
    if code == 0 and (cards := parse_nvidia(output)):
        return max(cards, key=lambda card: card.total_mib)
    if system == "darwin" and platform.machine() == "arm64":
        words = "Apple's GPU is used through Metal; this has not been tried with SVD."
        return Gpu("mps", "Apple GPU", said=Problem("gpu_apple", words))
    if (root / "sys/module/amdgpu").is_dir() or (root / "dev/kfd").exists():
        words = (
            "An AMD GPU was found. Packages for it (ROCm) are not installed from here: the draft "
            "runs on the CPU, SVD needs a backend of your own or another machine."
        )
        return Gpu("rocm", "AMD GPU", said=Problem("gpu_amd", words))
    if (root / "proc/driver/nvidia/version").exists():
        words = (
            "There is an NVIDIA GPU, but nvidia-smi does not answer: reinstall its driver, "
            "then check again."
        )
        return Gpu("none", "NVIDIA GPU", said=Problem("gpu_without_driver", words))
    words = "There is no GPU that learning could use: the draft runs on the CPU."
    return Gpu(said=Problem("gpu_none", words))


def parse_nvidia(output: str) -> list[Gpu]:
    """The cards that nvidia-smi lists; memory in MiB."""
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
    """On Windows it lies beside the system's own programs, which are always found."""
    return "nvidia-smi.exe" if system == "win32" else "nvidia-smi"
