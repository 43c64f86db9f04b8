"""Limits that the kernel sets to the processes which a server starts for jobs."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from collections.abc import Mapping, Sequence

GIB = 2**30
LIMITS: Mapping[str, int] = {
    # A dump would hold artists' pictures, and be as large as all that the process has mapped.
    "RLIMIT_CORE": 0,
    # The largest file that a runner writes is a checkpoint; models are only read.
    "RLIMIT_FSIZE": 8 * GIB,
    "RLIMIT_NOFILE": 4096,
}
"""In bytes, and in open files.

There is none of the address space (RLIMIT_AS, RLIMIT_DATA): CUDA reserves addresses for the memory
of all GPUs and of the machine when it starts, far more than it uses, and does not start without.
None of locked memory, which pinned buffers need, and none of processes and threads, which the
kernel counts for the server's user and not for the job.
"""


def limited(command: Sequence[str]) -> list[str]:
    """Return a command that sets the limits, and then becomes `command`: the same process.

    A function that Popen calls between fork and exec could deadlock: the server has threads.
    """
    return [sys.executable, "-I", "-S", __file__, *command]


def set_limits(limits: Mapping[str, int] = LIMITS) -> None:
    """Set the limits of this process, for good; those that are lower already stay."""
    for name, most in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS has maxima of its own
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    set_limits()
    os.execv(sys.argv[1], sys.argv[1:])
