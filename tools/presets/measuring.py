"""Measures learned motions on held-out targets. Imports torch and the backend."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import torch

from mti_addon.wire import Settings
from mti_backend.frames import Pictures, to_model, to_pictures
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from mti_backend.method.motion_textual_inversion.sampling import sample
from mti_backend.metrics.clip_quality import drawn
from mti_backend.metrics.gain import motion_gain
from mti_backend.models.svd import SvdModel

from .held_out import HeldOut


@dataclass(frozen=True)
class Measured:
    """A motion's figures on each of its held-out targets, and the results."""

    gains: list[float]
    drawn: list[float]
    """None for a camera, which uncovers as much as it covers: an empty list."""
    results: list[Pictures]

    @property
    def gain(self) -> float:
        """Return the median motion gain."""
        return median(self.gains)

    @property
    def share(self) -> float | None:
        """Return the median share of newly covered pixels that are right."""
        return median(self.drawn) if self.drawn else None


def measure(
    model: SvdModel, motion: MotionEmbedding, settings: Settings, targets: list[HeldOut]
) -> Measured:
    """Apply a motion to the first image of each target, and compare it with the right answer."""
    gains, shares, results = [], [], []
    for target in targets:
        answer = to_model(target.answer)
        clip = sample(model, answer[0], motion, settings.sampling)
        gains.append(motion_gain(clip, answer))
        parts = None if target.parts is None else torch.from_numpy(target.parts)
        share = drawn(clip, answer, parts)
        if share is not None:
            shares.append(share)
        results.append(to_pictures(clip))
    return Measured(gains, shares, results)
