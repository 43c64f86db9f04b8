"""Learning by Motion Inversion: what surrounds the iterations of a job. The method itself is in
`method/motion_inversion/optimization.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.files import translating_os_errors
from mti_addon.wire.request import Request

from .. import frames
from ..job.checkpoint import config_hash
from ..job.events import Stage
from ..job.session import Session
from ..memory.oom_fallback import fall_back
from ..method.motion_inversion.motion import Motion
from ..method.motion_inversion.optimization import DIVERGED, MotionInversion
from ..method.motion_inversion.sampling import sample
from ..method.motion_inversion.settings import PlayingSettings
from ..models.text_to_video import TextToVideoModel
from .memory_plan import replanned
from .method import LearningStopped
from .preview import Live
from .resumable_loop import ResumableLoop
from .takes import OnStep


class WordsLearning:
    """Learns the motion of one job, starting from the last runner's checkpoint."""

    def __init__(self, session: Session, request: Request) -> None:
        self.session, self.request = session, request
        self.words = request.settings.words
        self.early: dict[int, Path] = {}
        """After `run`: the files of the motion after fewer iterations."""

    def run(self, model: TextToVideoModel, reference: frames.Pictures, fps: float) -> Motion:
        """Learn from uint8 (F, H, W, 3), captured at `fps` frames per second, on the first device.

        On errors.Cancelled a last checkpoint is saved first; other errors lose the iterations since
        the last checkpoint. Raises LearningStopped if a loss is not finite."""
        settings = self.words.learning
        stage = Stage(self.session.log, "encode", 1 + settings.num_inversion_steps)
        pictures = frames.to_model(reference)
        with MotionInversion(model, pictures, self.words.caption, settings) as inversion:
            stage.at(1)
            kept = _Kept(inversion, self.session, self._config(inversion), self._about(fps))
            iterations = ResumableLoop(
                self.session, kept, kept.config, settings.iterations, settings.checkpoint_every
            )
            resumed = iterations.restore()
            self._invert(inversion, stage)
            if resumed:
                iterations.tell_resumed()
            try:
                self._iterate(inversion, iterations, fps)
            finally:
                self.early = kept.files(before=inversion.step_index)
            return self._motion(inversion, iterations, fps)

    def _invert(self, inversion: MotionInversion, stage: Stage) -> None:
        """Find the reference's noise, unless the checkpoint has it."""

        def on_step(step: int, total: int) -> None:
            self.session.check()
            stage.at(1 + step)

        if inversion.inverted_noise is None:
            inversion.invert_reference(self.words.learning.num_inversion_steps, on_step)

    def _iterate(self, inversion: MotionInversion, iterations: ResumableLoop, fps: float) -> None:
        live = self._live(inversion)
        try:
            with inversion.model.unet_alone():
                iterations.run(
                    self._steps_of_apply(),
                    live.follow,
                    lambda error: self._recover(inversion.model, error),
                )
        except BadRequest as error:
            if error.problem.code != DIVERGED or inversion.step_index == 0:
                raise
            del iterations.losses[inversion.step_index :]
            motion = self._motion(inversion, iterations, fps)
            raise LearningStopped(motion, error) from error
        live.end()

    def _live(self, inversion: MotionInversion) -> Live:
        """Live previews of the first prompt, or else the caption, in half the steps."""
        words, model = self.words, inversion.model
        playing = PlayingSettings.of(self.request.settings)
        short = replace(playing, num_inference_steps=max(1, playing.num_inference_steps // 2))
        prompt = next(filter(str.strip, (*words.prompts, words.caption, self.request.name)), "-")

        def play(on_step: OnStep) -> Tensor:
            with model.whole():
                motion = inversion.motion()
                return sample(model, motion, prompt, short, words.negative_prompt, on_step)

        return Live(self.session, 2 * short.num_inference_steps, play)

    def _recover(self, model: TextToVideoModel, error: Exception) -> bool:
        said = fall_back(model, error)
        if said:
            replanned(self.session, self.request, model.policy, said)
        return said is not None

    def _steps_of_apply(self) -> float:
        """Cost of applying, in iterations of about two passes for each clip of the batch."""
        if not self.request.applies:
            return 0.0
        playing = self.words.playing
        passes = 2 if playing.guidance_scale > 1 else 1
        clips = len(self.words.prompts) * playing.takes
        steps = clips * playing.num_inference_steps * passes
        return steps / (2 * self.words.learning.batch_size)

    def _config(self, inversion: MotionInversion) -> str:
        """Hash that a checkpoint must match, with the precision that this machine computes in."""
        request = self.request
        return config_hash(
            {
                "model": inversion.model.identity,
                "precision": str(inversion.dtype),
                "settings": request.settings.to_dict(),
                "inputs": request.inputs,
            }
        )

    def _about(self, fps: float) -> Mapping[str, str]:
        """What the motion's file says; the same request yields the same bits."""
        return {"name": self.request.name, "fps": repr(fps)}

    def _motion(self, inversion: MotionInversion, iterations: ResumableLoop, fps: float) -> Motion:
        return inversion.motion(**self._about(fps), loss=repr(iterations.mean_loss()))


class _Kept:
    """The optimization, which writes its early states beside the checkpoints as it reaches them.

    A runner that resumes finds those of the iterations before its checkpoint, and writes the later
    ones again.
    """

    def __init__(
        self, inversion: MotionInversion, session: Session, config: str, about: Mapping[str, str]
    ) -> None:
        self._inversion, self._session, self._about = inversion, session, about
        self.config = config
        self._folder = session.job.checkpoint_dir / "kept"

    @property
    def step_index(self) -> int:
        return self._inversion.step_index

    def step(self) -> float:
        """Run one iteration; returns its loss. Raises DiskFull, NotWritable as well."""
        loss = self._inversion.step()
        step = self._inversion.step_index
        if self._inversion.kept.pop(step, None) is not None:
            self._session.fence()
            with translating_os_errors(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True)
            self._inversion.motion(**self._about, loss=repr(loss)).save(self._path(step))
        return loss

    def state_dict(self) -> dict[str, Tensor]:
        return self._inversion.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self._inversion.load_state_dict(state)

    def files(self, before: int) -> dict[int, Path]:
        """The early states of fewer iterations than `before`; those of other settings are
        deleted."""
        steps = sorted(step for step in self._inversion.settings.keep if step < before)
        found = {step: self._path(step) for step in steps if self._path(step).is_file()}
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if path not in found.values():
                    with suppress(OSError):
                        path.unlink()
        return found

    def _path(self, step: int) -> Path:
        return self._folder / f"{step:08d}-{self.config[:16]}.safetensors"
