"""Runs one job from its folder to its output: images -> motion -> images. Third-party packages are
imported only once the job can report that one is missing.

`Run.execute` does the work. `run_job` around it ensures that a single runner works on a folder,
that the last event always reports how the job ended, and that an interrupted job is resumed.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mti_addon.wire import codec, events
from mti_addon.wire.errors import EXIT_DONE, BadRequest, MtiError
from mti_addon.wire.files import translating_os_errors, write_atomic
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import JobLock
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request
from mti_addon.wire.settings import Settings

from ..failures import as_mti_error
from ..job import output
from ..job.events import Stage
from ..job.heartbeat import Heartbeat
from ..job.logfile import log_to
from ..job.session import Session, acquire
from ..method.learned_motion import LearnedMotion
from .method import LearningStopped
from .method_registry import method_of

if TYPE_CHECKING:
    from .takes import Take

Load = Callable[[str, str], Any]
"""(name, device) -> model. Raises ModelMissing."""


def run_job(path: Path, load: Load) -> int:
    """Run the job at `path` until it ends; returns 0 when done, else the error's exit code, after
    printing what is wrong.

    Idempotent: a completed job is left alone, any other resumes from its last checkpoint."""
    failure = work_on(path, load)
    if failure is None:
        return EXIT_DONE
    with suppress(OSError):
        print(f"mti: {failure.problem}", file=sys.stderr)
    return failure.exit_code


def work_on(path: Path, load: Load) -> MtiError | None:
    """Do the same as `run_job`; returns the error that the job ended with, None when done."""
    job = JobFolder(path)
    try:
        if not job.request_file.is_file():
            raise BadRequest(
                Problem(
                    "no_job_in_folder",
                    "There is no job in {folder}: it has no {file}.",
                    values={"folder": path, "file": job.request_file.name},
                )
            )
        lock = JobLock(job)
        acquire(lock)
        try:
            with log_to(job.log_file):
                return _run_locked(job, lock, load)
        finally:
            lock.release()
    except MtiError as error:  # the folder is locked by another runner or cannot be written to
        return error


def _run_locked(job: JobFolder, lock: JobLock, load: Load) -> MtiError | None:
    if _is_done(job):
        return None
    output.sweep(job)
    session = Session(job, lock)
    with Heartbeat(job, session.leave):
        try:
            session.check()
            session.log.hold_reserve()
            request = job.request(to_run=True)
            session.done(Run(session, request, load).execute())
            return None
        except Exception as error:
            failure = as_mti_error(error)
        session.failed(failure)
    return failure


def _is_done(job: JobFolder) -> bool:
    """True if the job is done and its output still matches the manifest."""
    if not isinstance(job.finished(), events.Done):
        return False
    with suppress(MtiError):
        job.verify_output()
        return True
    return False


class Run:
    """The work on one job: `execute` defines the order, the other methods are its steps. What they
    compute is the method's."""

    def __init__(self, session: Session, request: Request, load: Load) -> None:
        self.session, self.job, self.request = session, session.job, request
        self.method = method_of(session, request)
        self._load = load
        self.seconds: dict[str, float] = {}
        """Wall time of each part, in this session only."""
        self.takes: list[Take] = []
        session.model = request.settings.model

    @property
    def settings(self) -> Settings:
        """The request's, changed by a plan if there is one."""
        return self.method.settings

    def execute(self) -> dict[str, object]:
        """Carry out the request; returns the result for `done`."""
        self.method.read_inputs()
        self.method.use(self.model())
        motion = self.learn() if self.request.learns else self.method.given()
        if self.request.applies:
            self.apply(motion)
        return self.result(motion)

    def model(self) -> Any:
        """Import torch, report the devices and load the model. Raises ModelMissing, OutOfMemory."""
        with self.timed("load"):
            stage = Stage(self.session.log, "load", 1)
            from ..models import import_packages

            import_packages()
            from ..device import fix_threads, forget_peak_memory, pick_devices
            from ..job.checkpoint import CheckpointFolder
            from .memory_plan import planned

            fix_threads(CheckpointFolder(self.job.checkpoint_dir).threads())
            forget_peak_memory()
            self.session.devices = pick_devices()
            self.session.log.append(self.session.started())
            self.session.check()
            plan = planned(self.session, self.request)
            model = self._load(self.settings.model, self.session.devices[0])
            if plan is not None:
                model.set_checkpointing(plan.policy)
                self.method.settings = plan.applied_to(self.settings)
            self.session.check()
            stage.report(1)
        return model

    def learn(self) -> LearnedMotion:
        """Learn, and publish the motion immediately, so that no later failure loses it."""
        with self.timed("learn"):
            try:
                motion = self.method.learn(self.fps())
            except LearningStopped as stopped:
                self.publish(stopped.motion)
                raise stopped.error from stopped
            self.publish(motion)
            self.method.after_learning(motion)
        return motion

    def apply(self, motion: LearnedMotion) -> None:
        """Apply the motion, and publish the frames."""
        with self.timed("apply"):
            self.takes = self.method.apply(motion)
            self.publish(motion if self.request.learns else None)

    def publish(self, motion: LearnedMotion | None) -> None:
        """Replace `output/` with the current results."""
        from .. import frames

        job, log = self.job, self.session.log
        stage = Stage(log, "save", 1)
        with output.new_output(job, self.session.swapping) as folder:
            if motion is not None:
                motion.save(folder / job.output_motion.name)
                for step, path in self.method.early.items():
                    early = folder / self._early(step).relative_to(job.output_dir)
                    with translating_os_errors(early):
                        early.parent.mkdir(exist_ok=True)
                    write_atomic(early, path.read_bytes())
            for index, take in enumerate(self.takes):
                frames.write_frames(
                    folder / self._take_dir(index).relative_to(job.output_dir), take.clip
                )
                frames.write_sheet(
                    folder / self._sheet(index).relative_to(job.output_dir), take.clip
                )
            if self.takes:
                first = self.takes[0]
                frames.write_preview(folder / job.preview_file.name, first.clip, self.rate())
                if first.attention is not None:
                    frames.write_frames(folder / job.attention_dir.name, first.attention)
        stage.report(1)
        if self.takes:
            log.append(events.Preview(self.inside(job.preview_file)))

    def _early(self, step: int) -> Path:
        """File of the motion after fewer iterations."""
        return self.job.early_motion(step)

    def _take_dir(self, index: int) -> Path:
        """Folder of a take. The first, the best of the first target, is the result; the others are
        stored beside it."""
        job = self.job
        return job.takes_dir / f"{index + 1:02d}" if index else job.frames_dir

    def _sheet(self, index: int) -> Path:
        """Some frames of a take in one image, to choose by."""
        return self.job.sheets_dir / f"{index + 1:02d}.png"

    def result(self, motion: LearnedMotion) -> dict[str, object]:
        """Content of `done`, as described in docs/job.md; paths are relative to the job."""
        from ..device import peak_memory_mib

        job, learns, applies = self.job, self.request.learns, self.request.applies
        warning = self.method.warning
        return {
            "frames": self.settings.images if applies else 0,
            "frames_dir": self.inside(job.frames_dir) if applies else None,
            "preview": self.inside(job.preview_file) if applies else None,
            "takes": [
                take.told(self.inside(self._take_dir(index)))
                | {"sheet": self.inside(self._sheet(index))}
                for index, take in enumerate(self.takes)
            ],
            "motion": self.inside(job.output_motion) if learns else None,
            "early": [
                {"iterations": step, "motion": self.inside(self._early(step))}
                for step in self.method.early
            ],
            "edit": None if learns else codec.to_dict(self.request.edit),
            "reconstruction": self.method.reconstruction,
            "warning": str(warning or ""),
            "warning_code": warning.code if warning else "",
            "warning_values": dict(warning.values) if warning else {},
            "size": self.size(),
            "fps": self.rate() if applies else self.fps(),
            "loss": motion.loss if learns and math.isfinite(motion.loss) else None,
            "iterations": self.session.learned,
            "seconds": {name: round(seconds, 3) for name, seconds in self.seconds.items()},
            "peak_memory_mib": peak_memory_mib(),
        }

    def fps(self) -> float:
        """Frames per second at which the clip is as long as the captured range."""
        return self.settings.num_frames / self.request.capture.seconds

    def rate(self) -> float:
        """The same of the result's images, which include in-betweens."""
        return self.settings.images / self.request.capture.seconds

    def size(self) -> list[int]:
        """Width and height of the clip, in pixels."""
        if self.takes:
            height, width = self.takes[0].clip.shape[1:3]
            return [width, height]
        return [self.settings.width, self.settings.height]

    def inside(self, path: Path) -> str:
        return path.relative_to(self.job.path).as_posix()

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began
