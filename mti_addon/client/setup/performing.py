"""Perform a task in a process of its own, and keep its state; wire and stdlib only."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from ...wire import files
from ...wire.errors import BackendMissing, Busy, Cancelled, Internal, MtiError
from ...wire.events import Failed
from ...wire.owner import JobLock
from ...wire.problem import Problem
from .child import TaskProcess
from .folder import SetupTaskFolder

LET_GO_SECONDS = 5.0


def perform(
    task: SetupTaskFolder, act: Callable[[TaskProcess], None], fault: Problem, echo: bool = False
) -> int:
    """Perform the task in this folder; return its exit code, which matches state.json.

    `fault` is what is told of an error that nobody has foreseen.
    """
    process = TaskProcess(task, echo)
    try:
        # write the final state before releasing the lock, so that the end is not mistaken for a
        # crash
        with _locked(task):
            return _perform(process, act, fault)
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


def _perform(process: TaskProcess, act: Callable[[TaskProcess], None], fault: Problem) -> int:
    try:
        process.hold_reserve()
        process.end_leftover()
        try:
            act(process)
        except OSError as error:
            raise _understood(error, process.task.path) from error
        process.end(phase="done")
        return 0
    except Cancelled as error:
        process.end(phase="cancelled", said=error.problem)
        return error.exit_code
    except MtiError as error:
        return _fail(process, error)
    except Exception:
        traceback.print_exc()
        return _fail(process, Internal(fault))


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
