"""Runs one job from its folder to its output: images -> motion -> images. Third-party packages are
imported only once the job can report that one is missing.

`Run.execute` does the work. `run_job` around it ensures that a single runner works on a folder,
that the last event always reports how the job ended, and that an interrupted job is resumed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mti_addon.wire import codec, events
from mti_addon.wire.errors import EXIT_DONE, BadRequest, MtiError
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import JobLock
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request

from ..failures import as_mti_error
from ..job import output
from ..job.events import Stage
from ..job.heartbeat import Heartbeat
from ..job.logfile import log_to
from ..job.session import Session, acquire

if TYPE_CHECKING:
    from .. import frames
    from ..method.textual_inversion.embedding import MotionEmbedding
    from ..models.svd import SvdModel
    from .apply import Take

Load = Callable[[str, str], "SvdModel"]
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
    """The work on one job: `execute` defines the order, the other methods are its steps."""

    def __init__(self, session: Session, request: Request, load: Load) -> None:
        self.session, self.job, self.request = session, session.job, request
        self.settings = request.settings
        self._load = load
        self.seconds: dict[str, float] = {}
        """Wall time of each part, in this session only."""
        self.takes: list[Take] = []
        self.reconstruction: float | None = None
        """Motion gain of the learned motion on the reference itself."""
        self.warning: Problem | None = None
        session.model = request.settings.model

    def execute(self) -> dict[str, object]:
        """Carry out the request; returns the result for `done`."""
        from ..job.inputs import read_inputs

        inputs = read_inputs(self.job, self.request)
        model = self.model()
        if inputs.motions:
            motion = self.edited(model, inputs.motions)
        if inputs.references is not None:
            motion = self.learn(model, inputs.references, inputs.poses)
        if self.request.applies:
            self.apply(model, motion, inputs.targets)
        return self.result(motion)

    def model(self) -> SvdModel:
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
                self.settings = plan.applied_to(self.settings)
            self.session.check()
            stage.report(1)
        if model.num_frames != self.settings.num_frames:
            raise BadRequest(
                Problem(
                    "model_makes_other_length",
                    "{model} makes {own} frames, not {wanted}.",
                    "Start the job again with {own} frames.",
                    {
                        "model": model.name,
                        "own": model.num_frames,
                        "wanted": self.settings.num_frames,
                    },
                ),
            )
        return model

    def edited(self, model: SvdModel, motions: list[MotionEmbedding]) -> MotionEmbedding:
        """What the request's edit makes of the motions. Raises WrongModel."""
        from ..method.textual_inversion.edits import edited

        for motion in motions:
            motion.check_model(model.identity, model.num_frames, model.token_width)
        return edited(motions, self.request.edit, model.token_layout, model.name)

    def learn(
        self, model: SvdModel, references: frames.Pictures, poses: bytes | None
    ) -> MotionEmbedding:
        """Learn from uint8 (K, F, H, W, 3) and publish the motion immediately, so that no later
        failure loses it. poses: of the references, if the tokens start from them."""
        from .learn import Learning

        with self.timed("learn"):
            learning = Learning(self.session, self.request)
            motion = learning.run(model, references, self.fps(), poses)
            self.publish(motion)
            if self.settings.inversion.reconstruct:
                self.reconstruct(model, motion, references[0])
        return motion

    def reconstruct(
        self, model: SvdModel, motion: MotionEmbedding, reference: frames.Pictures
    ) -> None:
        """Apply the motion to the reference's own first frame; warn if that fails."""
        from .. import frames
        from ..metrics.ranking import reconstruction, warning

        sampling = self.settings.sampling
        stage = Stage(self.session.log, "reconstruct", sampling.num_inference_steps)

        def on_step(step: int, total: int) -> None:
            self.session.check()
            stage.at(step)

        gain = reconstruction(model, frames.to_model(reference), motion, sampling, on_step)
        self.reconstruction = gain
        self.warning = warning(model.name, gain)

    def apply(
        self, model: SvdModel, motion: MotionEmbedding, targets: list[frames.Pictures]
    ) -> None:
        """Animate the targets, uint8 (H, W, 3), and publish the frames."""
        from .apply import Applying

        with self.timed("apply"):
            self.takes = Applying(self.session, self.settings).run(model, motion, targets)
            self.publish(motion if self.request.learns else None)

    def publish(self, motion: MotionEmbedding | None) -> None:
        """Replace `output/` with the current results."""
        from .. import frames

        job, log = self.job, self.session.log
        stage = Stage(log, "save", 1)
        with output.new_output(job, self.session.swapping) as folder:
            if motion is not None:
                motion.save(folder / job.output_motion.name)
            for index, take in enumerate(self.takes):
                frames.write_frames(
                    folder / self._take_dir(index).relative_to(job.output_dir), take.clip
                )
                frames.write_sheet(
                    folder / self._sheet(index).relative_to(job.output_dir), take.clip
                )
            if self.takes:
                first = self.takes[0]
                frames.write_preview(folder / job.preview_file.name, first.clip, self.fps())
                if first.attention is not None:
                    frames.write_frames(folder / job.attention_dir.name, first.attention)
        stage.report(1)
        if self.takes:
            log.append(events.Preview(self.inside(job.preview_file)))

    def _take_dir(self, index: int) -> Path:
        """Folder of a take. The first, the best of the first target, is the result; the others are
        stored beside it."""
        job = self.job
        return job.takes_dir / f"{index + 1:02d}" if index else job.frames_dir

    def _sheet(self, index: int) -> Path:
        """Some frames of a take in one image, to choose by."""
        return self.job.sheets_dir / f"{index + 1:02d}.png"

    def result(self, motion: MotionEmbedding) -> dict[str, object]:
        """Content of `done`, as described in docs/job.md; paths are relative to the job."""
        from ..device import peak_memory_mib

        job, learns, applies = self.job, self.request.learns, self.request.applies
        return {
            "frames": self.settings.num_frames if applies else 0,
            "frames_dir": self.inside(job.frames_dir) if applies else None,
            "preview": self.inside(job.preview_file) if applies else None,
            "takes": [
                take.told(self.inside(self._take_dir(index)))
                | {"sheet": self.inside(self._sheet(index))}
                for index, take in enumerate(self.takes)
            ],
            "motion": self.inside(job.output_motion) if learns else None,
            "edit": None if learns else codec.to_dict(self.request.edit),
            "reconstruction": self.reconstruction,
            "warning": str(self.warning or ""),
            "warning_code": self.warning.code if self.warning else "",
            "warning_values": dict(self.warning.values) if self.warning else {},
            "size": self.size(),
            "fps": self.fps(),
            "loss": float(motion.meta["loss"]) if "loss" in motion.meta and learns else None,
            "iterations": self.session.learned,
            "seconds": {name: round(seconds, 3) for name, seconds in self.seconds.items()},
            "peak_memory_mib": peak_memory_mib(),
        }

    def fps(self) -> float:
        """Frames per second at which the clip is as long as the captured range."""
        return self.settings.num_frames / self.request.capture.seconds

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
