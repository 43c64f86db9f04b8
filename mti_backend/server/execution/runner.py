"""The command that works on a job, and the little that it learns about the server's machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mti_addon.wire.job import PREVIEW_SECONDS, PREVIEW_VARIABLE

from .limits import kept

ROOT = Path(__file__).resolve().parents[3]
"""The folder that contains mti_backend."""


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
        return {
            PREVIEW_VARIABLE: str(PREVIEW_SECONDS),
            **kept(environ),
            "PYTHONPATH": os.pathsep.join(str(folder.resolve()) for folder in self.path),
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
            "PYTHONSAFEPATH": "1",
            "PYTHONNOUSERSITE": "1",
            "HF_HUB_OFFLINE": "1",
            "MTI_DEVICE": device,
            **self.extra,
        }
