"""Hardware and commit of an evaluation. Imports torch."""

import subprocess
from pathlib import Path

import torch

from ..device import processor


def hardware(device: str, jobs: int) -> str:
    """Description of the processor or GPU."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    threads = f"{jobs} processes of 1 thread" if jobs > 1 else f"{torch.get_num_threads()} threads"
    return f"{processor()}, {threads}, torch {torch.__version__}"


def commit() -> str:
    """The checkout's commit, with a + if files were modified; 'unknown' outside of a checkout."""
    here = Path(__file__).parent
    try:
        text = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*"],
            cwd=here, capture_output=True, text=True, timeout=20, check=True,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return text or "unknown"
