"""What has been learned so far, played now and then while learning goes on. Imports torch, models.

Off unless the environment asks for it. It takes no part in the learning: with it and without it the
same motion is learned, to the last bit."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from dataclasses import replace

import torch

from mti_addon.wire import events
from mti_addon.wire.errors import MtiError
from mti_addon.wire.request import Request

from . import frames
from .inversion import Inversion
from .models.svd import SvdModel
from .sampling import sample
from .session import Session

VARIABLE = "MTI_PREVIEW_SECONDS"
SHARE = 0.1
"""At most this part of the time of learning goes into it."""


class Live:
    """The pictures of one learning."""

    def __init__(
        self, session: Session, request: Request, model: SvdModel, picture: torch.Tensor
    ) -> None:
        """picture: what moves, (3, H, W) in [-1, 1]."""
        self.session, self.model = session, model
        self.every = _seconds()
        self.picture = picture
        sampling = request.settings.sampling
        # half the steps, and nothing that only makes a result better: it is to be looked at
        self.sampling = replace(
            sampling,
            num_inference_steps=max(1, sampling.num_inference_steps // 2),
            appearance="target",
            attention=False,
            hold_still=0.0,
            decode_chunk_size=1,
        )
        self.began = self.last = time.monotonic()
        self.spent, self.cost = 0.0, 0.0
        self.iterations = 0

    def follow(self, inversion: Inversion) -> None:
        """After an iteration: play what there is, if it is time to. errors.Cancelled."""
        if not self.every:
            return
        self.iterations += 1
        if self._due():
            self._show(inversion)

    def end(self) -> None:
        """There is something better to look at."""
        shutil.rmtree(self.session.job.live_dir, ignore_errors=True)

    def _due(self) -> bool:
        now = time.monotonic()
        if now - self.last < self.every:
            return False
        elapsed = now - self.began
        # before the first: a step is one pass forward, an iteration that and one backward
        guess = 2 * self.sampling.num_inference_steps * (elapsed - self.spent) / self.iterations
        cost = self.cost or guess
        return self.spent + cost <= SHARE * (elapsed + cost)

    def _show(self, inversion: Inversion) -> None:
        began = time.monotonic()
        try:
            with self.model.whole():
                clip = sample(
                    self.model,
                    self.picture,
                    inversion.embedding(),
                    self.sampling,
                    lambda step, total: self.session.check(),
                )
            self._tell(inversion.step_index, frames.to_pictures(clip))
        except RuntimeError:  # of torch: there is no memory for it, so there is no picture
            self.every = 0.0
        self.last = time.monotonic()
        self.cost = self.last - began
        self.spent += self.cost

    def _tell(self, step: int, clip: frames.Pictures) -> None:
        """Write and tell; a disk on which there is no place for it has none for anything else."""
        job = self.session.job
        path = job.live_dir / f"{step:06d}.png"
        with suppress(MtiError, OSError):
            frames.write_sheet(path, clip)
            self.session.log.append(events.Preview(path.relative_to(job.path).as_posix()))
            for older in job.live_dir.glob("*.png"):
                if older != path:
                    with suppress(OSError):  # Blender is just reading it
                        older.unlink(missing_ok=True)


def _seconds() -> float:
    """How often, from the environment; 0 for never, and for what is no number."""
    try:
        return max(0.0, float(os.environ.get(VARIABLE, "")))
    except ValueError:
        return 0.0
