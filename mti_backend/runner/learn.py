"""Learning by motion-textual inversion: what surrounds the iterations of a job. The method itself
is in `optimization.py`.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace

from torch import Tensor

from mti_addon.wire import events
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request

from .. import frames
from ..distributed.worker_group import WorkerLost
from ..distributed.worker_pool import WorkerPool
from ..job.checkpoint import config_hash
from ..job.events import Stage
from ..job.session import Session
from ..memory.oom_fallback import fall_back
from ..method.motion_textual_inversion.augmented_clips import variant_count
from ..method.motion_textual_inversion.embedding import MotionEmbedding
from ..method.motion_textual_inversion.optimization import Inversion, made_by
from ..method.motion_textual_inversion.sampling import sample
from ..models.pose_tokens import Poses
from ..models.precision import computes_bfloat16
from ..models.svd import SvdModel
from .memory_plan import replanned
from .preview import Live, OnStep
from .resumable_loop import ResumableLoop


class Learning:
    """Learns the motion of one job, starting from the last runner's checkpoint."""

    def __init__(self, session: Session, request: Request) -> None:
        self.session, self.request = session, request
        self.workers = WorkerPool(session, request.settings.inversion.batch_size)

    def run(self, model: SvdModel, references: frames.Pictures, fps: float) -> MotionEmbedding:
        """Learn from uint8 (F, H, W, 3), or (K, F, H, W, 3) of one motion, captured at `fps` frames
        per second, on all of the session's devices.

        On errors.Cancelled a last checkpoint is saved first; other errors lose the iterations since
        the last checkpoint."""
        with self.workers:
            return self._run(model, references, fps)

    def from_poses(self, model: SvdModel, poses: Poses, fps: float) -> MotionEmbedding | None:
        """The motion of captured poses, without optimization; None if the model does not know the
        tokens of such poses."""
        embeddings = model.pose_embeddings(poses)
        if embeddings is None:
            return None
        stage = Stage(self.session.log, "encode", 1)
        tokens = model.tokens_from(embeddings, self.request.settings.inversion.tokens_per_frame)
        stage.report(1)
        about = made_by(model, 0, "float32") | self._meta(fps, None)
        return MotionEmbedding(tokens, tokens.mean(0), about)

    def _run(self, model: SvdModel, references: frames.Pictures, fps: float) -> MotionEmbedding:
        count = len(references) if references.ndim == 5 else 1
        variants = variant_count(self.request.inversion.augmentation, count)
        stage = Stage(self.session.log, "encode", 1 + variants)
        inversion = Inversion.of_request(model, self.request, references)
        stage.at(1)
        self._warn(inversion)
        settings = self.request.settings.inversion
        iterations = ResumableLoop(
            self.session, inversion, self._config(model, inversion), settings.iterations,
            settings.checkpoint_every,
        )  # fmt: skip
        resumed = iterations.restore()
        for index in range(variants):
            self.session.check()
            inversion.augmented_clips.variant(index)
            stage.at(2 + index)
        inversion.group = self.workers.join()
        if resumed:
            iterations.tell_resumed()
        # With cached augmented clips the modules that made them are not needed any more.
        with model.unet_alone() if variants else nullcontext():
            live = self._live(inversion)
            iterations.run(
                self._steps_of_apply(), live.follow, lambda error: self._recover(inversion, error)
            )
        live.end()
        return inversion.embedding(**self._meta(fps, iterations.mean_loss()))

    def _warn(self, inversion: Inversion) -> None:
        """Warn about a precision that this processor only emulates; the request is carried out."""
        device, wish = inversion.model.device, self.request.settings.inversion.precision
        if wish == "bfloat16" and not computes_bfloat16(device):
            slow = Problem(
                "bfloat16_is_slow",
                (
                    "This {device} has no bfloat16 instructions, so learning will be slow; set "
                    "inversion.precision to auto."
                ),
                values={"device": device.type},
            )
            self.session.log.append(events.Notice.of(slow))

    def _live(self, inversion: Inversion) -> Live:
        """Live previews on the reference's first picture.

        Half the steps and no refinements: a preview only has to be recognizable."""
        sampling = self.request.settings.sampling
        short = replace(
            sampling,
            num_inference_steps=max(1, sampling.num_inference_steps // 2),
            appearance="target",
            attention=False,
            hold_still=0.0,
            decode_chunk_size=1,
        )
        model, picture = inversion.model, inversion.references[0, 0]

        def play(on_step: OnStep) -> Tensor:
            with model.whole():
                return sample(model, picture, inversion.embedding(), short, on_step)

        return Live(self.session, short.num_inference_steps, play)

    def _recover(self, inversion: Inversion, error: Exception) -> bool:
        """Continue without a worker that is lost, or with a fallback that is left."""
        if isinstance(error, WorkerLost):
            print(f"A worker is lost: {error}", flush=True)
            inversion.group = None
            self.workers.end()
            said: Problem | None = Problem(
                "learning_without_a_device", "Another device failed; learning continues without it."
            )
        else:
            said = fall_back(inversion.model, error)
        if said:
            replanned(self.session, self.request, inversion.model.policy, said)
        return said is not None

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

    def _meta(self, fps: float, loss: float | None) -> dict[str, str]:
        """Metadata of the motion file; the same request yields the same bits."""
        optimized = {} if loss is None else {"loss": repr(loss)}
        return optimized | {
            "name": self.request.name,
            "fps": repr(fps),
            "settings": json.dumps(self.request.settings.to_dict(), sort_keys=True),
        }
