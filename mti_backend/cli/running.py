"""Runs jobs in this process, with the code of `run`: created once, and continued if interrupted.
torch is imported only while a job runs.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType

from mti_addon.wire.errors import BadRequest, Cancelled, MtiError
from mti_addon.wire.files import remove_folder, translating_os_errors
from mti_addon.wire.job import JobFolder, create_job
from mti_addon.wire.request import Request

from ..runner.idle import LastModel
from ..runner.run import work_on
from .progress import Following, Screen

STOPPING = "Stopping. The same command continues from here."
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Jobs:
    """The jobs of one command, which share a model."""

    def __init__(self, work: Path, screen: Screen, on_stop: Callable[[], None]) -> None:
        """`on_stop` is called when the user has asked to stop, after which this process may end at
        any moment."""
        self._work, self._screen, self._on_stop = work, screen, on_stop
        self._models = LastModel()

    def run(self, request: Request, inputs: Mapping[str, bytes], title: str) -> JobFolder:
        """Run the job of this request, whose `job` is ignored, or continue it; `title` is shown.

        A job whose request can never be carried out is removed. Raises what the job ended with, and
        what creating it raises."""
        job = self._job(request, inputs)
        with self._stopping(job), Following(job, self._screen, title):
            failure = work_on(job.path, self._models.load)
            if "torch" in sys.modules:
                from ..memory.oom_fallback import release

                release()
        if isinstance(failure, BadRequest):
            self.remove(job)
        if failure is not None:
            raise failure
        return job

    def forget(self, request: Request, inputs: Mapping[str, bytes]) -> None:
        """Delete what a process that was killed at its very end has left of a job, if anything."""
        self.remove(JobFolder(self._work / job_id(request, inputs)))

    def remove(self, job: JobFolder) -> None:
        """Delete a job of which nothing is needed any more."""
        with suppress(MtiError, OSError):
            remove_folder(job.path, marker=job.request_file.name)

    def _job(self, request: Request, inputs: Mapping[str, bytes]) -> JobFolder:
        identified = replace(request, job=job_id(request, inputs))
        job = JobFolder(self._work / identified.job)
        if not job.request_file.is_file():
            return create_job(self._work, identified, inputs)
        with translating_os_errors(job.cancel_file):
            job.cancel_file.unlink(missing_ok=True)
        return job

    @contextmanager
    def _stopping(self, job: JobFolder) -> Iterator[None]:
        """Within the context, Ctrl-C and SIGTERM stop the job, and a second one this process: what
        is on the disk is valid at any moment."""
        asked = False

        def stop(number: int, frame: FrameType | None) -> None:
            nonlocal asked
            if asked:
                os._exit(Cancelled.exit_code)
            asked = True
            self._screen.note(STOPPING)
            self._on_stop()
            with suppress(MtiError, OSError):
                job.ask_cancel()

        before = {number: signal.signal(number, stop) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if asked:  # it may have finished at the same moment; then the next time ends at once
            raise Cancelled("The job was cancelled.")


def job_id(request: Request, inputs: Mapping[str, bytes]) -> str:
    """An id that the same request on the same inputs gets again, so that a job is found again; in
    the form of a uuid4."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in inputs.items()}
    text = replace(request, job="0" * 32, inputs=sums).to_json()
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return uuid.UUID(bytes=digest[:16], version=4).hex
