"""Rows of the tables: what is played of a motion, and how. Imports the method's settings."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mti_addon.wire.motion_inversion import Loss

from ...method.motion_inversion.settings import LearningSettings, PlayingSettings

Kind = Literal["answer", "model", "words", "motion"]
Part = Literal["both", "v"]
HEADLINE = "object"
NO_MOTION, WORDS, AS_LEARNED = "no_motion", "words", "as_learned"


@dataclass(frozen=True)
class Row:
    """One way to make a pair's clip.

    kind: true frames, the model alone, the model with the action in words, or a learned motion.
    loss: that it is learned with. part: 'v' leaves m_QK out; the view 'camera' leaves m_V out.
    playing: changes to the draft's PlayingSettings.
    """

    key: str
    caption: str
    kind: Kind = "motion"
    loss: Loss = "plain"
    part: Part = "both"
    playing: dict[str, Any] = field(default_factory=dict)

    def settings(self, base: PlayingSettings) -> PlayingSettings:
        return replace(base, **self.playing)

    def learning(self, base: LearningSettings) -> LearningSettings:
        return replace(base, loss=self.loss)


def _row(
    key: str, caption: str, *, loss: Loss = "plain", part: Part = "both", **playing: Any
) -> Row:
    return Row(key, caption, "motion", loss, part, playing)


_ALL = (
    Row("answer", "true frames (what the columns can tell)", "answer"),
    Row(NO_MOTION, "the model without a motion", "model"),
    Row(WORDS, "the model with the action in words", "words"),
    _row(HEADLINE, "object view, noise prior 0.5"),
    _row("object_0", "object view, noise prior 0", noise_prior=0.0),
    _row("camera", "camera view (QK alone), noise prior 0.5", view="camera"),
    _row("camera_0", "camera view (QK alone), noise prior 0", view="camera", noise_prior=0.0),
    _row(AS_LEARNED, "as learned (not debiased), noise prior 0.5", view="as_learned"),
    _row("as_learned_0", "as learned, noise prior 0", view="as_learned", noise_prior=0.0),
    _row("half", "object view, strength 0.5", strength=0.5),
    _row("stronger", "object view, strength 1.5", strength=1.5),
    _row("v", "V alone, debiased", part="v"),
    _row("v_as_learned", "V alone, not debiased", part="v", view="as_learned"),
    _row("debiased_loss", "object view, learned with the debiased loss", loss="debiased_temporal"),
)
ROWS: dict[str, Row] = {row.key: row for row in _ALL}
QUICK = (
    "answer", NO_MOTION, WORDS, HEADLINE, "object_0", "camera", "camera_0", AS_LEARNED,
    "as_learned_0",
)  # fmt: skip
# (ours, theirs), compared on the same pairs
COMPARISONS = ((HEADLINE, NO_MOTION), (HEADLINE, WORDS), (HEADLINE, AS_LEARNED))
