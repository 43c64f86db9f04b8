"""A runner with a loaded model: works on a job, then on those that wait beside it. torch only
through `run`.

Loading a model takes longer than a short job, and an animator does one take after another. And when
Blender is closed nobody else is there to go on with the queue. A client starts a runner for a
job all the same when nothing runs; whoever locks the folder first works on it, and the other
leaves at once."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mti_addon.wire.queue import is_worked_on, jobs_in, next_job, waiting_since

from .logfile import let_go
from .run import run_job

if TYPE_CHECKING:
    from .models.svd import SvdModel

LOOK_SECONDS = 0.1
"""Shorter than a Python process needs to start, so that the runner that stayed usually comes first.
"""


def run_jobs(path: Path, idle_timeout: float = 0.0) -> int:
    """Work on the job at `path`, then on those that wait in the same folder, the oldest first,
    until none came for `idle_timeout` seconds, or another runner works there.

    Returns the exit code of the first job; the others tell by their events."""
    models = LastModel()
    code = run_job(path, models.load)
    _release()
    root = path.resolve().parent
    tried: set[tuple[str, int | None]] = set()
    if idle_timeout > 0:
        let_go()
    until = time.monotonic() + idle_timeout
    while time.monotonic() < until:
        job = next_job(root, for_runner=True)
        place = (job.path.name, waiting_since(job)) if job else None
        if job is not None and place is not None and place not in tried:
            tried.add(place)  # one that cannot even be begun is not begun again and again
            run_job(job.path, models.load)
            _release()  # Blender may want to render
            until = time.monotonic() + idle_timeout
            continue
        if any(is_worked_on(each) for each in jobs_in(root)):
            return code  # another runner, with a model of its own: there may not be memory for two
        time.sleep(LOOK_SECONDS)
    return code


class LastModel:
    """Loads models, and keeps the last one."""

    def __init__(self) -> None:
        self._key: tuple[str, str] | None = None
        self._model: SvdModel | None = None

    def load(self, name: str, device: str) -> SvdModel:
        """The model `name` on `device`. ModelMissing."""
        from .models import load_model

        if self._model is None or self._key != (name, device):
            if self._model is not None:
                self._model = None  # two do not fit
                _release()
            self._model = load_model(name, device)
            self._key = name, device
        return self._model


def _release() -> None:
    """Have what nobody uses leave the memory. A network whose layers were given other forwards
    refers to itself, so that most of it would stay until Python's collector comes by."""
    if "torch" in sys.modules:
        from .oom_fallback import release

        release()
