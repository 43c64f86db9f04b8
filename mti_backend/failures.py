"""Any exception -> one of the wire's errors: code, one sentence, hint. Standard library and wire
only."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from mti_addon.wire.errors import BackendMissing, Internal, MtiError, OutOfMemory
from mti_addon.wire.files import os_error

MOST_LETTERS = 600
"""Of a sentence for people; no library's list of a thousand tensors, and no file's name, is longer
in what is told of it."""


def short(text: str) -> str:
    """At most MOST_LETTERS of a text, in one line; the middle is left out."""
    line = " ".join(text.split())
    if len(line) <= MOST_LETTERS:
        return line
    half = (MOST_LETTERS - len(" ... ")) // 2
    return f"{line[:half]} ... {line[-half:]}"


def in_short(error: Exception) -> str:
    """The first sentence of what a library says of its error; all of it goes to the log."""
    with suppress(OSError):
        traceback.print_exception(error, file=sys.stderr)
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = short(lines[0])[:200].rstrip(" .:")
    return f"{line}."


def as_mti_error(error: Exception) -> MtiError:
    """What to tell the animator. The traceback of anything unexpected goes to the log, and only
    there."""
    if isinstance(error, MtiError):
        return error
    if is_out_of_memory(error):
        return OutOfMemory(
            "The memory is not enough for this size and number of frames.",
            "Close other programs, or choose a smaller engine or fewer frames.",
        )
    if isinstance(error, ModuleNotFoundError):
        return BackendMissing(
            f"The backend's Python lacks the package {error.name}.",
            "Set up the backend again in the preferences.",
        )
    if isinstance(error, OSError):
        name = error.filename if isinstance(error.filename, str | os.PathLike) else "the job folder"
        known = os_error(error, Path(name))
        if known is not None:
            return known
    with suppress(OSError):  # the log may be what is on the full disk
        traceback.print_exception(error, file=sys.stderr)
    return Internal(
        "The backend stopped at an error that it did not expect.",
        "log.txt in the job's folder tells more.",
    )


def is_out_of_memory(error: Exception) -> bool:
    """torch says so by a class of its own on a GPU, and by a plain RuntimeError on the CPU."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
