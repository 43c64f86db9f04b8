"""What an evaluation ran on: the processor or GPU, and the commit. Imports torch."""

import platform
import subprocess
from pathlib import Path

import torch


def hardware(device: str, jobs: int) -> str:
    """The processor or the GPU, in words."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        name = next((x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), name)
    threads = f"{jobs} processes of 1 thread" if jobs > 1 else f"{torch.get_num_threads()} threads"
    return f"{name}, {threads}, torch {torch.__version__}"


def commit() -> str:
    """The checkout's commit, with a + where files differ from it; 'unknown' outside of one."""
    here = Path(__file__).parent
    try:
        text = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*"],
            cwd=here, capture_output=True, text=True, timeout=20, check=True,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return text or "unknown"
