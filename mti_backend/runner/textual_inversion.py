"""Motion-textual inversion as a job: pictures -> motion -> target pictures in motion. What computes
is imported only once it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem

from ..job.events import Stage
from ..job.inputs import Inputs, read_inputs
from ..method.learned_motion import LearnedMotion
from .method import Method

if TYPE_CHECKING:
    from ..method.textual_inversion.embedding import MotionEmbedding
    from ..models.svd import SvdModel
    from .takes import Take


class TextualInversionJob(Method):
    """One job of motion-textual inversion."""

    inputs: Inputs
    model: SvdModel

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
        from .learn import Learning

        inputs, learning = self.inputs, Learning(self.session, self.request)
        assert inputs.references is not None
        return learning.run(self.model, inputs.references, fps, inputs.poses)

    def after_learning(self, motion: LearnedMotion) -> None:
        """Apply the motion to the reference's own first frame; warn if that fails."""
        from .. import frames
        from ..metrics.ranking import reconstruction, warning

        assert self.inputs.references is not None
        sampling = self.settings.sampling
        if not self.settings.inversion.reconstruct:
            return
        stage = Stage(self.session.log, "reconstruct", sampling.num_inference_steps)

        def on_step(step: int, total: int) -> None:
            self.session.check()
            stage.at(step)

        reference = frames.to_model(self.inputs.references[0])
        gain = reconstruction(self.model, reference, _ours(motion), sampling, on_step)
        self.reconstruction = gain
        self.warning = warning(self.model.name, gain)

    def given(self) -> MotionEmbedding:
        """What the request's edit makes of the motions. Raises WrongModel."""
        from ..method.textual_inversion.edits import edited

        model, motions = self.model, [_ours(each) for each in self.inputs.motions]
        for motion in motions:
            motion.check_model(model.identity, model.num_frames, model.token_width)
        return edited(motions, self.request.edit, model.token_layout, model.name)

    def apply(self, motion: LearnedMotion) -> list[Take]:
        from .apply import Applying

        applying = Applying(self.session, self.settings)
        return applying.run(self.model, _ours(motion), self.inputs.targets)


def _ours(motion: LearnedMotion) -> MotionEmbedding:
    from ..method.textual_inversion.embedding import MotionEmbedding

    assert isinstance(motion, MotionEmbedding)
    return motion
