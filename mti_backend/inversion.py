"""Motion-textual inversion: optimise the motion-text embedding of one clip. Imports torch, models.

Reenact Anything (arXiv 2408.00458), sec. 4: everything is frozen but the tokens; the loss is the
model's own.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol, Self

import torch
from torch import Tensor

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request
from mti_addon.wire.settings import InversionSettings, SamplingSettings

from . import frames
from .augmented_clips import AugmentedClip, AugmentedClips
from .embedding import MotionEmbedding
from .models.framing import Framing
from .models.precision import computing_in, learning_dtype
from .models.svd import SvdModel
from .noise import (
    c_in,
    c_noise,
    sample_sigmas,
    step_generator,
    v_target,
)
from .oom_fallback import level, set_level

# a step of its own for the initial noise, so that it repeats no iteration's
_INITIAL_NOISE_STEP = -1


def initial_tokens(
    model: SvdModel, references: Tensor, settings: InversionSettings
) -> tuple[Tensor, Tensor]:
    """Where the tokens start: the frames' image embeddings, each N times, plus noise (sec. 4.2).

    The draft's second token starts as how much an embedding differs from the first frame's.

    By settings.token_init: 'image_embeddings' as above, which is the paper's; 'mean', their mean
    for every frame, which knows the picture but no time; 'none', zero. Each of several references
    is an estimate of the same motion, so a frame starts from their mean.

    Args:
        references: (F, 3, H, W) or (K, F, 3, H, W), in [-1, 1].
    Returns:
        frame tokens (F, N, D), or (1, N, D) where all frames share them, and video tokens (N, D),
        which start from the embeddings' mean; float32.
    """
    n = settings.tokens_per_frame
    clips = references if references.ndim == 5 else references[None]
    embeddings = torch.stack([model.image_embeddings(clip).float() for clip in clips]).mean(0)
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


def learning_rate(settings: InversionSettings, step: int) -> float:
    """Adam's step size in iteration `step`, counted from 0."""
    if settings.learning_rate_decay == "none":
        return settings.learning_rate
    done = min(step / settings.iterations, 1.0)
    return settings.learning_rate * (1 + math.cos(math.pi * done)) / 2


class Group(Protocol):
    """Processes that share out every batch (`worker_group.WorkerGroup`), as far as learning goes.

    One leads: it optimises; the others answer with gradients and keep nothing.
    """

    def rows(self, batch: int) -> slice:
        """Which of the batch's clips are this process's."""

    def broadcast(self, step: int, policy: int, tokens: Sequence[Tensor]) -> None:
        """Begin iteration `step` with these tokens, computing by a policy."""

    def receive(self, tokens: Sequence[Tensor]) -> tuple[int, int]:
        """Wait for `broadcast`: (step, policy), and the tokens filled in."""

    def all_reduce(
        self, loss: float, gradients: Sequence[Tensor], failed: bool
    ) -> tuple[float, bool]:
        """Sum losses and gradients (in place) over all; and whether anybody has `failed`."""


