"""The loop of any learning, resumable at its last checkpoint: progress, cancellation, recovery.
Imports torch.

What an iteration computes is the method's (`method/*/optimization.py`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from mti_addon.wire import errors, events
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem

from ..job.checkpoint import Checkpoint, CheckpointFolder
from ..job.events import Stage
from ..job.session import Session
from ..memory.oom_fallback import release

CHECKPOINT_SHARE = 0.03
"""Maximum fraction of the time spent on checkpoints beyond those of `checkpoint_every`."""
REPORT_SECONDS = 1.0
"""Interval of progress reports, and of the checkpoints they are based on: the animator should see
progress at least this often."""
LOSS_SHARE = 0.1
"""The loss written into the motion is the mean over this last fraction of the iterations; single
values are too noisy."""


class Optimization(Protocol):
    """What is iterated: all its randomness is a function of the seed and the step."""

    @property
    def step_index(self) -> int:
        """Completed iterations."""

    def step(self) -> float:
        """Run one iteration; returns its loss. If it raises, it can be called again."""

    def state_dict(self) -> dict[str, Tensor]:
        """Everything needed to resume bit for bit."""

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Resume from a `state_dict`."""


class ResumableLoop:
    """The iterations of one job, from the last runner's checkpoint to the last one."""

    def __init__(
        self, session: Session, optimization: Optimization, config: str, total: int, every: int
    ) -> None:
        """config: a hash of all that the result depends on (`config_hash`). total: iterations to
        run. every: the most of them that may be lost."""
        self.session, self.optimization = session, optimization
        self.config, self.total, self.every = config, total, every
        self.checkpoints = CheckpointFolder(session.job.checkpoint_dir)
        self.step = 0
        """Completed iterations."""
        self.losses: list[float] = []
        """Loss of each completed iteration."""

    def restore(self) -> bool:
        """Resume from the last runner's checkpoint, if any; from then on a cancellation reports its
        step."""
        saved = self.checkpoints.load(self.config)
        if saved is None:
            return False
        self.optimization.load_state_dict(saved.tensors)
        self.step = self.session.learned = saved.step
        self.losses = list(saved.losses)
        return True

    def tell_resumed(self) -> None:
        """Report that a checkpoint was resumed from."""
        self.session.log.append(events.Resumed(self.step))

    def run(
        self, later: float, watch: Callable[[int], None], recover: Callable[[Exception], bool]
    ) -> None:
        """Run all that are left.

        On errors.Cancelled a last checkpoint is saved first; other errors lose the iterations since
        the last checkpoint.

        Args:
            later: Cost of the later stages of the job, in iterations.
            watch: Called with the completed iterations before each but the first of this runner.
            recover: Changes how the step that raised an error is computed, so that it can be tried
                again; False if it cannot.
        """
        stage = Stage(self.session.log, "learn", self.total, self.step, later)
        saved, pause = time.monotonic(), REPORT_SECONDS
        while self.step < self.total:
            try:
                self.session.check()
                if self.losses:
                    watch(self.step)
            except errors.Cancelled:
                self.save()
                raise
            stage.note(self._iteration(recover))
            due = self.step % self.every == 0 or self.step == self.total
            if due or time.monotonic() - saved >= pause:
                pause = max(REPORT_SECONDS, self.save() / CHECKPOINT_SHARE)
                saved = time.monotonic()
                stage.report(self.step)

    def _iteration(self, recover: Callable[[Exception], bool]) -> float:
        loss = self._step(recover)
        if not math.isfinite(loss):
            raise BadRequest(
                Problem(
                    "loss_not_finite",
                    "Learning failed at iteration {iteration}: the loss is no longer a number.",
                    "Learn again with a lower learning rate.",
                    {"iteration": self.step + 1},
                ),
            )
        self.losses.append(loss)
        self.step = self.session.learned = self.optimization.step_index
        return loss

    def _step(self, recover: Callable[[Exception], bool]) -> float:
        """Run one iteration, retrying as long as `recover` helps."""
        while True:
            try:
                return self.optimization.step()
            except Exception as error:
                if not recover(error):
                    raise
            # Only outside the except block is everything that failed unreferenced.
            release()

    def save(self) -> float:
        """Save this step durably, so that events may report it; returns the seconds it took."""
        began = time.monotonic()
        if self.step > 0:
            self.session.fence()
            state = self.optimization.state_dict()
            self.checkpoints.save(Checkpoint(self.step, state, tuple(self.losses)), self.config)
        return time.monotonic() - began

    def mean_loss(self) -> float:
        """Mean of the last losses."""
        last = self.losses[-max(1, round(len(self.losses) * LOSS_SHARE)) :]
        return math.fsum(last) / len(last)
