"""Sends everything this process prints to the job's log.txt, native libraries and crashes too.
Standard library only."""

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
    """stdout and stderr, as file descriptors, go to `path` (appended) while entered; so does the
    stack of every thread if the process crashes. Nothing changes where the launcher has sent them
    there already."""
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
    """stdout and stderr go nowhere from now on, if they are files: the log of the first job, which
    Windows could not delete as long as this process had it open. A terminal stays."""
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
        with suppress(OSError, ValueError):  # a full disk must not hide what is being reported
            stream.flush()
    for descriptor, target in targets.items():
        os.dup2(target, descriptor)
