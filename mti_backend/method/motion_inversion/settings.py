"""What Motion Inversion learns and plays with: the wire's settings, and a clip's size. Imports the
wire only.
"""

from dataclasses import dataclass, fields
from typing import Annotated, Self

from mti_addon.wire import codec, motion_inversion
from mti_addon.wire.codec import Range
from mti_addon.wire.motion_inversion import LearningSettings
from mti_addon.wire.settings import Settings

__all__ = ["LearningSettings", "PlayingSettings"]


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
        """A model's defaults."""
        return cls.of(Settings.for_model(name))

    def check(self, path: str = "playing") -> None:
        """Raise BadRequest, naming the field, for invalid values."""
        codec.check(self, path)
