"""The ffmpeg that imageio-ffmpeg brings along, as a process that writes to a pipe."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from mti_addon.wire.errors import BackendMissing
from mti_addon.wire.problem import Problem

_QUIET = ["-hide_banner", "-nostdin", "-loglevel", "error"]


def ffmpeg() -> str:
    """Its path. Raises BackendMissing."""
    from imageio_ffmpeg import get_ffmpeg_exe

    try:
        return str(get_ffmpeg_exe())
    except RuntimeError as error:
        what = "The program ffmpeg, which reads and writes videos, is missing."
        hint = "Install the package imageio-ffmpeg again."
        raise BackendMissing(Problem("ffmpeg_missing", what, hint)) from error


def what_it_says(arguments: Sequence[str]) -> str:
    """Run it to its end; returns what it wrote to stderr."""
    command = [ffmpeg(), "-hide_banner", "-nostdin", *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    return done.stderr.decode("utf-8", "replace")


@contextmanager
def reading(arguments: Sequence[str]) -> Iterator[IO[bytes]]:
    """Yield what it writes to stdout, and end it afterwards, whether or not all was read."""
    process = subprocess.Popen(
        [ffmpeg(), *_QUIET, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.stdout.close()
        process.kill()
        process.wait()


def write(arguments: Sequence[str], data: Iterator[bytes]) -> bool:
    """Send data to its stdin; returns whether it succeeded."""
    process = subprocess.Popen(
        [ffmpeg(), *_QUIET, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    try:
        for part in data:
            process.stdin.write(part)
        process.stdin.close()
    except OSError:  # it has ended
        pass
    except BaseException:
        process.kill()
        raise
    return process.wait() == 0
