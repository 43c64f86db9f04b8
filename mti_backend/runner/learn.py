"""The learning part of a job: iterations, checkpoints, progress, cancellation. The method itself is
in `inversion.py`.
"""

from __future__ import annotations

import json
import math
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from mti_addon.wire import errors, events
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request

from .. import frames
from ..distributed.worker_group import WorkerLost
from ..distributed.worker_pool import WorkerPool
from ..job.checkpoint import Checkpoint, CheckpointFolder, config_hash
from ..job.events import Stage
from ..job.session import Session
from ..memory.oom_fallback import fall_back, release
from ..method.textual_inversion.augmented_clips import variant_count
from ..method.textual_inversion.embedding import MotionEmbedding
from ..method.textual_inversion.inversion import Inversion
from ..models.precision import computes_bfloat16
from ..models.svd import SvdModel
from .memory_plan import replanned
from .preview import Live

if TYPE_CHECKING:
    from torch import Tensor

CHECKPOINT_SHARE = 0.03
"""Maximum fraction of the time spent on checkpoints beyond those of `checkpoint_every`."""
REPORT_SECONDS = 1.0
"""Interval of progress reports, and of the checkpoints they are based on: the animator should see
progress at least this often."""
LOSS_SHARE = 0.1
"""The loss written into the motion is the mean over this last fraction of the iterations; single
values are too noisy."""


