"""Motion-textual inversion as a job: pictures -> motion -> target pictures in motion. What computes
is imported only once it is needed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.events import Notice
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request

from ..job.events import Stage
from ..job.inputs import Inputs, read_inputs
from ..job.session import Session
from ..method.learned_motion import LearnedMotion
from .method import Method

if TYPE_CHECKING:
    from ..method.motion_textual_inversion.embedding import MotionEmbedding
    from ..models.svd import SvdModel
    from .takes import Take


class TextualInversionJob(Method):
    """One job of motion-textual inversion."""

    inputs: Inputs
    model: SvdModel

    def __init__(self, session: Session, request: Request) -> None:
        super().__init__(session, request)
        self._reconstructions: list[tuple[MotionEmbedding, float | None]] = []

    def read_inputs(self) -> None:
        self.inputs = read_inputs(self.job, self.request)

    def use(self, model: SvdModel) -> None:
        self.model, wanted = model, self.settings.num_frames
        if model.num_frames != wanted:
            raise BadRequest(
                Problem(
                    "model_makes_other_length",
                    "{model} makes {own} frames, not {wanted}.",
                    "Start the job again with {own} frames.",
                    {"model": model.name, "own": model.num_frames, "wanted": wanted},
                ),
            )

    def learn(self, fps: float) -> MotionEmbedding:
        """From the captured poses, if there are some that the model knows and plays well; otherwise
        from the images. Optimizing the poses' tokens further makes them worse (docs/method.md)."""
        from .learn import Learning

        inputs, learning = self.inputs, Learning(self.session, self.request)
        assert inputs.references is not None
        keyed = inputs.poses and learning.from_poses(self.model, inputs.poses, fps)
        if keyed and not self._is_weak(keyed):
            return keyed
        if inputs.poses:
            self.session.log.append(Notice.of(_not_from_poses(self.model.name, bool(keyed))))
        learned = learning.run(self.model, inputs.references, fps)
        return max((learned, keyed), key=self._gain) if keyed else learned

    def after_learning(self, motion: LearnedMotion) -> None:
        """Apply the motion to the reference's own first frame; warn if that fails."""
        from ..metrics.ranking import warning

        if self.settings.inversion.reconstruct:
            self.reconstruction = self._reconstruct(_ours(motion))
            self.warning = warning(self.model.name, self.reconstruction)

    def _is_weak(self, motion: MotionEmbedding) -> bool:
        from ..metrics.ranking import warning

        wanted = self.settings.inversion.reconstruct
        return wanted and warning(self.model.name, self._reconstruct(motion)) is not None

    def _gain(self, motion: MotionEmbedding) -> float:
        gain = self._reconstruct(motion)
        return -math.inf if gain is None else gain

    def _reconstruct(self, motion: MotionEmbedding) -> float | None:
        """Motion gain on the first reference, measured once for each motion of this job."""
        from .. import frames
        from ..metrics.ranking import reconstruction

        for known, gain in self._reconstructions:
            if known is motion:
                return gain
        assert self.inputs.references is not None
        sampling = self.settings.sampling
        stage = Stage(self.session.log, "reconstruct", sampling.num_inference_steps)

        def on_step(step: int, total: int) -> None:
            self.session.check()
            stage.at(step)

        reference = frames.to_model(self.inputs.references[0])
        gain = reconstruction(self.model, reference, motion, sampling, on_step)
        self._reconstructions.append((motion, gain))
        return gain

    def given(self) -> MotionEmbedding:
        """What the request's edit makes of the motions. Raises WrongModel."""
        from ..method.motion_textual_inversion.edits import edited

        model, motions = self.model, [_ours(each) for each in self.inputs.motions]
        for motion in motions:
            motion.check_model(model.identity, model.num_frames, model.token_width)
        return edited(motions, self.request.edit, model.token_layout, model.name)

    def apply(self, motion: LearnedMotion) -> list[Take]:
        from .apply import Applying

        applying = Applying(self.session, self.settings)
        return applying.run(self.model, _ours(motion), self.inputs.targets)


def _ours(motion: LearnedMotion) -> MotionEmbedding:
    from ..method.motion_textual_inversion.embedding import MotionEmbedding

    assert isinstance(motion, MotionEmbedding)
    return motion


def _not_from_poses(engine: str, known: bool) -> Problem:
    values = {"engine": engine}
    if known:
        return Problem(
            "poses_played_poorly",
            "The engine {engine} plays these poses poorly, so it learns from the images.",
            values=values,
        )
    return Problem(
        "poses_not_known",
        "The engine {engine} does not know these poses, so it learns from the images.",
        values=values,
    )
