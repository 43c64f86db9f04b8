"""Content-addressed files: written whole, never changed, named by their sha256."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path

from mti_addon.wire import files
from mti_addon.wire.contents import MAX_MOTION_BYTES
from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.problem import Problem

MAX_BYTES = MAX_MOTION_BYTES
UPLOAD_SECONDS = 86_400.0
"""An upload that has not been continued for so long is given up."""


def blob_path(root: Path, sha256: str) -> Path:
    """Return the file of a blob; `sha256` has been checked to be 64 hexadecimal digits."""
    return root / sha256[:2] / sha256


def partial_uploads(folder: Path) -> dict[str, int]:
    """Return how many bytes have been received of each unfinished upload of one user."""
    found: dict[str, int] = {}
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir(folder):
            with contextlib.suppress(FileNotFoundError):  # it has just become a blob
                found[entry.name] = entry.stat(follow_symlinks=False).st_size
    return found


class Upload:
    """The unfinished upload of one blob by one user, which may be continued after a crash.

    Bytes count as received once `sync` has returned.
    """

    def __init__(self, folder: Path, sha256: str) -> None:
        self.sha256 = sha256
        self._path = folder / sha256
        self._descriptor: int | None = None

    @property
    def received(self) -> int:
        """Return how many bytes there are."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def open(self, start: int) -> None:
        """Go on behind the first `start` bytes. Raises DiskFull, NotWritable."""
        with files.translating_os_errors(self._path):
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW
            self._descriptor = os.open(self._path, flags, 0o600)
            os.ftruncate(self._descriptor, start)
            os.lseek(self._descriptor, start, os.SEEK_SET)

    def write(self, data: bytes) -> None:
        """Append. Raises DiskFull; what was written before stays."""
        assert self._descriptor is not None
        with files.translating_os_errors(self._path):
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]

    def close(self) -> None:
        """Wait until everything is on the disk. Raises DiskFull."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            try:
                with files.translating_os_errors(self._path):
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def drop(self) -> None:
        """Forget what was received."""
        self._path.unlink(missing_ok=True)

    def finish(self, blobs: Path) -> int:
        """Check the sum and make it a blob; return its size. Raises UnreadableInput, DiskFull."""
        if files.sha256_file(self._path) != self.sha256:
            self.drop()
            raise UnreadableInput(
                Problem(
                    "blob_differs",
                    "What was received does not have the sha256 that it was announced with.",
                    "Send it again.",
                )
            )
        target = blob_path(blobs, self.sha256)
        size = self._path.stat().st_size
        with files.translating_os_errors(target):
            target.parent.mkdir(mode=0o700, exist_ok=True)
            os.chmod(self._path, 0o400)
            os.replace(self._path, target)
            files.fsync_dir(target.parent)
            files.fsync_dir(blobs)
        return size


def add_blob(blobs: Path, data: bytes) -> str:
    """Store bytes of the server's own as a blob; return their sha256. Raises DiskFull."""
    sha256 = hashlib.sha256(data).hexdigest()
    target = blob_path(blobs, sha256)
    with files.translating_os_errors(target):
        target.parent.mkdir(mode=0o700, exist_ok=True)
    files.write_atomic(target, data)
    return sha256


def sweep(blobs: Path, uploads: Path, seconds: float = UPLOAD_SECONDS) -> None:
    """Remove uploads that nobody continues, and what dead writers left. Never raises."""
    for path in [*uploads.glob("*/*"), *blobs.glob(f"*/{files.TEMP_PREFIX}*")]:
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > seconds:
                path.unlink()


def stored(blobs: Path) -> list[str]:
    """Return the names of all blobs on the disk."""
    return [path.name for path in blobs.glob("*/*") if len(path.name) == 64]