class Inversion:
    """One optimisation, iteration by iteration; all randomness is a function of (seed, step)."""

    def __init__(
        self,
        model: SvdModel,
        references: Tensor,
        settings: InversionSettings,
        sampling: SamplingSettings,
    ) -> None:
        """
        Args:
            model: frozen. references: pictures in [-1, 1] of one motion, (F, 3, H, W), or
                (K, F, 3, H, W) to learn one embedding that fits them all; F of the model.
            sampling: the micro-conditions (fps, motion bucket, noise augmentation) it will be
                played with.
        Raises BadRequest for another number of pictures.
        """
        clips = references if references.ndim == 5 else references[None]
        if len(clips) == 0 or clips.shape[1] != model.num_frames:
            raise BadRequest(
                Problem(
                    "reference_length",
                    "The reference has {count} images; {model} takes {frames}.",
                    values={
                        "count": clips.shape[1],
                        "model": model.name,
                        "frames": model.num_frames,
                    },
                )
            )
        self.model, self.settings, self.sampling = model, settings, sampling
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
        frames, clip = initial_tokens(model, clips, settings)
        self.frame_tokens = frames.requires_grad_()
        self.video_tokens = clip.requires_grad_()
        self.optimiser = torch.optim.Adam(
            [self.frame_tokens, self.video_tokens], lr=settings.learning_rate
        )
        self.step_index = 0
        self.loss = float("nan")
        self.group: Group | None = None
        """Processes that share out every batch with this one; or None."""

    @classmethod
    def of_request(cls, model: SvdModel, request: Request, references: frames.Pictures) -> Self:
        """What a job asks for, of its references: uint8 (F, H, W, 3), or (K, F, H, W, 3) of one
        motion. BadRequest."""
        pictures = frames.to_model(references if references.ndim == 5 else references[None])
        sampling = request.settings.sampling
        framing = Framing(subject=sampling.framing == "subject")
        pictures = torch.stack([model.framed_clip(clip, framing) for clip in pictures])
        return cls(model, pictures, request.inversion, sampling)

    @property
    def precision(self) -> str:
        """What the UNet computes in while learning, e.g. 'bfloat16'."""
        return str(self.dtype).removeprefix("torch.")

    def step(self) -> float:
        """One iteration of Adam on a clip, noise levels and noise of its own; its loss.

        Whatever it raises, it may be called again: nothing has changed then. What the group raises
        where one of its processes is gone (WorkerLost).
        """
        self.optimiser.param_groups[0]["lr"] = learning_rate(self.settings, self.step_index)
        if self.group is not None:
            self.group.broadcast(self.step_index, level(self.model), self._tokens)
        self.loss = self._differentiate()
        self.optimiser.step()
        self.step_index += 1
        return self.loss

    def answer_leader(self) -> None:
        """As a worker of the group, answer the leader's iterations. Ends by WorkerLost."""
        assert self.group is not None
        while True:
            self.step_index, policy = self.group.receive(self._tokens)
            set_level(self.model, policy)
            # whatever went wrong, the leader will report it and call again
            with suppress(torch.OutOfMemoryError):
                self._differentiate()

    @property
    def _tokens(self) -> list[Tensor]:
        return [self.frame_tokens, self.video_tokens]

    def _differentiate(self) -> float:
        """Gradients of this iteration's loss into the tokens, of all the group; the loss."""
        self.optimiser.zero_grad(set_to_none=True)
        g = step_generator(self.settings.seed, self.step_index)
        if self.group is None:
            return self._backward(g)
        value, failure = 0.0, None
        try:
            value = self._backward(g)
        except Exception as error:  # the others wait for an answer, whatever went wrong
            failure = error
        gradients = [torch.zeros_like(t) if t.grad is None else t.grad for t in self._tokens]
        value, failed = self.group.all_reduce(value, gradients, failure is not None)
        if failure is not None:
            raise failure
        if failed:
            raise torch.OutOfMemoryError("The memory of another device is full.")
        for tokens, gradient in zip(self._tokens, gradients, strict=True):
            tokens.grad = gradient
        return value

    def _backward(self, g: torch.Generator) -> float:
        loss = self._loss(g)
        loss.backward()
        return float(loss.detach())

    def prepare(self) -> None:
        """Make the augmented clips that the iterations will keep, which they else do as they go."""
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
        """What this iteration looks at; `g` is the iteration's."""
        return self.augmented_clips.at(self.step_index, g)

    def sigmas(self, g: torch.Generator) -> Tensor:
        """Noise levels (b,) of this iteration."""
        settings = self.settings
        return sample_sigmas(settings.batch_size, settings.p_mean, settings.p_std, g)

    def error(self, clip: AugmentedClip, sigma: Tensor, noise: Tensor) -> Tensor:
        """The loss at noise levels (b,) and noise (b, F, C, h, w) of one clip."""
        model, sampling, b = self.model, self.sampling, len(sigma)
        # the loss is taken in float32 at least, whatever the model's own precision
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
        """What has been learned so far; `meta` is kept in the file's header."""
        about = {
            "model": self.model.identity,
            "engine": self.model.name,
            "iterations": str(self.step_index),
            "precision": self.precision,
        }
        frame_tokens, video_tokens = (tokens.detach().clone() for tokens in self._tokens)
        return MotionEmbedding(
            frame_tokens.expand(self.model.num_frames, -1, -1).clone(), video_tokens, about | meta
        )

    def state_dict(self) -> dict[str, Tensor]:
        """Everything needed to go on bit for bit, as tensors."""
        state: dict[str, Tensor] = {"step": torch.tensor(self.step_index)}
        for name, tokens in (
            ("frame_tokens", self.frame_tokens),
            ("video_tokens", self.video_tokens),
        ):
            state[name] = tokens.detach().clone()
            for key in ("exp_avg", "exp_avg_sq"):
                moments = self.optimiser.state.get(tokens, {})
                state[f"{name}.{key}"] = moments.get(key, torch.zeros_like(tokens)).detach().clone()
        return state

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from a `state_dict`.

        Raises BadRequest where its tensors are not this job's, and has then changed nothing.
        """
        for name, mine in self.state_dict().items():
            if name not in state or state[name].shape != mine.shape:
                raise BadRequest(f"The checkpoint's {name} are missing or of another shape.")
        self.step_index = int(state["step"])
        for name, tokens in (
            ("frame_tokens", self.frame_tokens),
            ("video_tokens", self.video_tokens),
        ):
            with torch.no_grad():
                tokens.copy_(state[name])
            if self.step_index:
                self.optimiser.state[tokens] = {
                    "step": torch.tensor(float(self.step_index)),
                    "exp_avg": state[f"{name}.exp_avg"].to(tokens).clone(),
                    "exp_avg_sq": state[f"{name}.exp_avg_sq"].to(tokens).clone(),
                }
