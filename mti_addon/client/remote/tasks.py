"""Short tasks at the studio's server: pair, test, refresh, share motions; wire and stdlib only.

Each is a task like those of the setup (`client/setup`): a folder, and a detached process on it. The
folder of a studio task is used again for the next of its kind.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..jobs.launch import runner_environment, start_detached
from ..setup.folder import SetupTaskFolder
from ..setup.start import prepare_task
from .studio import StudioFolder

Kind = Literal["pair", "test", "refresh", "motions", "take", "publish"]
KINDS: tuple[Kind, ...] = ("pair", "test", "refresh", "motions", "take", "publish")
TASKS = "mti_addon.client.remote.relay.tasks"


@dataclass(frozen=True)
class StudioTask:
    """What a studio task should do. It holds no secret. Fields of other kinds are empty."""

    kind: Kind
    studio: str
    """The studio's folder, see StudioFolder."""
    query: str = ""
    """motions: words that they should have."""
    motion_kind: str = ""
    """motions: the only kind that is wanted."""
    after: str = ""
    """motions: the page after this one."""
    motion: str = ""
    """take: the motion's id on the server."""
    file: str = ""
    """take: the .motion file to write; publish: the one to share."""


def task_folder(folder: StudioFolder, kind: Kind) -> SetupTaskFolder:
    """Return the folder of a studio task; it may not exist."""
    return SetupTaskFolder(folder.tasks / kind)


def start_studio_task(
    task: StudioTask, root: Path, python: str = sys.executable
) -> SetupTaskFolder:
    """Start a studio task, detached; `root` is the folder of mti_addon.

    Raises Busy if one of its kind is running, BackendMissing, DiskFull, NotWritable.
    """
    folder = task_folder(StudioFolder(Path(task.studio)), task.kind)
    prepare_task(folder, task)
    environment = runner_environment(os.environ, root, {})
    start_detached([python, "-m", TASKS, str(folder.path.resolve())], environment, folder.job)
    return folder
