"""What Motion Inversion learns and plays with: the wire's settings, and a clip's size. Imports the
wire only.
"""

from dataclasses import dataclass, fields
from typing import Annotated, Self

from mti_addon.wire import codec, motion_inversion
from mti_addon.wire.codec import Range
from mti_addon.wire.motion_inversion import LearningSettings
from mti_addon.wire.settings import Settings

__all__ = ["DRAFT", "LearningSettings", "PlayingSettings", "learning_for"]

DRAFT = "draft-by-words"


def learning_for(name: str) -> LearningSettings:
    """A model's defaults for learning: the draft has motion modules on its coarse levels, and early
    states soon, since it is small."""
    if name == DRAFT:
        return LearningSettings(
            iterations=200, keep=(25, 50, 100, 200), levels=(1, 2), mid_block=True
        )
    return Settings.for_model(name).words.learning


@dataclass(frozen=True)
class PlayingSettings(motion_inversion.PlayingSettings):
    """How a motion is played in what a prompt describes, and at which size."""

    width: Annotated[int, Range(16, 4096, "px", "Width of the clip; that of learning.")] = 512
    height: Annotated[int, Range(16, 4096, "px", "Height of the clip; that of learning.")] = 512
    num_frames: Annotated[
        int, Range(2, 128, "frames", "F: length of the clip; that of learning.")
    ] = 16

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """What a request's settings say."""
        playing = settings.words.playing
        return cls(
            **{each.name: getattr(playing, each.name) for each in fields(playing)},
            width=settings.width, height=settings.height, num_frames=settings.num_frames,
        )  # fmt: skip

    @classmethod
    def for_model(cls, name: str) -> Self:
        """A model's defaults: AnimateDiff's own, those of the paper's code for zeroscope, and few
        steps for the draft."""
        if name == DRAFT:
            return cls(num_inference_steps=20, guidance_scale=4.0, width=64, height=64)
        return cls.of(Settings.for_model(name))

    def check(self, path: str = "playing") -> None:
        """Raise BadRequest, naming the field, for invalid values."""
        codec.check(self, path)
