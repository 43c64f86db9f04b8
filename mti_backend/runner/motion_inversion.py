"""Motion Inversion as a job: pictures -> motion -> what prompts describe, in motion. What computes
is imported only once it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..job.events import Stage
from ..job.inputs import Inputs, read_inputs
from ..method.learned_motion import LearnedMotion
from .method import Method

if TYPE_CHECKING:
    from ..method.motion_inversion.motion import Motion
    from ..models.text_to_video import TextToVideoModel
    from .takes import Take


class MotionInversionJob(Method):
    """One job of Motion Inversion."""

    inputs: Inputs
    model: TextToVideoModel

    def read_inputs(self) -> None:
        self.inputs = read_inputs(self.job, self.request)
        for motion in self.inputs.motions:
            settings = self.settings
            _ours(motion).check_size(settings.width, settings.height, settings.num_frames)

    def use(self, model: TextToVideoModel) -> None:
        """Also see that all that will be said is short enough, before learning takes hours."""
        self.model, settings, words = model, self.settings, self.settings.words
        size = settings.width, settings.height, settings.num_frames
        latents = model.clip_size(*size)
        for text in (words.caption, words.negative_prompt, *words.prompts):
            model.check_prompt(text)
        if self.inputs.motions:
            from ..models.temporal_injection import temporal_attentions

            self._motion().check_playable(
                model.identity, temporal_attentions(model.unet), latents, *size, words.playing.view
            )

    def learn(self, fps: float) -> Motion:
        from .learn_words import WordsLearning

        assert self.inputs.references is not None
        learning = WordsLearning(self.session, self.request)
        try:
            return learning.run(self.model, self.inputs.references[0], fps)
        finally:
            self.early = learning.early

    def given(self) -> Motion:
        return self._motion()

    def _motion(self) -> Motion:
        return _ours(self.inputs.motions[0])

    def apply(self, motion: LearnedMotion) -> list[Take]:
        """Every prompt with every seed, in this order: what different words or seeds show cannot be
        ranked against each other."""
        from dataclasses import replace

        from ..method.motion_inversion.sampling import sample
        from ..method.motion_inversion.settings import PlayingSettings
        from .takes import Take, play, seeds

        words, ours, takes = self.settings.words, _ours(motion), list[Take]()
        playing = PlayingSettings.of(self.settings)
        chosen, steps = seeds(playing.seed, playing.takes), playing.num_inference_steps
        total = steps * len(chosen) * len(words.prompts)
        stage = Stage(self.session.log, "apply", total, later=0.0)
        for number, prompt in enumerate(words.prompts, start=1):
            for seed in chosen:
                own = replace(playing, seed=seed)
                clip = play(
                    self.session, stage, len(takes) * steps,
                    lambda on_step, prompt=prompt, own=own: sample(  # type: ignore[misc]
                        self.model, ours, prompt, own, words.negative_prompt, on_step
                    ),
                )  # fmt: skip
                takes.append(Take(number, seed, None, clip))
        return takes


def _ours(motion: LearnedMotion) -> Motion:
    from ..method.motion_inversion.motion import Motion

    assert isinstance(motion, Motion)
    return motion
