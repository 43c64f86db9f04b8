"""Motion-textual inversion: optimizes the motion-text embedding of one clip. Imports torch and
models.

Reenact Anything (arXiv 2408.00458), sec. 4: everything but the tokens is frozen, and the loss is
the model's own training loss.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol, Self

import torch
from torch import Tensor

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request
from mti_addon.wire.settings import InversionSettings, SamplingSettings, TokenInit

from ... import frames
from ...memory.oom_fallback import level, set_level
from ...models.framing import Framing
from ...models.precision import computing_in, learning_dtype
from ...models.svd import SvdModel
from ..noise import c_in, c_noise, sample_sigmas, step_generator, v_target
from .augmented_clips import AugmentedClip, AugmentedClips
from .embedding import MotionEmbedding

# Separate steps for the initial noise and for the choice of a start, so that they do not repeat any
# iteration's noise.
_INITIAL_NOISE_STEP = -1
_CHOICE_STEP = -2
_REFINING = 1 / 8
"""Share of the learning rate for tokens that start from estimated poses, which are near their goal.
Full steps take them as far from it as tokens of image embeddings end up."""


def initial_tokens(
    model: SvdModel, references: Tensor, settings: InversionSettings
) -> tuple[Tensor, Tensor]:
    """Initial tokens: each frame's image embedding N times, plus noise (sec. 4.2).

    The draft's second token starts as the difference to the first frame's embedding.

    settings.token_init selects the embeddings: 'image_embeddings' as above (the paper's); 'mean',
    their mean for every frame, which carries the appearance but no time; 'none', zero;
    'estimated_poses', those of the poses that the model finds in the images. The latter, if it
    finds none, and 'poses', if it does not know them (`SvdModel.pose_embeddings`), are as
    'image_embeddings'. Several references are estimates of the same motion, so their embeddings are
    averaged.

    Args:
        references: (F, 3, H, W) or (K, F, 3, H, W), in [-1, 1].
    Returns:
        Frame tokens (F, N, D), or (1, N, D) if all frames share them, and video tokens (N, D),
        which start from the embeddings' mean; float32.
    """
    n = settings.tokens_per_frame
    clips = references if references.ndim == 5 else references[None]
    embeddings = torch.stack([_embeddings(model, clip, settings) for clip in clips]).mean(0)
    if settings.token_init == "none":
        embeddings = torch.zeros_like(embeddings)
    mean = embeddings.mean(0, keepdim=True)
    if settings.token_init == "mean":
        embeddings = mean.expand_as(embeddings)
    frames = model.tokens_from(embeddings, n)
    clip = frames.mean(0)
    if not settings.per_frame:
        frames = clip[None]
    g = step_generator(settings.seed, _INITIAL_NOISE_STEP)
    frames = frames + settings.init_noise_std * torch.randn(frames.shape, generator=g).to(frames)
    return frames, clip + settings.init_noise_std * torch.randn(clip.shape, generator=g).to(clip)


def _embeddings(model: SvdModel, clip: Tensor, settings: InversionSettings) -> Tensor:
    """Embeddings (F, D) that a clip's tokens start from, float32."""
    estimated = None
    if settings.token_init == "estimated_poses":
        estimated = model.estimated_pose_embeddings(clip)
    return model.image_embeddings(clip).float() if estimated is None else estimated.float()


def made_by(model: SvdModel, iterations: int, precision: str) -> dict[str, str]:
    """What a motion's file says about the model and the learning that made it."""
    return {
        "model": model.identity,
        "engine": model.name,
        "iterations": str(iterations),
        "precision": precision,
    }


def learning_rate(settings: InversionSettings, step: int) -> float:
    """Adam's learning rate in iteration `step`, counting from 0, for settings.token_init."""
    share = _REFINING if settings.token_init == "estimated_poses" else 1.0
    if settings.learning_rate_decay == "none":
        return share * settings.learning_rate
    done = min(step / settings.iterations, 1.0)
    return share * settings.learning_rate * (1 + math.cos(math.pi * done)) / 2


class Group(Protocol):
    """What learning needs of a group of processes that split every batch
    (`worker_group.WorkerGroup`).

    The leader optimizes; the others answer with gradients and hold no state.
    """

    def rows(self, batch: int) -> slice:
        """The batch's clips that this process computes."""

    def broadcast(self, step: int, policy: int, tokens: Sequence[Tensor]) -> None:
        """Start iteration `step` with these tokens and a checkpointing policy."""

    def receive(self, tokens: Sequence[Tensor]) -> tuple[int, int]:
        """Wait for `broadcast`: (step, policy), and fill in the tokens."""

    def all_reduce(
        self, loss: float, gradients: Sequence[Tensor], failed: bool
    ) -> tuple[float, bool]:
        """Sum losses and gradients (in place) over all processes; also whether any `failed`."""


class Inversion:
    """One optimization, iteration by iteration; all randomness is a function of (seed, step)."""

    def __init__(
        self,
        model: SvdModel,
        references: Tensor,
        settings: InversionSettings,
        sampling: SamplingSettings,
    ) -> None:
        """
        Args:
            model: Frozen model. references: Images of one motion in [-1, 1], (F, 3, H, W), or
                (K, F, 3, H, W) to fit one embedding to all of them; F is the model's.
            sampling: The micro-conditions (fps, motion bucket, noise augmentation) that will be
                used for sampling.
        Raises BadRequest for a wrong number of images.
        """
        clips = references if references.ndim == 5 else references[None]
        if len(clips) == 0 or clips.shape[1] != model.num_frames:
            raise BadRequest(
                Problem(
                    "reference_length",
                    "The reference has {count} images, but {model} needs {frames}.",
                    values={
                        "count": clips.shape[1],
                        "model": model.name,
                        "frames": model.num_frames,
                    },
                )
            )
        self.model, self.sampling = model, sampling
        self.settings = settings
        """As given, but token_init is what the tokens really start from."""
        self.dtype = learning_dtype(settings.precision, model.dtype, model.device)
        self.references = clips.float()
        self.augmented_clips = AugmentedClips(
            model,
            self.references,
            settings.augmentation,
            settings.seed,
            sampling.noise_aug_strength,
            self.dtype,
        )
        self.step_index = 0
        self.group: Group | None = None
        """Processes that split every batch with this one, or None."""
        self._start(clips)
        self.optimizer = torch.optim.Adam(
            [self.frame_tokens, self.video_tokens], lr=settings.learning_rate
        )
        self.loss = float("nan")

    def _start(self, clips: Tensor) -> None:
        """Set the initial tokens. Of those of estimated poses and of image embeddings, the ones
        with the lower loss: the images may show no body."""
        best = self.settings.token_init
        inits: tuple[TokenInit, ...] = (best,)
        if best == "estimated_poses":
            inits = "image_embeddings", best
        starts = {
            init: initial_tokens(self.model, clips, replace(self.settings, token_init=init))
            for init in inits
        }
        if len(starts) > 1:
            best = min(starts, key=lambda init: self._loss_at(starts[init]))
            self.settings = replace(self.settings, token_init=best)
        self.frame_tokens, self.video_tokens = (part.requires_grad_() for part in starts[best])

    @torch.no_grad()
    def _loss_at(self, tokens: tuple[Tensor, Tensor]) -> float:
        """The loss of other tokens on the first iteration's clip, always with the same noise."""
        self.frame_tokens, self.video_tokens = tokens
        return float(self._loss(step_generator(self.settings.seed, _CHOICE_STEP)))

    @classmethod
    def of_request(cls, model: SvdModel, request: Request, references: frames.Pictures) -> Self:
        """Inversion for a job's request and its references: uint8 (F, H, W, 3), or (K, F, H, W, 3)
        of one motion. Raises BadRequest."""
        pictures = frames.to_model(references if references.ndim == 5 else references[None])
        sampling = request.settings.sampling
        framing = Framing(subject=sampling.framing == "subject")
        pictures = torch.stack([model.framed_clip(clip, framing) for clip in pictures])
        return cls(model, pictures, request.inversion, sampling)

    @property
    def precision(self) -> str:
        """Compute dtype of the UNet during learning, e.g. 'bfloat16'."""
        return str(self.dtype).removeprefix("torch.")

    def step(self) -> float:
        """Run one iteration of Adam with its own clip, noise levels and noise; returns the loss.

        If it raises, nothing has changed and it can be called again. Also raises the group's error
        if one of its processes has ended (WorkerLost).
        """
        self.optimizer.param_groups[0]["lr"] = learning_rate(self.settings, self.step_index)
        if self.group is not None:
            self.group.broadcast(self.step_index, level(self.model), self._tokens)
        self.loss = self._differentiate()
        self.optimizer.step()
        self.step_index += 1
        return self.loss

    def answer_leader(self) -> None:
        """As a worker of the group, answer the leader's iterations. Ends with WorkerLost."""
        assert self.group is not None
        while True:
            self.step_index, policy = self.group.receive(self._tokens)
            set_level(self.model, policy)
            # The leader reports any failure and calls again.
            with suppress(torch.OutOfMemoryError):
                self._differentiate()

    @property
    def _tokens(self) -> list[Tensor]:
        return [self.frame_tokens, self.video_tokens]

    def _differentiate(self) -> float:
        """Compute the whole group's token gradients for this iteration; returns the loss."""
        self.optimizer.zero_grad(set_to_none=True)
        g = step_generator(self.settings.seed, self.step_index)
        if self.group is None:
            return self._backward(g)
        value, failure = 0.0, None
        try:
            value = self._backward(g)
        except Exception as error:  # the other processes wait for an answer in any case
            failure = error
        gradients = [torch.zeros_like(t) if t.grad is None else t.grad for t in self._tokens]
        value, failed = self.group.all_reduce(value, gradients, failure is not None)
        if failure is not None:
            raise failure
        if failed:
            raise torch.OutOfMemoryError("Another device is out of memory.")
        for tokens, gradient in zip(self._tokens, gradients, strict=True):
            tokens.grad = gradient
        return value

    def _backward(self, g: torch.Generator) -> float:
        loss = self._loss(g)
        loss.backward()
        return float(loss.detach())

    def prepare(self) -> None:
        """Create the cached augmented clips now rather than during the iterations."""
        for index in range(min(self.augmented_clips.variants, self.settings.iterations)):
            self.augmented_clips.variant(index)

    def _loss(self, g: torch.Generator) -> Tensor:
        b = self.settings.batch_size
        clip = self.augmented_clip(g)
        sigma = self.sigmas(g)
        noise = torch.randn((b, *clip.latents.shape[1:]), generator=g)
        own = slice(0, b) if self.group is None else self.group.rows(b)
        error = self.error(clip, sigma[own], noise[own])
        return error if self.group is None else error * ((own.stop - own.start) / b)

    def augmented_clip(self, g: torch.Generator) -> AugmentedClip:
        """The training clip of this iteration; `g` is the iteration's generator."""
        return self.augmented_clips.at(self.step_index, g)

    def sigmas(self, g: torch.Generator) -> Tensor:
        """Noise levels (b,) of this iteration."""
        settings = self.settings
        return sample_sigmas(settings.batch_size, settings.p_mean, settings.p_std, g)

    def error(self, clip: AugmentedClip, sigma: Tensor, noise: Tensor) -> Tensor:
        """The loss at noise levels (b,) and noise (b, F, C, h, w) for one clip."""
        model, sampling, b = self.model, self.sampling, len(sigma)
        # The loss is computed in at least float32, whatever the model's precision.
        wide = torch.promote_types(model.dtype, torch.float32)
        x0 = clip.latents.to(wide)
        sigma, noise = sigma.to(x0), noise.to(x0)
        noisy = x0 + sigma.view(-1, 1, 1, 1, 1) * noise
        with computing_in(self.dtype, model.dtype, model.device):
            output = model.network(
                c_in(sigma) * noisy,
                c_noise(sigma),
                clip.image_latents.expand(b, -1, -1, -1, -1),
                self.frame_tokens.expand(model.num_frames, -1, -1).expand(b, -1, -1, -1),
                self.video_tokens.expand(b, -1, -1),
                model.time_ids(
                    sampling.fps, sampling.motion_bucket_id, sampling.noise_aug_strength, b
                ),
            )
        return (output.to(wide) - v_target(x0, noisy, sigma)).square().mean()

    def embedding(self, **meta: str) -> MotionEmbedding:
        """The motion learned so far; `meta` is stored in the file's header."""
        about = made_by(self.model, self.step_index, self.precision)
        frame_tokens, video_tokens = (tokens.detach().clone() for tokens in self._tokens)
        return MotionEmbedding(
            frame_tokens.expand(self.model.num_frames, -1, -1).clone(), video_tokens, about | meta
        )

    def state_dict(self) -> dict[str, Tensor]:
        """Everything needed to resume bit for bit, as tensors."""
        state: dict[str, Tensor] = {"step": torch.tensor(self.step_index)}
        for name, tokens in (
            ("frame_tokens", self.frame_tokens),
            ("video_tokens", self.video_tokens),
        ):
            state[name] = tokens.detach().clone()
            for key in ("exp_avg", "exp_avg_sq"):
                moments = self.optimizer.state.get(tokens, {})
                state[f"{name}.{key}"] = moments.get(key, torch.zeros_like(tokens)).detach().clone()
        return state

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Resume from a `state_dict`.

        Raises BadRequest if its tensors do not match this job; nothing is changed then.
        """
        for name, mine in self.state_dict().items():
            if name not in state or state[name].shape != mine.shape:
                raise BadRequest(f"The checkpoint's {name} are missing or have another shape.")
        self.step_index = int(state["step"])
        for name, tokens in (
            ("frame_tokens", self.frame_tokens),
            ("video_tokens", self.video_tokens),
        ):
            with torch.no_grad():
                tokens.copy_(state[name])
            if self.step_index:
                self.optimizer.state[tokens] = {
                    "step": torch.tensor(float(self.step_index)),
                    "exp_avg": state[f"{name}.exp_avg"].to(tokens).clone(),
                    "exp_avg_sq": state[f"{name}.exp_avg_sq"].to(tokens).clone(),
                }
