"""Resume a job that stopped, or start one immediately. The runner goes on from its last checkpoint
(`mti_backend/runner/resumable_loop.py`)."""

from __future__ import annotations

from ... import client
from ...wire import JobFolder
from . import polling, starting


def resume(job: JobFolder) -> None:
    """Queue a job that was paused or cancelled, or that failed or died. Raises Busy, BadRequest."""
    client.requeue(job)
    try:
        starting.advance(job)
    finally:
        polling.start(job)


def start_now(job: JobFolder) -> None:
    """Start a job regardless of others. Raises Busy, BackendMissing, DiskFull, NotWritable."""
    client.requeue(job)
    try:
        starting.launch(job)
    finally:
        polling.start(job)
