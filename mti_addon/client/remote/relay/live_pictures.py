"""Pictures of what a job at the server has learned so far, fetched while it learns; wire and stdlib
only.

They are only shown: whatever prevents one is ignored, and the next one replaces it.
"""

from __future__ import annotations

import shutil
import time

from ....wire import files
from ....wire.errors import MtiError
from ....wire.job import JobFolder
from ....wire.library.pictures import image_size
from .api import Api

TIMEOUT_SECONDS = 3.0
"""How long the server may keep the relay from the job's events."""
PAUSE_SECONDS = 5.0
"""Minimum time between two pictures, which a server might announce without end."""


class LivePictures:
    """The newest picture of one job, in its folder `live`."""

    def __init__(self, job: JobFolder, api: Api) -> None:
        """api: Over a connection of its own, since events arrive over the relay's."""
        self._job, self._api = job, api
        self._last = -PAUSE_SECONDS

    def fetch(self, server_job: str, seq: int) -> str | None:
        """Fetch the picture that event `seq` announces; return its file, relative to the job's
        folder, or None if there is none."""
        if time.monotonic() - self._last < PAUSE_SECONDS:
            return None
        path = self._job.live_dir / f"{seq:06d}.png"
        try:
            data = self._api.live_picture(server_job)
            if image_size(path.name, data) is None:
                return None
            path.parent.mkdir(exist_ok=True)
            files.write_atomic(path, data)
        except (MtiError, OSError):
            return None
        finally:
            self._last = time.monotonic()
        self._job.drop_older_live(path)
        return path.relative_to(self._job.path).as_posix()

    def end(self) -> None:
        """Close the connection, and delete the pictures: the results replace them."""
        self._api.connection.close()
        shutil.rmtree(self._job.live_dir, ignore_errors=True)
