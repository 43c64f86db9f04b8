"""The command that works on a job, and the little that it learns about the server's machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mti_addon.wire.job import PREVIEW_SECONDS, PREVIEW_VARIABLE

ROOT = Path(__file__).resolve().parents[3]
"""The folder that contains mti_backend."""

_KEPT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "USER"),
    *("SYSTEMROOT", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "XDG_CACHE_HOME"),
)
_KEPT_PREFIXES = ("CUDA_", "NVIDIA_", "PYTORCH_", "TORCH_")
_OURS = ("MTI_MODELS_DIR", "MTI_THREADS", "MTI_COMPILE", PREVIEW_VARIABLE)


@dataclass(frozen=True)
class Runner:
    """How runners are started. path: folders in which they find mti_backend."""

    python: str = sys.executable
    path: tuple[Path, ...] = (ROOT,)
    idle_seconds: float = 600.0
    extra: Mapping[str, str] = field(default_factory=dict)

    def command(self, folder: Path) -> list[str]:
        """Return the command that works on a job's folder, and then waits for others."""
        command = [self.python, "-m", "mti_backend", "run", str(folder.resolve())]
        if self.idle_seconds > 0:
            command += ["--idle-timeout", f"{self.idle_seconds:g}"]
        return command

    def environment(self, environ: Mapping[str, str], device: str) -> dict[str, str]:
        """Return a runner's environment: none of the server's secrets, proxies, or credentials.

        It must not download anything either: models are what the server's administrator put there.
        """
        kept = {
            name: value
            for name, value in environ.items()
            if name in _KEPT or name in _OURS or name.startswith(_KEPT_PREFIXES)
        }
        return {
            PREVIEW_VARIABLE: str(PREVIEW_SECONDS),
            **kept,
            "PYTHONPATH": os.pathsep.join(str(folder.resolve()) for folder in self.path),
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
            "PYTHONSAFEPATH": "1",
            "PYTHONNOUSERSITE": "1",
            "HF_HUB_OFFLINE": "1",
            "MTI_DEVICE": device,
            **self.extra,
        }
