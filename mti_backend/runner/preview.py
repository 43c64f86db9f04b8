"""Live previews: plays what has been learned so far while learning continues. Imports torch,
models.

Off unless enabled by an environment variable. It does not affect learning: the learned motion is
the same, bit for bit, with and without it.
"""

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

from .. import frames
from ..job.session import Session
from ..method.textual_inversion.inversion import Inversion
from ..method.textual_inversion.sampling import sample
from ..models.svd import SvdModel

VARIABLE = "MTI_PREVIEW_SECONDS"
SHARE = 0.1
"""Maximum fraction of the learning time spent on previews."""


class Live:
    """Live previews of one learning run."""

    def __init__(
        self, session: Session, request: Request, model: SvdModel, picture: torch.Tensor
    ) -> None:
        """picture: The image to animate, (3, H, W) in [-1, 1]."""
        self.session, self.model = session, model
        self.every = _seconds()
        self.picture = picture
        sampling = request.settings.sampling
        # Half the steps and no refinements: a preview only has to be recognizable.
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
        """Call after an iteration: shows a preview if one is due. Raises errors.Cancelled."""
        if not self.every:
            return
        self.iterations += 1
        if self._due():
            self._show(inversion)

    def end(self) -> None:
        """Delete the previews; the result replaces them."""
        shutil.rmtree(self.session.job.live_dir, ignore_errors=True)

    def _due(self) -> bool:
        now = time.monotonic()
        if now - self.last < self.every:
            return False
        elapsed = now - self.began
        # Before the first: a step is one forward pass, an iteration one forward and one backward.
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
            for older in job.live_dir.glob("*.png"):
                if older != path:
                    with suppress(OSError):  # Blender may be reading it
                        older.unlink(missing_ok=True)


def _seconds() -> float:
    """Interval in seconds from the environment; 0 (never) if unset or not a number."""
    try:
        return max(0.0, float(os.environ.get(VARIABLE, "")))
    except ValueError:
        return 0.0
