"""The process of a setup task: set up or check the backend; download, move or delete models.

Blender starts it detached with its own Python: `python -m mti_addon.client.setup.task_process
TASK`. It can also be run in a terminal, with `--into FOLDER`. It only needs the standard library,
and installs nothing into the Python that runs it.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ...wire import files
from ...wire.errors import BackendMissing, Busy, Cancelled, Internal, MtiError
from ...wire.events import Failed
from ...wire.owner import JobLock
from ...wire.problem import Problem
from . import models
from .check import run_check
from .child import TaskProcess
from .environment import Setup
from .folder import SetupTaskFolder, TaskSpec
from .start import prepare

LET_GO_SECONDS = 5.0
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
    process = TaskProcess(task, echo)
    try:
        # write the final state before releasing the lock, so that the end is not mistaken for a
        # crash
        with _locked(task):
            return _do(process)
    except MtiError as error:
        process.log(str(error.problem))
        return error.exit_code


@contextlib.contextmanager
def _locked(task: SetupTaskFolder) -> Iterator[None]:
    """Hold the task's lock, waiting for a predecessor that has finished but not released it yet."""
    lock, until = JobLock(task.job), time.monotonic() + LET_GO_SECONDS
    while True:
        try:
            lock.acquire()
            break
        except Busy:
            if time.monotonic() >= until:
                raise
            time.sleep(0.02)
    try:
        yield
    finally:
        lock.release()


def _do(process: TaskProcess) -> int:
    try:
        process.hold_reserve()
        process.end_leftover()
        spec = process.task.spec()
        try:
            SETUP_TASKS[spec.kind](process, spec)
        except OSError as error:
            raise _understood(error, Path(spec.backend)) from error
        process.end(phase="done")
        return 0
    except Cancelled as error:
        process.end(phase="cancelled", said=error.problem)
        return error.exit_code
    except MtiError as error:
        return _fail(process, error)
    except Exception:
        traceback.print_exc()
        what = "The setup stopped because of an internal error."
        fault = Internal(Problem("setup_fault", what, "Please report the log."))
        return _fail(process, fault)


def _understood(error: OSError, folder: Path) -> MtiError:
    known = files.os_error(error, Path(str(error.filename or folder)))
    return known or BackendMissing(
        Problem(
            "setup_file_error",
            "{reason}: {path}.",
            "Make sure that the folder exists and is writable, then start again.",
            {"reason": error.strerror or str(error), "path": str(error.filename or folder)},
        )
    )


def _fail(process: TaskProcess, error: MtiError) -> int:
    process.end(phase="failed", said=None, error=Failed.of(error))
    process.log(str(error.problem))
    return error.exit_code


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
