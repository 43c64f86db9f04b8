"""The process that does a chore: sets the backend up, checks it, fetches, moves, deletes models.

Blender starts it, detached, with its own Python: `python -m mti_addon.client.install CHORE`. It can
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
from .setup_child import Work
from .setup_env import Setup
from .setup_folder import ChoreFolder, Order
from .setup_start import prepare

LET_GO_SECONDS = 5.0
ROOT = Path(__file__).resolve().parents[2]


def _set_up(work: Work, order: Order) -> None:
    Setup(work, order).run()


CHORES: dict[str, Callable[[Work, Order], None]] = {
    "setup": _set_up,
    "check": run_check,
    "download": setup_models.download,
    "move": setup_models.move,
    "delete": setup_models.delete,
}


def do(chore: ChoreFolder, echo: bool = False) -> int:
    """Do the chore of this folder; the exit code of how it ended, which state.json tells, too."""
    work = Work(chore, echo)
    try:
        # the last word is written before the lock goes: nobody shall take its end for a death
        with _locked(chore):
            return _do(work)
    except MtiError as error:
        work.log(str(error.problem))
        return error.exit_code


@contextlib.contextmanager
def _locked(chore: ChoreFolder) -> Iterator[None]:
    """The chore's lock. One that was started after another's last word waits for it to let go."""
    lock, until = JobLock(chore.job), time.monotonic() + LET_GO_SECONDS
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


def _do(work: Work) -> int:
    try:
        work.hold_reserve()
        work.end_leftover()
        order = work.chore.order()
        try:
            CHORES[order.kind](work, order)
        except OSError as error:
            raise _understood(error, Path(order.backend)) from error
        work.end(phase="done")
        return 0
    except Cancelled as error:
        work.end(phase="cancelled", said=error.problem)
        return error.exit_code
    except MtiError as error:
        return _fail(work, error)
    except Exception:
        traceback.print_exc()
        what = "The set-up stopped by a fault of its own."
        fault = Internal(Problem("setup_fault", what, "Please report the log."))
        return _fail(work, fault)


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


def _fail(work: Work, error: MtiError) -> int:
    work.end(phase="failed", said=None, error=Failed.of(error))
    work.log(str(error.problem))
    return error.exit_code


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="mti_addon.client.install",
        description="Make the backend's environment, or complete one that is not finished.",
    )
    parser.add_argument("chore", type=Path, nargs="?", help="a folder with an order.json")
    parser.add_argument("--into", type=Path, help="or: the folder to make the environment in")
    parser.add_argument("--wheels", default="", help="install from this folder, not the network")
    parser.add_argument("--index", default="", help="a further package index, for torch")
    parser.add_argument("--python", default="", help="make the environment with this Python")
    options = parser.parse_args(argv)
    if (options.chore is None) == (options.into is None):
        parser.error("give either a chore's folder or --into FOLDER")
    if options.chore is not None:
        return do(ChoreFolder(options.chore.resolve()))
    order = Order(
        "setup", str(options.into.resolve()), str(ROOT), options.python, options.wheels,
        options.index,
    )  # fmt: skip
    try:
        return do(prepare(order), echo=True)
    except MtiError as error:
        print(error.problem, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
