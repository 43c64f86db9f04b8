"""Maps any exception to one of the wire's errors: code, one sentence, remedy.

Imports the standard library and wire only.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from mti_addon.wire.errors import BackendMissing, Internal, MtiError, OutOfMemory
from mti_addon.wire.files import os_error
from mti_addon.wire.problem import Problem

MOST_LETTERS = 600
"""Maximum length of a user-facing sentence; longer texts, such as a library's list of a thousand
tensors or a very long file name, are shortened."""


def short(text: str) -> str:
    """Collapse a text into one line of at most MOST_LETTERS, dropping its middle if necessary."""
    line = " ".join(text.split())
    if len(line) <= MOST_LETTERS:
        return line
    half = (MOST_LETTERS - len(" ... ")) // 2
    return f"{line[:half]} ... {line[-half:]}"


def in_short(error: Exception) -> str:
    """First sentence of a library's error message; the full traceback goes to the log."""
    with suppress(OSError):
        traceback.print_exception(error, file=sys.stderr)
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = short(lines[0])[:200].rstrip(" .:")
    return f"{line}."


def as_mti_error(error: Exception) -> MtiError:
    """Convert any exception to the error to show to the user.

    The traceback of an unexpected exception goes to the log only."""
    if isinstance(error, MtiError):
        return error
    if is_out_of_memory(error):
        return OutOfMemory(
            Problem(
                "memory_not_enough",
                "There is not enough memory for this size and number of frames.",
                "Close other programs, or choose a smaller engine or fewer frames.",
            )
        )
    if isinstance(error, ModuleNotFoundError):
        return BackendMissing(
            Problem(
                "package_missing",
                "The backend's Python is missing the package {package}.",
                "Set up the backend again in the preferences.",
                {"package": str(error.name)},
            )
        )
    if isinstance(error, OSError):
        name = error.filename if isinstance(error.filename, str | os.PathLike) else "the job folder"
        known = os_error(error, Path(name))
        if known is not None:
            return known
    with suppress(OSError):  # the log may be what is on the full disk
        traceback.print_exception(error, file=sys.stderr)
    return Internal(
        Problem(
            "unexpected_error",
            "The backend stopped because of an unexpected error.",
            "See log.txt in the job's folder for details.",
        )
    )


_FULL_MEMORY = re.compile(
    r"can't allocate memory|not enough memory|Cannot allocate memory"  # the CPU: Linux, Windows
    r"|(MPS backend|CUDA|HIP) out of memory|CUDA error: out of memory|STATUS_ALLOC_FAILED"
    r"|Invalid buffer size"  # Apple's GPU: a single allocation above its limit
    r"|os error (12|1455)\b"  # a Rust library, with the error numbers of Linux and Windows
)
_WINDOWS_FULL_MEMORY = {8, 14, 1455}
"""ERROR_NOT_ENOUGH_MEMORY, ERROR_OUTOFMEMORY, ERROR_COMMITMENT_LIMIT."""


def is_out_of_memory(error: Exception) -> bool:
    """True if memory ran out. torch has an exception class for it on NVIDIA GPUs; elsewhere only
    the message tells."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if getattr(error, "winerror", None) in _WINDOWS_FULL_MEMORY:
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    return not isinstance(error, MtiError) and _FULL_MEMORY.search(str(error)) is not None
