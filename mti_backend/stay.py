"""A runner with a loaded model: works on a job, then on the new ones beside it. torch only through
`run`.

Loading a model takes longer than a short job, and an animator does one take after another. The
client starts a runner for each job all the same; whoever locks the folder first works on it, and
the other leaves at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from mti_addon.wire.job import JobFolder

from .run import run_job

if TYPE_CHECKING:
    from .models.svd import SvdModel

LOOK_SECONDS = 0.1
"""Shorter than a Python process needs to start, so that the runner that stayed usually comes first.
"""


def run_jobs(path: Path, stay: float = 0.0) -> int:
    """Work on the job at `path`, then on new ones in the same folder, until none came for `stay`
    seconds.

    Returns the exit code of the first job; the others tell by their events."""
    models = LastModel()
    code = run_job(path, models.load)
    known = set(_names(path.resolve().parent))
    until = time.monotonic() + stay
    while time.monotonic() < until:
        for job in _new_jobs(path.resolve().parent, known):
            if job.owner_file.exists():
                return (
                    code  # another runner, with a model of its own: there may not be memory for two
                )
            run_job(job.path, models.load)
            until = time.monotonic() + stay
        time.sleep(LOOK_SECONDS)
    return code


def _new_jobs(root: Path, known: set[str]) -> list[JobFolder]:
    """Jobs that were not there when this was called last; what was there before is somebody else's
    to resume."""
    new = sorted(set(_names(root)) - known)
    known.update(new)
    return [JobFolder(root / name) for name in new]


def _names(root: Path) -> list[str]:
    """Folders that are jobs: they are renamed into place whole, so request.json is there from the
    start."""
    try:
        return [
            path.name
            for path in root.iterdir()
            if (path / "request.json").is_file() and path.name[0] != "."
        ]
    except OSError:
        return []


class LastModel:
    """Loads models, and keeps the last one."""

    def __init__(self) -> None:
        self._key: tuple[str, str] | None = None
        self._model: SvdModel | None = None

    def load(self, name: str, device: str) -> SvdModel:
        """The model `name` on `device`. ModelMissing."""
        from .models import load_model

        if self._model is None or self._key != (name, device):
            self._model = None  # two do not fit
            self._model = load_model(name, device)
            self._key = name, device
        return self._model