class Learning:
    """Learns the motion of one job, starting from the last runner's checkpoint."""

    def __init__(self, session: Session, request: Request) -> None:
        self.session, self.request = session, request
        self.checkpoints = CheckpointFolder(session.job.checkpoint_dir)
        self.workers = WorkerPool(session, request.settings.inversion.batch_size)
        self.step = 0
        """Completed iterations."""
        self.losses: list[float] = []
        """Loss of each completed iteration."""

    def run(
        self, model: SvdModel, references: frames.Pictures, fps: float, poses: bytes | None = None
    ) -> MotionEmbedding:
        """Learn from uint8 (F, H, W, 3), or (K, F, H, W, 3) of one motion, captured at `fps` frames
        per second, on all of the session's devices.

        poses: poses.json of the motion. If the model knows the tokens of these poses, they are the
        result: optimizing them on one reference makes them worse (docs/evaluation.md).

        On errors.Cancelled a last checkpoint is saved first; other errors lose the iterations since
        the last checkpoint."""
        if poses is not None:
            embeddings = model.pose_embeddings(poses)
            if embeddings is not None:
                return self._of_poses(model, embeddings, fps)
            text = f"{model.name} does not know these poses, so it learns from the pictures."
            self.session.log.append(events.Planned(text, 0, None))
        with self.workers:
            return self._run(model, references, fps)

    def _of_poses(self, model: SvdModel, embeddings: Tensor, fps: float) -> MotionEmbedding:
        """The motion whose frames have these embeddings (F, D)."""
        stage = Stage(self.session.log, "encode", 1)
        tokens = model.tokens_from(embeddings, self.request.settings.inversion.tokens_per_frame)
        about = {
            "model": model.identity,
            "engine": model.name,
            "iterations": "0",
            "precision": "float32",
        }
        stage.report(1)
        return MotionEmbedding(tokens, tokens.mean(0), about | self._meta(fps))

    def _run(self, model: SvdModel, references: frames.Pictures, fps: float) -> MotionEmbedding:
        count = len(references) if references.ndim == 5 else 1
        variants = variant_count(self.request.inversion.augmentation, count)
        stage = Stage(self.session.log, "encode", 1 + variants)
        inversion = Inversion.of_request(model, self.request, references)
        stage.at(1)
        self._warn(inversion)
        config = self._config(model, inversion)
        resumed = self._restore(inversion, config)
        for index in range(variants):
            self.session.check()
            inversion.augmented_clips.variant(index)
            stage.at(2 + index)
        inversion.group = self.workers.join()
        if resumed:
            self.session.log.append(events.Resumed(self.step))
        # With cached augmented clips the modules that made them are not needed any more.
        with model.unet_alone() if variants else nullcontext():
            live = Live(self.session, self.request, model, inversion.references[0, 0])
            self._iterate(inversion, config, live)
        live.end()
        return inversion.embedding(**self._meta(fps))

    def _warn(self, inversion: Inversion) -> None:
        """Warn about a precision that this processor only emulates; the request is carried out."""
        device, wish = inversion.model.device, self.request.settings.inversion.precision
        if wish == "bfloat16" and not computes_bfloat16(device):
            text = (
                f"This {device.type} has no bfloat16 instructions, so learning will be slow; "
                "set inversion.precision to auto."
            )
            self.session.log.append(events.Planned(text, 0, None))

    def _restore(self, inversion: Inversion, config: str) -> bool:
        """Resume from the last runner's checkpoint, if any; from then on a cancellation reports its
        step."""
        saved = self.checkpoints.load(config)
        if saved is None:
            return False
        inversion.load_state_dict(saved.tensors)
        self.step = self.session.learned = saved.step
        self.losses = list(saved.losses)
        return True

    def _iterate(self, inversion: Inversion, config: str, live: Live) -> None:
        total = self.request.settings.inversion.iterations
        every = self.request.settings.inversion.checkpoint_every
        stage = Stage(self.session.log, "learn", total, self.step, self._steps_of_apply())
        saved, pause = time.monotonic(), REPORT_SECONDS
        while self.step < total:
            try:
                self.session.check()
                if self.losses:
                    live.follow(inversion)
            except errors.Cancelled:
                self._save(inversion, config)
                raise
            stage.note(self._iteration(inversion))
            due = self.step % every == 0 or self.step == total
            if due or time.monotonic() - saved >= pause:
                pause = max(REPORT_SECONDS, self._save(inversion, config) / CHECKPOINT_SHARE)
                saved = time.monotonic()
                stage.report(self.step)

    def _iteration(self, inversion: Inversion) -> float:
        loss = self._step(inversion)
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
        self.step = self.session.learned = inversion.step_index
        return loss

    def _step(self, inversion: Inversion) -> float:
        """Run one iteration, retrying with each fallback that is left."""
        while True:
            try:
                return inversion.step()
            except WorkerLost as error:
                print(f"A worker is lost: {error}", flush=True)
                inversion.group = None
                self.workers.end()
                said = "Another device failed; learning continues without it."
            except Exception as error:
                said = fall_back(inversion.model, error)
                if not said:
                    raise
            # Only outside the except block is everything that failed unreferenced.
            release()
            replanned(self.session, self.request, inversion.model.policy, said)

    def _save(self, inversion: Inversion, config: str) -> float:
        """Save this step durably, so that events may report it; returns the seconds it took."""
        began = time.monotonic()
        if self.step > 0:
            self.session.fence()
            state = inversion.state_dict()
            self.checkpoints.save(Checkpoint(self.step, state, tuple(self.losses)), config)
        return time.monotonic() - began

    def _steps_of_apply(self) -> float:
        """Cost of applying, in iterations.

        A sampling step is one forward pass, or two with guidance. An iteration is one forward and
        one backward pass for each clip of the batch, plus about one pass of the autoencoder if no
        variants are cached."""
        if not self.request.applies:
            return 0.0
        sampling, inversion = self.request.settings.sampling, self.request.settings.inversion
        passes = 2 if max(sampling.min_guidance_scale, sampling.max_guidance_scale) > 1 else 1
        encoding = 0 if inversion.augmentation.variants else 1
        return sampling.num_inference_steps * passes / (2 * inversion.batch_size + encoding)

    def _config(self, model: SvdModel, inversion: Inversion) -> str:
        """Hash that a checkpoint must match. It includes the precision: on a machine with another
        one, learning restarts rather than continue as a mixture that no single run reproduces."""
        request = self.request
        return config_hash(
            {
                "model": model.identity,
                "precision": inversion.precision,
                "settings": request.settings.to_dict(),
                "flip_safe": request.capture.flip_safe,
                "inputs": request.inputs,
            }
        )

    def _meta(self, fps: float) -> dict[str, str]:
        """Metadata of the motion file; the same request yields the same bits."""
        last = self.losses[-max(1, round(len(self.losses) * LOSS_SHARE)) :]
        loss = {"loss": repr(math.fsum(last) / len(last))} if last else {}
        return loss | {
            "name": self.request.name,
            "fps": repr(fps),
            "settings": json.dumps(self.request.settings.to_dict(), sort_keys=True),
        }
