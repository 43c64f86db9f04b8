"""The results of applying a motion, and their progress. Imports torch through frames only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mti_addon.wire import events

from .. import frames
from ..job.events import Stage
from ..job.session import Session

if TYPE_CHECKING:
    from torch import Tensor

OnStep = Callable[[int, int], None]
"""Called with (steps done, total steps); what it raises ends the playing."""


@dataclass(frozen=True)
class Take:
    """One result.

    target: number of the target or prompt, from 1; 0 if there is none. score: ranking.agreement;
    None if there was nothing to compare. clip: uint8 (F, H, W, 3). attention: of the same shape, or
    None.
    """

    target: int
    seed: int
    score: float | None
    clip: frames.Pictures
    attention: frames.Pictures | None = None

    def told(self, folder: str) -> dict[str, Any]:
        """The take's entry in `done`; `folder` is relative to the job."""
        return {"target": self.target, "seed": self.seed, "score": self.score, "frames_dir": folder}


def seeds(first: int, count: int) -> list[int]:
    """The seeds of `count` takes."""
    return [(first + i) % 2**32 for i in range(count)]


def play(
    session: Session, stage: Stage, before: int, played: Callable[[OnStep], Iterable[Tensor]]
) -> frames.Pictures:
    """Generate one take, uint8 (F, H, W, 3), and report its progress; `before` steps of the stage
    are already done. `played` gives its images in [-1, 1], (3, H, W) each. Raises Cancelled."""

    def on_step(step: int, total: int) -> None:
        session.check()
        stage.at(before + step)
        if step == total:
            session.log.append(events.Progress("decode", 0, 1))

    pictures = []
    for image in played(on_step):
        session.check()
        pictures.append(frames.to_pictures(image))
    session.log.append(events.Progress("decode", 1, 1))
    session.check()
    return np.stack(pictures)
