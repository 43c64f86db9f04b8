"""The process that does a task: sets the backend up, checks it, fetches, moves, deletes models.

Blender starts it, detached, with its own Python: `python -m mti_addon.client.install TASK`. It can
be run at a terminal as well: `python -m mti_addon.client.install --into FOLDER`. It needs nothing
but the standard library, and installs nothing into the Python that runs it.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..wire import files
from ..wire.errors import BackendMissing, Busy, Cancelled, Internal, MtiError
from ..wire.events import Failed
from ..wire.owner import JobLock
from ..wire.problem import Problem
from . import setup_models
from .setup_check import run_check
from .setup_child import TaskProcess
from .setup_env import Setup
from .setup_folder import SetupTaskFolder, TaskSpec
from .setup_start import prepare

LET_GO_SECONDS = 5.0
ROOT = Path(__file__).resolve().parents[2]


def _set_up(process: TaskProcess, spec: TaskSpec) -> None:
    Setup(process, spec).run()


SETUP_TASKS: dict[str, Callable[[TaskProcess, TaskSpec], None]] = {
    "setup": _set_up,
    "check": run_check,
    "download": setup_models.download,
    "move": setup_models.move,
    "delete": setup_models.delete,
}


def do(task: SetupTaskFolder, echo: bool = False) -> int:
    """Do the task of this folder; the exit code of how it ended, which state.json tells, too."""
    process = TaskProcess(task, echo)
    try:
        # the last word is written before the lock goes: nobody shall take its end for a death
        with _locked(task):
            return _do(process)
    except MtiError as error:
        process.log(str(error.problem))
        return error.exit_code


@contextlib.contextmanager
def _locked(task: SetupTaskFolder) -> Iterator[None]:
    """The task's lock. One that was started after another's last word waits for it to let go."""
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
        what = "The set-up stopped by a fault of its own."
        fault = Internal(Problem("setup_fault", what, "Please report the log."))
        return _fail(process, fault)


def _understood(error: OSError, folder: Path) -> MtiError:
    known = files.os_error(error, Path(str(error.filename or folder)))
    return known or BackendMissing(
        Problem(
            "setup_file_error",
            "{reason}: {path}.",
            "Make sure that the folder is there and can be written, then start again.",
            {"reason": error.strerror or str(error), "path": str(error.filename or folder)},
        )
    )


def _fail(process: TaskProcess, error: MtiError) -> int:
    process.end(phase="failed", said=None, error=Failed.of(error))
    process.log(str(error.problem))
    return error.exit_code


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="mti_addon.client.install",
        description="Make the backend's environment, or complete one that is not finished.",
    )
    parser.add_argument("task", type=Path, nargs="?", help="a folder with a task.json")
    parser.add_argument("--into", type=Path, help="or: the folder to make the environment in")
    parser.add_argument("--wheels", default="", help="install from this folder, not the network")
    parser.add_argument("--index", default="", help="a further package index, for torch")
    parser.add_argument("--python", default="", help="make the environment with this Python")
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
