"""Where everything lies in the server's data folder, and that one server at a time uses it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from mti_addon.wire import files, locking
from mti_addon.wire.errors import BadRequest, Busy, DiskFull
from mti_addon.wire.problem import Problem

MOST_RESERVED = 20 * 10**9
"""Bytes: the tenth of the disk that stays free for checkpoints need not be more than this."""
FREE_SHARE = 0.1

STORE = "server.db"
"""Name of the store in the data folder, and in a backup."""


class Places:
    """The data folder: server.db, blobs/, uploads/, jobs/, spool/, results/, library/ ..."""

    def __init__(self, data: Path) -> None:
        """Create the folders, for this user alone. Raises NotWritable, DiskFull."""
        self.data = data.absolute()
        with files.translating_os_errors(self.data):
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (
                *(self.blobs, self.uploads, self.jobs, self.spool),
                *(self.results, self.library, self.tls),
            ):
                folder.mkdir(mode=0o700, exist_ok=True)

    @property
    def database(self) -> Path:
        """The store."""
        return self.data / STORE

    @property
    def blobs(self) -> Path:
        """Uploaded files by their sha256: ab/abcd..."""
        return self.data / "blobs"

    @property
    def uploads(self) -> Path:
        """Unfinished uploads: USER/SHA256."""
        return self.data / "uploads"

    @property
    def jobs(self) -> Path:
        """Folders of jobs that nobody works on: JOB once finished, JOB.EPOCH between attempts."""
        return self.data / "jobs"

    @property
    def spool(self) -> Path:
        """Folders of jobs at work: SLOT/JOB.EPOCH."""
        return self.data / "spool"

    @property
    def results(self) -> Path:
        """Results that several jobs may share: WORK/."""
        return self.data / "results"

    @property
    def library(self) -> Path:
        """Published motions."""
        return self.data / "library"

    @property
    def tls(self) -> Path:
        """The server's certificate and key."""
        return self.data / "tls"

    @property
    def status(self) -> Path:
        """What the running server says of itself: its address and fingerprint."""
        return self.data / "server.json"

    @property
    def audit_log(self) -> Path:
        """Who did what; rotated."""
        return self.data / "audit.log"

    def lock(self) -> int:
        """Become the folder's only server, until this process ends; returns the descriptor.

        Raises Busy if there is another one.
        """
        path = self.data / "server.lock"
        with files.translating_os_errors(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            locking.try_lock(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise Busy(
                Problem(
                    "server_already_running",
                    "Another server uses the folder {path}.",
                    "Stop it first, or choose another folder.",
                    {"path": str(self.data)},
                )
            ) from error
        return descriptor

    def check_space(self) -> None:
        """Raise DiskFull if what is left is needed for the checkpoints of running jobs."""
        usage = shutil.disk_usage(self.data)
        if usage.free < min(usage.total * FREE_SHARE, MOST_RESERVED):
            raise DiskFull(
                Problem(
                    "server_disk_low",
                    "The studio's server is short of disk space, and takes nothing new.",
                    "Try again later, and tell the administrator.",
                )
            )


def existing(data: Path) -> Places:
    """Return the places of a data folder that a server has used. Raises BadRequest for any other,
    and creates nothing then."""
    if not (data / STORE).is_file():
        raise BadRequest(
            Problem(
                "no_server_data",
                "The folder {path} has no server's data.",
                "Give the server's data folder with --data.",
                {"path": str(data)},
            )
        )
    return Places(data)
