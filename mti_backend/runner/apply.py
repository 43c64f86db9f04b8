"""Applying by motion-textual inversion: every target with every seed, ranked. The sampler:
`sampling.py`.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import numpy as np

from mti_addon.wire.settings import Settings

from .. import frames
from ..job.events import Stage
from ..job.session import Session
from ..method.motion_textual_inversion.embedding import MotionEmbedding
from ..method.motion_textual_inversion.sampling import sample_images
from ..metrics.attention_maps import AttentionMaps
from ..metrics.ranking import agreement
from ..models.svd import SvdModel
from .takes import Take, play, seeds

_JUDGED = 256
"""Approximate longer side, in pixels, at which takes are compared; more does not change the
ranking.
"""


class Applying:
    """Applies a motion to the targets of one job."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self.session, self.settings = session, settings
        self.sampling = settings.sampling

    def run(
        self, model: SvdModel, motion: MotionEmbedding, targets: list[frames.Pictures]
    ) -> list[Take]:
        """Apply to uint8 (H, W, 3) images. Takes are in the order of the targets, for each target
        the best first. With appearance 'none' there are no targets, and the motion is shown
        alone."""
        shown = self.sampling.appearance == "target"
        settings = self.settings
        grey = np.full((settings.height, settings.width, 3), 128, np.uint8)
        pictures = targets if shown else [grey]
        chosen = seeds(self.sampling.seed, self.sampling.takes)
        steps = self.sampling.num_inference_steps
        stage = Stage(self.session.log, "apply", steps * len(chosen) * len(pictures), later=0.0)
        takes: list[Take] = []
        for index, picture in enumerate(pictures):
            number = index + 1 if shown else 0
            made = [
                self._take(model, motion, picture, number, seed, stage, (len(takes) + i) * steps)
                for i, seed in enumerate(chosen)
            ]
            takes += in_order(made)
        return takes

    def _take(
        self, model: SvdModel, motion: MotionEmbedding, picture: frames.Pictures, number: int,
        seed: int, stage: Stage, before: int,
    ) -> Take:  # fmt: skip
        """Generate one take; `before` steps of the stage are already done."""
        sampling = replace(self.sampling, seed=seed)
        maps = AttentionMaps(motion.num_frames, *picture.shape[:2])
        with maps.watching(model) if sampling.attention else nullcontext():
            pictures = play(
                self.session, stage, before,
                lambda on_step: sample_images(
                    model, frames.to_model(picture), motion, sampling, on_step
                ),
            )  # fmt: skip
        step = sampling.in_between + 1  # in-betweens have no maps
        attention = maps.pictures(pictures[::step]) if sampling.attention else None
        return Take(number, seed, None, pictures, attention)


def in_order(takes: list[Take]) -> list[Take]:
    """Rank the takes of one target against each other, best first."""
    step = max(1, max(takes[0].clip.shape[1:3]) // _JUDGED)
    scores = agreement([frames.to_model(take.clip[:, ::step, ::step]) for take in takes])
    if scores is None:
        return takes
    judged = [replace(take, score=score) for take, score in zip(takes, scores, strict=True)]
    return sorted(judged, key=lambda take: -(take.score or 0.0))
