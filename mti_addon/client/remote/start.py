"""Start the processes that speak to the studio, detached; wire and stdlib only."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ...wire import JobFolder
from ..jobs.launch import runner_environment, start_detached
from .studio import StudioFolder

RELAY = "mti_addon.client.remote.relay"


def start_relay(
    job: JobFolder, folder: StudioFolder, root: Path, python: str = sys.executable
) -> int:
    """Start the relay of a job that has a remote.json; return its process ID.

    `root` is the folder of mti_addon, `python` Blender's own interpreter. Neither address nor
    token are arguments. Raises BackendMissing, DiskFull, NotWritable.
    """
    environment = runner_environment(os.environ, root, {})
    command = [python, "-m", RELAY, str(job.path.resolve()), str(folder.path.resolve())]
    return start_detached(command, environment, job)
