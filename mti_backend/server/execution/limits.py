"""What a process that a server starts for a job may use: the kernel's limits, and which variables
of the environment it sees. Stdlib only: it is also run as a script by itself, on other machines.
"""

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


_KEPT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "USER"),
    *("SYSTEMROOT", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "XDG_CACHE_HOME"),
    *("MTI_MODELS_DIR", "MTI_THREADS", "MTI_COMPILE", "MTI_PREVIEW_SECONDS"),
)
_KEPT_PREFIXES = ("CUDA_", "NVIDIA_", "PYTORCH_", "TORCH_")


def kept(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a runner may see: no secrets, proxies, or credentials."""
    return {
        name: value
        for name, value in environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }


def limited(command: Sequence[str]) -> list[str]:
    """Return a command that sets the limits, and then becomes `command`: the same process.

    A function that Popen calls between fork and exec could deadlock: the server has threads.
    """
    return [sys.executable, "-I", "-S", __file__, "--", *command]


def confined(command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Return a command that does the same where another program starts it, and gives `command` this
    environment, and of the one that it finds there only what a runner may see."""
    given = [f"{name}={value}" for name, value in environment.items()]
    return [sys.executable, "-I", "-S", __file__, *given, "--", *command]


def set_limits(limits: Mapping[str, int] = LIMITS) -> None:
    """Set the limits of this process, for good; those that are lower already stay."""
    for name, most in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS has maxima of its own
            resource.setrlimit(kind, (most, most))


def main(arguments: Sequence[str]) -> None:
    """NAME=VALUE ... -- COMMAND: become the command. Without NAME=VALUE, the environment stays."""
    first = arguments.index("--")
    given = dict(each.split("=", 1) for each in arguments[:first])
    command = list(arguments[first + 1 :])
    set_limits()
    os.execve(command[0], command, {**kept(os.environ), **given} if given else os.environ)


if __name__ == "__main__":
    main(sys.argv[1:])
