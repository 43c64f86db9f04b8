"""A runner that keeps its model loaded: runs a job, then the jobs that wait beside it. torch is
imported only through `run`.

Loading a model takes longer than a short job, and an animator makes one take after another. Also,
when Blender is closed nobody else would continue the queue. A client still starts a runner when
none is active; the first to lock the folder runs the job, and the other exits at once.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mti_addon.wire.queue import is_worked_on, jobs_in, next_job, waiting_since

from ..job.logfile import let_go
from ..models import model_folder
from ..models.weight_files import Signature, signature
from .run import run_job

if TYPE_CHECKING:
    from ..models.svd import SvdModel
    from ..models.text_to_video import TextToVideoModel

LOOK_SECONDS = 0.1
"""Polling interval, shorter than the startup of Python, so that the idle runner usually gets the
job.
"""


def run_jobs(path: Path, idle_timeout: float = 0.0) -> int:
    """Run the job at `path`, then those waiting in the same folder, oldest first, until none
    arrives for `idle_timeout` seconds or another runner is active there.

    Returns the exit code of the first job; the others report through their events."""
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
            tried.add(place)  # do not retry a job that cannot be started
            run_job(job.path, models.load)
            _release()  # Blender may need the memory to render
            until = time.monotonic() + idle_timeout
            continue
        if any(is_worked_on(each) for each in jobs_in(root)):
            return code  # another runner has its own model loaded; two may not fit in memory
        time.sleep(LOOK_SECONDS)
    return code


class LastModel:
    """Loads models and caches the last one, as long as its files stay the same."""

    def __init__(self) -> None:
        self._key: tuple[str, str, Signature] | None = None
        self._model: SvdModel | TextToVideoModel | None = None

    def load(self, name: str, device: str) -> SvdModel | TextToVideoModel:
        """Model `name` on `device`. Raises ModelMissing."""
        from ..models import load_engine

        key = name, device, signature(model_folder(name))
        if self._model is None or self._key != key:
            if self._model is not None:
                self._model = None  # two models do not fit
                _release()
            self._model = load_engine(name, device)
            self._key = key
        return self._model


def _release() -> None:
    """Free unreferenced memory. A network with replaced forward methods refers to itself, so most
    of it would otherwise stay until Python's garbage collector runs."""
    if "torch" in sys.modules:
        from ..memory.oom_fallback import release

        release()
