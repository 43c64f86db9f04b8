"""Live previews: plays what has been learned so far while learning continues. Imports torch.

Off unless enabled by an environment variable. It does not affect learning: the learned motion is
the same, bit for bit, with and without it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress

from torch import Tensor

from mti_addon.wire import events
from mti_addon.wire.errors import MtiError
from mti_addon.wire.job import PREVIEW_VARIABLE

from .. import frames
from ..job.session import Session

OnStep = Callable[[int, int], None]
"""Called with (steps done, total steps); what it raises ends the playing."""

SHARE = 0.1
"""Maximum fraction of the learning time spent on previews."""


class Live:
    """Live previews of one learning run."""

    def __init__(self, session: Session, steps: int, play: Callable[[OnStep], Tensor]) -> None:
        """play: Plays what has been learned so far, in about as many passes of the network as
        `steps`; returns (F, 3, H, W) in [-1, 1]."""
        self.session, self.steps, self.play = session, steps, play
        self.every = _seconds()
        self.began = self.last = time.monotonic()
        self.spent, self.cost = 0.0, 0.0
        self.iterations = 0

    def follow(self, step: int) -> None:
        """Call after iteration `step`: shows a preview if one is due. Raises errors.Cancelled."""
        if not self.every:
            return
        self.iterations += 1
        if self._due():
            self._show(step)

    def end(self) -> None:
        """Delete the previews; the result replaces them."""
        shutil.rmtree(self.session.job.live_dir, ignore_errors=True)

    def _due(self) -> bool:
        now = time.monotonic()
        if now - self.last < self.every:
            return False
        elapsed = now - self.began
        # Before the first: a step is one forward pass, an iteration one forward and one backward.
        guess = 2 * self.steps * (elapsed - self.spent) / self.iterations
        cost = self.cost or guess
        return self.spent + cost <= SHARE * (elapsed + cost)

    def _show(self, step: int) -> None:
        began = time.monotonic()
        try:
            clip = self.play(lambda step, total: self.session.check())
            self._tell(step, frames.to_pictures(clip))
        except RuntimeError:  # torch is out of memory: stop showing previews
            self.every = 0.0
        self.last = time.monotonic()
        self.cost = self.last - began
        self.spent += self.cost

    def _tell(self, step: int, clip: frames.Pictures) -> None:
        """Write and report a preview; ignore a full disk, which the work itself reports."""
        job = self.session.job
        path = job.live_dir / f"{step:06d}.png"
        with suppress(MtiError, OSError):
            frames.write_sheet(path, clip)
            self.session.log.append(events.Preview(path.relative_to(job.path).as_posix()))
            job.drop_older_live(path)


def _seconds() -> float:
    """Interval in seconds from the environment; 0 (never) if unset or not a number."""
    try:
        return max(0.0, float(os.environ.get(PREVIEW_VARIABLE, "")))
    except ValueError:
        return 0.0
