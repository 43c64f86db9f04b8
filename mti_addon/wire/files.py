"""Crash-safe writing of files: completely or not at all, with a clear error; stdlib only."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .errors import BadRequest, DiskFull, MtiError, NotWritable
from .problem import Problem

TEMP_PREFIX = ".tmp-"
"""Prefix of unfinished files and folders; anybody who finds one of a dead writer may delete it."""
REMOVED = ".removed"
"""Marks a deleted folder in which a file was still open; the next sweep finishes it."""
RETRY_SECONDS = 2.5
"""On Windows: how long a rename waits for a virus scanner or a reader to release the file."""
HELD_SECONDS = 0.2
"""The same if there is an alternative."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY}
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}
_WINDOWS_BUSY = {5, 32, 33}


@contextlib.contextmanager
def translating_os_errors(path: Path) -> Iterator[None]:
    """Turn errors that users can fix into DiskFull or NotWritable; pass others through."""
    try:
        yield
    except OSError as error:
        translated = os_error(error, path)
        if translated is None:
            raise
        raise translated from error


def os_error(error: OSError, path: Path) -> MtiError | None:
    """Return the MtiError for an error of writing `path`, or None if there is none."""
    if error.errno in _FULL or getattr(error, "winerror", None) in (39, 112):
        return DiskFull(
            Problem(
                "no_space_left",
                "There is no space left to write {path}.",
                "Free some space, then resume or try again; nothing is lost.",
                {"path": str(path)},
            )
        )
    if error.errno in _DENIED:
        return NotWritable(
            Problem(
                "cannot_be_written",
                "{path} cannot be written ({reason}).",
                "Choose another folder in the preferences, or allow writing to this one.",
                {"path": str(path), "reason": os.strerror(error.errno or 0)},
            )
        )
    return None


def write_atomic(path: Path, data: bytes, private: bool = False) -> None:
    """Write a file atomically: temporary file, fsync, rename, fsync of the folder.

    private: only this user may read it (POSIX; on Windows, the folder's own rights apply).

    Readers see either the old bytes or the new ones, even after a crash or power failure. Raises
    DiskFull or NotWritable; the old file is unchanged then, and no temporary file is left.
    """
    temp = path.with_name(f"{TEMP_PREFIX}{secrets.token_hex(6)}-{path.name}")
    with translating_os_errors(path):
        try:
            write_synced(temp, data, 0o600 if private else 0o666)
            replace(temp, path)
        except BaseException:
            temp.unlink(missing_ok=True)
            raise
        fsync_dir(path.parent)


