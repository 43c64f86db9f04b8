"""The playing part of a job: every target, every seed, the likeliest first. The sampler is in
`sampling.py`."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mti_addon.wire import events
from mti_addon.wire.settings import Settings

from . import frames
from .attention_maps import AttentionMaps
from .embedding import MotionEmbedding
from .events import Stage
from .models.svd import SvdModel
from .ranking import agreement
from .sampling import sample
from .session import Session

_JUDGED = 256
"""Pixels along the longer side at which takes are compared, about: more tell no more."""


@dataclass(frozen=True)
class Take:
    """One result.

    target: which, from 1; 0 where none is shown. score: ranking.agreement; None where there was
    nothing to compare. clip: uint8 (F, H, W, 3). attention: of the same, or None.
    """

    target: int
    seed: int
    score: float | None
    clip: frames.Pictures
    attention: frames.Pictures | None = None

    def told(self, folder: str) -> dict[str, Any]:
        """What `done` says of it; `folder` is relative to the job."""
        return {"target": self.target, "seed": self.seed, "score": self.score, "frames_dir": folder}


class Applying:
    """Plays a motion on the targets of one job."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self.session, self.settings = session, settings
        self.sampling = settings.sampling

    def run(
        self, model: SvdModel, motion: MotionEmbedding, targets: list[frames.Pictures]
    ) -> list[Take]:
        """Results of uint8 (H, W, 3) pictures; of each target the likeliest first, in the targets'
        order. With appearance 'none' there are no targets, and the motion is shown by itself."""
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
        """One result; `before` steps of the stage are done."""
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
    """Takes of one target, judged by each other, the likeliest first."""
    step = max(1, max(takes[0].clip.shape[1:3]) // _JUDGED)
    scores = agreement([frames.to_model(take.clip[:, ::step, ::step]) for take in takes])
    if scores is None:
        return takes
    judged = [replace(take, score=score) for take, score in zip(takes, scores, strict=True)]
    return sorted(judged, key=lambda take: -(take.score or 0.0))
