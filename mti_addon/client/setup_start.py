"""Start a chore that outlives Blender, stop one, see how it stands; wire and stdlib only."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..wire import files
from ..wire.errors import Busy
from ..wire.problem import Problem
from .launch import reap, runner_environment, start_detached
from .setup_folder import STARTING, BackendFolder, ChoreFolder, ChoreState, Order, write_json


def chore_name(order: Order) -> str:
    """The folder's name: downloads of two models may run at the same time."""
    return f"{order.kind}-{order.model}" if order.kind == "download" else order.kind


def start_chore(
    order: Order, extra_env: Mapping[str, str] | None = None, python: str = sys.executable
) -> ChoreFolder:
    """Write the order and start `python` (Blender's own) on it, detached.

    Starting again what was stopped, or killed, goes on with what is missing. Raises Busy,
    BackendMissing, DiskFull, NotWritable.
    """
    chore = prepare(order)
    environment = runner_environment(os.environ, Path(order.root), extra_env or {})
    command = [python, "-m", "mti_addon.client.install", str(chore.path.resolve())]
    start_detached(command, environment, chore.job)
    return chore


def prepare(order: Order) -> ChoreFolder:
    """The chore's folder with its order in it, for a process to work on. Raises as start_chore."""
    chore = BackendFolder(Path(order.backend)).chore(chore_name(order))
    if chore.running():
        raise Busy(
            Problem("being_done", "This is being done already.", "Wait for it, or cancel it.")
        )
    with files.translating_os_errors(chore.path):
        chore.path.mkdir(parents=True, exist_ok=True)
        chore.job.cancel_file.unlink(missing_ok=True)
        chore.job.log_file.unlink(missing_ok=True)
    write_json(chore.order_file, order)
    chore.write_state(ChoreState("running", STARTING))
    return chore


def cancel_chore(chore: ChoreFolder) -> None:
    """Ask it to stop, which it does within a second. DiskFull, NotWritable."""
    chore.job.ask_cancel()


def look(chore: ChoreFolder) -> ChoreState:
    """How it stands; lets an ended process leave the process table first."""
    reap()
    return chore.state()
