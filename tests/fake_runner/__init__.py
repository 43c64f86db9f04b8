"""A runner without a model, where a test is of those who start it; see mti_backend/__main__.py."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from mti_addon.wire.owner import process_identity, read_owner

FAKE = Path(__file__).resolve().parent
"""What is put before everything else on PYTHONPATH, so that mti_backend is the fake one."""


def end_runners(jobs: Path) -> None:
    """Kill the runners of a folder's jobs that are still at work; not a test that plays one."""
    for path in [*jobs.glob("*/owner.json"), *jobs.glob("*/launched.json")]:
        owner = read_owner(path)
        if owner is None or owner.pid == os.getpid():
            continue
        if process_identity(owner.pid) == owner.create_time:
            with contextlib.suppress(ProcessLookupError):
                os.kill(owner.pid, signal.SIGKILL)
