"""Redirects all output of this process, including native libraries and crashes, to the job's
log.txt.

Imports the standard library only.
"""

from __future__ import annotations

import faulthandler
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mti_addon.wire.files import translating_os_errors


@contextmanager
def log_to(path: Path) -> Iterator[None]:
    """Append stdout and stderr, at the file-descriptor level, to `path` within the context.

    The stacks of all threads are also logged if the process crashes. Has no effect if the launcher
    has already redirected them there."""
    with translating_os_errors(path):
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    saved = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    try:
        _point(dict.fromkeys(saved, log))
        faulthandler.enable(file=2)
        yield
    finally:
        _point(saved)
        for descriptor in (log, *saved.values()):
            os.close(descriptor)


def let_go() -> None:
    """Redirect stdout and stderr to null if they are files.

    They are the first job's log, which Windows could not delete while this process has it open. A
    terminal is left alone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        held = [fd for fd in (1, 2) if stat.S_ISREG(os.fstat(fd).st_mode)]
        _point(dict.fromkeys(held, nowhere))
        if 2 in held:
            faulthandler.disable()
    finally:
        os.close(nowhere)


def _point(targets: dict[int, int]) -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a full disk must not mask the error being reported
            stream.flush()
    for descriptor, target in targets.items():
        os.dup2(target, descriptor)
