"""The applying part of a job: every target with every seed, ranked. The sampler: `sampling.py`."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mti_addon.wire import events
from mti_addon.wire.settings import Settings

from .. import frames
from ..job.events import Stage
from ..job.session import Session
from ..method.textual_inversion.embedding import MotionEmbedding
from ..method.textual_inversion.sampling import sample
from ..metrics.attention_maps import AttentionMaps
from ..metrics.ranking import agreement
from ..models.svd import SvdModel

_JUDGED = 256
"""Approximate longer side, in pixels, at which takes are compared; more does not change the
ranking.
"""


@dataclass(frozen=True)
class Take:
    """One result.

    target: number of the target, from 1; 0 if there is none. score: ranking.agreement; None if
    there was nothing to compare. clip: uint8 (F, H, W, 3). attention: of the same shape, or None.
    """

    target: int
    seed: int
    score: float | None
    clip: frames.Pictures
    attention: frames.Pictures | None = None

    def told(self, folder: str) -> dict[str, Any]:
        """The take's entry in `done`; `folder` is relative to the job."""
        return {"target": self.target, "seed": self.seed, "score": self.score, "frames_dir": folder}


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
        seeds = [(self.sampling.seed + i) % 2**32 for i in range(self.sampling.takes)]
        steps = self.sampling.num_inference_steps
        stage = Stage(self.session.log, "apply", steps * len(seeds) * len(pictures), later=0.0)
        takes: list[Take] = []
        for index, picture in enumerate(pictures):
            number = index + 1 if shown else 0
            made = [
                self._take(model, motion, picture, number, seed, stage, (len(takes) + i) * steps)
                for i, seed in enumerate(seeds)
            ]
            takes += in_order(made)
        return takes

    def _take(
        self, model: SvdModel, motion: MotionEmbedding, picture: frames.Pictures, number: int,
        seed: int, stage: Stage, before: int,
    ) -> Take:  # fmt: skip
        """Generate one take; `before` steps of the stage are already done."""
        log, sampling = self.session.log, replace(self.sampling, seed=seed)

        def on_step(step: int, total: int) -> None:
            self.session.check()
            stage.at(before + step)
            if step == total:
                log.append(events.Progress("decode", 0, 1))

        maps = AttentionMaps(motion.num_frames, *picture.shape[:2])
        with maps.watching(model) if sampling.attention else nullcontext():
            clip = sample(model, frames.to_model(picture), motion, sampling, on_step)
        log.append(events.Progress("decode", 1, 1))
        self.session.check()
        pictures = frames.to_pictures(clip)
        attention = maps.pictures(pictures) if sampling.attention else None
        return Take(number, seed, None, pictures, attention)


def in_order(takes: list[Take]) -> list[Take]:
    """Rank the takes of one target against each other, best first."""
    step = max(1, max(takes[0].clip.shape[1:3]) // _JUDGED)
    scores = agreement([frames.to_model(take.clip[:, ::step, ::step]) for take in takes])
    if scores is None:
        return takes
    judged = [replace(take, score=score) for take, score in zip(takes, scores, strict=True)]
    return sorted(judged, key=lambda take: -(take.score or 0.0))
