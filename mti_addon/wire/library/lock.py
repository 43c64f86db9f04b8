"""Several programs change one library, one after the other; stdlib only.

A motion is added, deleted and restored by one rename, which needs no lock. A change of something
that is there (read it, replace it) does, or one program would undo what another has just done.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from .. import files, locking
from ..errors import Busy, DiskFull
from ..problem import Problem

LOCK_FILE = ".lock"
WAIT_SECONDS = 3.0
"""A change takes milliseconds; whoever holds the lock for longer hangs."""


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Keep other programs from changing what is in the library `root`.

    A file system without locks is used without: then the last of two changes of one motion in the
    same moment wins. Raises Busy after WAIT_SECONDS, NotWritable.
    """
    descriptor = _open(root)
    if descriptor is None:
        yield
        return
    try:
        _wait_for(descriptor, root)
        locking.hold(descriptor)
        yield
    finally:
        locking.let_go(descriptor)


def _open(root: Path) -> int | None:
    """Return the lock's descriptor; None on a full disk, where deleting must still be possible."""
    try:
        with files.translating_os_errors(root):
            root.mkdir(parents=True, exist_ok=True)
            return os.open(root / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except DiskFull:
        return None


def _wait_for(descriptor: int, root: Path) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            locking.try_lock(descriptor)
            return
        except OSError as error:
            if error.errno in locking.NO_LOCKS:
                return
            if time.monotonic() > deadline:
                what = "Another program is changing the library {path}."
                hint = "Try again. If this stays, close the other Blender."
                raise Busy(Problem("library_busy", what, hint, {"path": str(root)})) from error
        time.sleep(0.01)
