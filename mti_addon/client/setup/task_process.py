"""The process of a setup task: set up or check the backend; download, move or delete models.

Blender starts it detached with its own Python: `python -m mti_addon.client.setup.task_process
TASK`. It can also be run in a terminal, with `--into FOLDER`. It only needs the standard library,
and installs nothing into the Python that runs it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ...wire.errors import MtiError
from ...wire.problem import Problem
from . import models
from .check import run_check
from .child import TaskProcess
from .environment import Setup
from .folder import SetupTaskFolder, TaskSpec
from .performing import perform
from .start import prepare

ROOT = Path(__file__).resolve().parents[3]


def _set_up(process: TaskProcess, spec: TaskSpec) -> None:
    Setup(process, spec).run()


SETUP_TASKS: dict[str, Callable[[TaskProcess, TaskSpec], None]] = {
    "setup": _set_up,
    "check": run_check,
    "download": models.download,
    "move": models.move,
    "delete": models.delete,
}


def do(task: SetupTaskFolder, echo: bool = False) -> int:
    """Run the task in this folder; return its exit code, which matches state.json."""

    def act(process: TaskProcess) -> None:
        spec = task.spec()
        SETUP_TASKS[spec.kind](process, spec)

    what = "The setup stopped because of an internal error."
    return perform(task, act, Problem("setup_fault", what, "Please report the log."), echo)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="mti_addon.client.setup.task_process",
        description="Create the backend's environment, or complete an incomplete one.",
    )
    parser.add_argument("task", type=Path, nargs="?", help="a folder with a task.json")
    parser.add_argument("--into", type=Path, help="or: the folder to create the environment in")
    parser.add_argument(
        "--wheels", default="", help="install from this folder instead of the network"
    )
    parser.add_argument("--index", default="", help="an additional package index for torch")
    parser.add_argument("--python", default="", help="create the environment with this Python")
    options = parser.parse_args(argv)
    if (options.task is None) == (options.into is None):
        parser.error("give either a task's folder or --into FOLDER")
    if options.task is not None:
        return do(SetupTaskFolder(options.task.resolve()))
    spec = TaskSpec(
        "setup", str(options.into.resolve()), str(ROOT), options.python, options.wheels,
        options.index,
    )  # fmt: skip
    try:
        return do(prepare(spec), echo=True)
    except MtiError as error:
        print(error.problem, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
