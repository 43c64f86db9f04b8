"""Start, stop and inspect tasks that outlive Blender; wire and stdlib only."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ...wire import files
from ...wire.errors import Busy
from ...wire.problem import Problem
from ..jobs.launch import reap, runner_environment, start_detached
from .folder import STARTING, BackendFolder, SetupTaskFolder, SetupTaskState, TaskSpec, write_json


def task_name(spec: TaskSpec) -> str:
    """Return the folder's name; downloads of different models may run at the same time."""
    return f"{spec.kind}-{spec.model}" if spec.kind == "download" else spec.kind


def start_task(
    spec: TaskSpec, extra_env: Mapping[str, str] | None = None, python: str = sys.executable
) -> SetupTaskFolder:
    """Write the spec and start `python` (Blender's own) on it, detached.

    Starting a stopped or killed task again resumes it. Raises Busy, BackendMissing, DiskFull,
    NotWritable.
    """
    task = prepare(spec)
    environment = runner_environment(os.environ, Path(spec.root), extra_env or {})
    command = [python, "-m", "mti_addon.client.setup.task_process", str(task.path.resolve())]
    start_detached(command, environment, task.job)
    return task


def prepare(spec: TaskSpec) -> SetupTaskFolder:
    """Create the task's folder with its spec, for a process. Raises the same as start_task."""
    task = BackendFolder(Path(spec.backend)).task(task_name(spec))
    prepare_task(task, spec)
    return task


def prepare_task(task: SetupTaskFolder, spec: object) -> None:
    """Fill a task's folder with its spec, a dataclass. Raises Busy, DiskFull, NotWritable."""
    if task.running():
        raise Busy(
            Problem("being_done", "This task is already running.", "Wait for it, or cancel it.")
        )
    with files.translating_os_errors(task.path):
        task.path.mkdir(parents=True, exist_ok=True)
        task.job.cancel_file.unlink(missing_ok=True)
        task.job.log_file.unlink(missing_ok=True)
    write_json(task.spec_file, spec)
    task.write_state(SetupTaskState("running", STARTING))


def cancel_task(task: SetupTaskFolder) -> None:
    """Ask it to stop, which it does within a second. Raises DiskFull, NotWritable."""
    task.job.ask_cancel()


def look(task: SetupTaskFolder) -> SetupTaskState:
    """Return its state; reaps ended processes first."""
    reap()
    return task.state()