def write_synced(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write a new file and wait until it is on disk; raises plain OSError.

    mode: the rights that it has from the first moment, before the umask.
    """
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def replace(source: Path, target: Path) -> None:
    """Call os.replace; on Windows retry for a while if the target is open (zarr #4358)."""
    retrying(lambda: os.replace(source, target))


def retrying(action: Callable[[], object], seconds: float = RETRY_SECONDS) -> None:
    """Run an action; on Windows retry for up to `seconds` while another process has it open."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            action()
            return
        except OSError as error:
            if not _is_held(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _is_held(error: OSError) -> bool:
    """Return whether, on Windows, another process may have the file or one below it open."""
    return getattr(error, "winerror", None) in _WINDOWS_BUSY


def fsync_dir(path: Path) -> None:
    """Make names in a folder durable (POSIX only; Windows has no such call)."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems do not support it; the rename is still atomic there.
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder next to `path` to fill; rename it to `path` when the block succeeds.

    The folder is created completely or not at all, with all names durable; syncing the files'
    contents is up to the block. Removes leftovers of dead writers. Raises BadRequest if `path`
    exists, DiskFull, NotWritable.
    """
    temp = path.with_name(f"{TEMP_PREFIX}{secrets.token_hex(6)}-{path.name}")
    with translating_os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise BadRequest(f"{path} already exists.")
        try:
            temp.mkdir()
            yield temp
            for folder in [*(p for p in temp.rglob("*") if p.is_dir()), temp]:
                fsync_dir(folder)
            retrying(lambda: os.rename(temp, path))
        except BaseException as error:
            shutil.rmtree(temp, ignore_errors=True)
            if isinstance(error, OSError) and error.errno in _TAKEN:
                raise BadRequest(f"{path} already exists.") from error
            raise
        fsync_dir(path.parent)
    sweep(path.parent)


def remove_folder(path: Path, marker: str = "") -> None:
    """Delete a folder: its name disappears at once, then its files. Raises NotWritable.

    marker: name of the file that makes it such a folder. With it, deletion succeeds even while a
    file in the folder is open, which on Windows locks the folder's name: a log held by a runner, an
    image by a viewer. The marker and everything else possible is deleted; `sweep` removes the rest
    later.
    """
    gone = path.with_name(f"{TEMP_PREFIX}{secrets.token_hex(6)}-{path.name}")
    with translating_os_errors(path):
        try:
            retrying(lambda: os.rename(path, gone), HELD_SECONDS if marker else RETRY_SECONDS)
        except FileNotFoundError:
            return
        except OSError as error:
            if not marker or not _is_held(error):
                raise
            _remove_marker(path, marker)
            _remove_what_goes(path)
            return
    shutil.rmtree(gone, ignore_errors=True)


def _remove_what_goes(folder: Path) -> None:
    """Remove what can be removed from a deleted folder, and mark the rest for the next time."""
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        (folder / REMOVED).touch()


def _remove_marker(path: Path, marker: str) -> None:
    (path / REMOVED).touch()
    try:
        (path / marker).unlink(missing_ok=True)
    except OSError:
        with contextlib.suppress(OSError):
            (path / REMOVED).unlink()
        raise


def sweep(folder: Path, older_than: float = 3600.0) -> None:
    """Remove what dead writers left directly in `folder` more than `older_than` seconds ago.

    Files dated just as far in the future count as old, since the clock has been set back. Remains
    of deleted folders are removed, too. Never raises.
    """
    with contextlib.suppress(OSError):
        for mark in list(folder.glob(f"*/{REMOVED}")):
            _remove_what_goes(mark.parent)
        for path in list(folder.glob(TEMP_PREFIX + "*")):
            with contextlib.suppress(OSError):
                if abs(time.time() - path.lstat().st_mtime) < older_than:
                    continue
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()


def keep_newest(root: Path, count: int, newest: str) -> None:
    """Remove folders of `root` except the one named `newest` and the `count` youngest others.

    Folders being written do not count. Never raises: other processes may do the same concurrently.
    """
    others: list[tuple[float, Path]] = []
    with contextlib.suppress(OSError):
        for path in root.iterdir():
            with contextlib.suppress(OSError):
                if path.is_dir() and path.name != newest and not path.name.startswith("."):
                    others.append((path.stat().st_mtime, path))
    for _, path in sorted(others, reverse=True)[count:]:
        shutil.rmtree(path, ignore_errors=True)


def append_line(path: Path, line: str, durable: bool = False) -> None:
    """Append one line with a single write(); `durable` waits for the disk. One writer only.

    A line that does not fit (disk full) is rolled back, so that the file ends with a complete line.
    """
    data = line.encode("utf-8") + b"\n"
    with translating_os_errors(path):
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            try:
                written = os.write(descriptor, data)
            except OSError:
                os.ftruncate(descriptor, size)
                raise
            if written != len(data):
                os.ftruncate(descriptor, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def size_of(folder: Path) -> int:
    """Return the total size of a folder's files in bytes; 0 if it does not exist.

    Hard links count once, symbolic links do not count. Never raises: other processes may change the
    folder concurrently.
    """
    sizes: dict[tuple[int, int] | str, int] = {}
    for place, _, names in os.walk(folder, onerror=None):
        for name in names:
            path = os.path.join(place, name)
            with contextlib.suppress(OSError):
                about = os.lstat(path)
                if stat.S_ISREG(about.st_mode):
                    sizes[(about.st_dev, about.st_ino) if about.st_ino else path] = about.st_size
    return sum(sizes.values())


def sha256_file(path: Path) -> str:
    """Return the sha256 of a file's bytes in hex; raises plain OSError."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
