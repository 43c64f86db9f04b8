"""Locks on files, which the system releases when their holder dies in whatever way; stdlib only."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}
"""Error numbers of file systems that cannot lock."""

_held: set[int] = set()


def hold(descriptor: int) -> None:
    """Note a lock as held, so that forked children do not keep it."""
    _held.add(descriptor)


def let_go(descriptor: int) -> None:
    """Close a lock, and with it release it."""
    _held.discard(descriptor)
    os.close(descriptor)


def _close_in_child() -> None:
    """Close locks in forked children (data loaders fork), which may outlive a killed runner."""
    for descriptor in _held:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _held.clear()


if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> None:
        """Lock an open file, or raise OSError at once."""
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    os.register_at_fork(after_in_child=_close_in_child)

    def try_lock(descriptor: int) -> None:
        """Lock an open file, or raise OSError at once."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
