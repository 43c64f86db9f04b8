"""Motion-textual inversion: optimise the motion-text embedding of one clip. Imports torch, models.

Reenact Anything (arXiv 2408.00458), sec. 4: everything is frozen but the tokens; the loss is the
model's own.
"""

import math
from contextlib import suppress

import torch
from torch import Tensor
from torch.nn import functional

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem
from mti_addon.wire.settings import InversionSettings, SamplingSettings

from .average import Average
from .embedding import MotionEmbedding
from .examples import Example, Examples
from .models.precision import computing_in, learning_dtype
from .models.svd import SvdModel
from .noise import (
    c_in,
    c_noise,
    draw_sigma,
    network_target,
    step_generator,
    stratified_sigma,
)
from .patience import PAIRS, Patience
from .remedies import level, set_level
from .team import Team

# a step of its own for the initial noise, so that it repeats no iteration's
_INITIAL_NOISE_STEP = -1
# and one for the noise that losses are compared on
_FIXED = -2_000_000_000


def initial_tokens(
    model: SvdModel, references: Tensor, settings: InversionSettings
) -> tuple[Tensor, Tensor]:
    """Where the tokens start: the frames' image embeddings, each N times, plus noise (sec. 4.2).

    The draft's second token starts as how much an embedding differs from the first frame's.

    By settings.start: 'image_embeddings' as above, which is the paper's; 'mean', their mean for
    every frame, which knows the picture but no time; 'none', zero; 'predictor', what the model's
    predictor makes of them. Each of several references is an estimate of the same motion, so a
    frame starts from their mean.

    Args:
        references: (F, 3, H, W) or (K, F, 3, H, W), in [-1, 1].
    Returns:
        frame tokens (F, N, D), or (1, N, D) where all frames share them, and clip tokens (N, D),
        which start from the embeddings' mean; float32.
    """
    n = settings.tokens_per_frame
    clips = references if references.ndim == 5 else references[None]
    guess = model.predicted_tokens if settings.start == "predictor" else model.image_embeddings
    embeddings = torch.stack([guess(clip).float() for clip in clips]).mean(0)
    if settings.start == "none":
        embeddings = torch.zeros_like(embeddings)
    mean = embeddings.mean(0, keepdim=True)
    if settings.start == "mean":
        embeddings = mean.expand_as(embeddings)
    frames = model.tokens_from(embeddings, n)
    clip = frames.mean(0)
    if not settings.per_frame:
        frames = clip[None]
    g = step_generator(settings.seed, _INITIAL_NOISE_STEP)
    frames = frames + settings.init_noise_std * torch.randn(frames.shape, generator=g).to(frames)
    return frames, clip + settings.init_noise_std * torch.randn(clip.shape, generator=g).to(clip)


def halved(pictures: Tensor) -> Tensor:
    """Pictures (..., 3, H, W) of half the side; a side stays a multiple of 8."""
    height, width = (max(8, side // 16 * 8) for side in pictures.shape[-2:])
    flat = pictures.reshape(-1, *pictures.shape[-3:])
    small = functional.interpolate(
        flat, (height, width), mode="bicubic", align_corners=False, antialias=True
    ).clamp(-1, 1)
    return small.reshape(*pictures.shape[:-2], height, width)


def learning_rate(settings: InversionSettings, step: int) -> float:
    """Adam's step size in iteration `step`, counted from 0."""
    if settings.learning_rate_decay == "none":
        return settings.learning_rate
    done = min(step / settings.iterations, 1.0)
    return settings.learning_rate * (1 + math.cos(math.pi * done)) / 2


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
        if len(clips) == 0 or clips.shape[1] != model.frames:
            raise BadRequest(
                Problem(
                    "reference_length",
                    "The reference has {count} images; {model} takes {frames}.",
                    values={"count": clips.shape[1], "model": model.name, "frames": model.frames},
                )
            )
        self.model, self.settings, self.sampling = model, settings, sampling
        self.dtype = learning_dtype(settings.precision, model.dtype, model.device)
        self._references = clips.float()
        self.examples = self._examples(self._references)
        self.small = None
        """The same at half the size, for the first part of the iterations; or None."""
        if settings.half_size > 0:
            self.small = self._examples(halved(self._references))
        frames, clip = initial_tokens(model, clips, settings)
        self.frame_tokens = frames.requires_grad_()
        self.clip_tokens = clip.requires_grad_()
        self.optimiser = torch.optim.Adam(
            [self.frame_tokens, self.clip_tokens], lr=settings.learning_rate
        )
        self.patience = Patience(settings.patience)
        self.average = Average([self.frame_tokens, self.clip_tokens], settings.average)
        self.step_index = 0
        self.loss = float("nan")
        self.team: Team | None = None
        """Processes that share out every batch with this one; or None."""
        self._plain: Example | None = None

    def _examples(self, clips: Tensor) -> Examples:
        settings, strength = self.settings, self.sampling.noise_aug_strength
        return Examples(
            self.model, clips, settings.augmentation, settings.seed, strength, self.dtype
        )

    @property
    def precision(self) -> str:
        """What the UNet computes in while learning, e.g. 'bfloat16'."""
        return str(self.dtype).removeprefix("torch.")

    def step(self) -> float:
        """One iteration of Adam on an example, noise levels and noise of its own; its loss.

        Whatever it raises, it may be called again: nothing has changed then. HelperLost where a
        process of the team is gone.
        """
        self.optimiser.param_groups[0]["lr"] = learning_rate(self.settings, self.step_index)
        if self.team is not None:
            self.team.tell(self.step_index, level(self.model), self._tokens)
        self.loss = self._differentiate()
        self.optimiser.step()
        self.step_index += 1
        self.average.follow(self.step_index)
        return self.loss

    def help_out(self) -> None:
        """As a helper of the team, answer the leader's iterations. Ends by HelperLost."""
        assert self.team is not None
        while True:
            self.step_index, policy = self.team.hear(self._tokens)
            set_level(self.model, policy)
            # whatever went wrong the leader will tell, and call again
            with suppress(torch.OutOfMemoryError):
                self._differentiate()

    @property
    def _tokens(self) -> list[Tensor]:
        return [self.frame_tokens, self.clip_tokens]

    def _differentiate(self) -> float:
        """Gradients of this iteration's loss into the tokens, of all the team; the loss."""
        self.optimiser.zero_grad(set_to_none=True)
        g = step_generator(self.settings.seed, self.step_index)
        if self.team is None:
            return self._backward(g)
        value, failure = 0.0, None
        try:
            value = self._backward(g)
        except Exception as error:  # the others wait for an answer, whatever went wrong
            failure = error
        gradients = [torch.zeros_like(t) if t.grad is None else t.grad for t in self._tokens]
        value, failed = self.team.add_up(value, gradients, failure is not None)
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
        """Make the examples that the iterations will keep, which they else do as they go."""
        for index in range(min(self.variants, self.settings.iterations)):
            self.variant(index)

    @property
    def variants(self) -> int:
        """How many examples are kept, of all sizes."""
        return self.examples.variants * (1 if self.small is None else 2)

    def variant(self, index: int) -> None:
        """Make example `index` of those that are kept."""
        larger = self.examples.variants
        if self.small is not None and index >= larger:
            self.small.variant(index - larger)
        else:
            self.examples.variant(index)

    def _loss(self, g: torch.Generator) -> Tensor:
        settings = self.settings
        examples = self.examples
        if self.small is not None and self.step_index < self.half_steps:
            examples = self.small
        example = examples.at(self.step_index, g)
        # a picture of half the side is hidden by half the noise (Chen 2023)
        p_mean = settings.p_mean - (math.log(2) if examples is self.small else 0.0)
        b = settings.batch_size
        if settings.sigmas == "stratified":
            sigma = stratified_sigma(self.step_index, b, p_mean, settings.p_std, settings.seed)
        else:
            sigma = draw_sigma(b, p_mean, settings.p_std, g)
        noise = torch.randn((b, *example.latents.shape[1:]), generator=g)
        own = slice(0, b) if self.team is None else self.team.rows(b)
        error = self._error(example, sigma[own], noise[own])
        return error if self.team is None else error * ((own.stop - own.start) / b)

    def settled(self) -> bool:
        """Whether settings.patience is at its end. To be asked after every step."""
        patience, step = self.patience, self.step_index
        # while pictures are small, the loss on whole ones says nothing of what is learned
        if not patience.looks(step) or step <= self.half_steps:
            return False
        return patience.over(step, self.fixed_loss(PAIRS))

    @property
    def half_steps(self) -> int:
        """The first so many iterations are done at half the size."""
        return round(self.settings.half_size * self.settings.iterations)

    def plain(self) -> Example:
        """The first reference as it is, which `fixed_loss` looks at; made once."""
        if self._plain is None:
            clip = self._references[0].to(self.model.device)
            noise = torch.randn(clip[0].shape, generator=step_generator(0, _FIXED))
            with computing_in(self.dtype, self.model.dtype, self.model.device):
                self._plain = Example(
                    self.model.encode_video(clip),
                    self.model.encode_image(clip[0], noise, self.sampling.noise_aug_strength),
                )
        return self._plain

    @torch.no_grad()
    def fixed_loss(self, count: int) -> float:
        """The loss of what `embedding` gives, always on the same `count` noise levels and noises.

        Of the first reference as it is. Single losses of the iterations say little: their noise
        levels differ.
        """
        example = self.plain()
        levels = (torch.arange(count, dtype=torch.float64) + 0.5) / count
        normal = torch.special.ndtri(levels).float()
        g, losses = step_generator(1, _FIXED), []
        with self.average.in_place():
            for each in normal:
                sigma = (self.settings.p_mean + self.settings.p_std * each).exp().view(1)
                noise = torch.randn(example.latents.shape, generator=g)
                losses.append(float(self._error(example, sigma, noise)))
        return sum(losses) / count

    def _error(self, example: Example, sigma: Tensor, noise: Tensor) -> Tensor:
        """The loss at noise levels (b,) and noise (b, F, C, h, w) of one example."""
        model, sampling, b = self.model, self.sampling, len(sigma)
        # the loss is taken in float32 at least, whatever the model's own precision
        wide = torch.promote_types(model.dtype, torch.float32)
        x0 = example.latents.to(wide)
        sigma, noise = sigma.to(x0), noise.to(x0)
        noisy = x0 + sigma.view(-1, 1, 1, 1, 1) * noise
        with computing_in(self.dtype, model.dtype, model.device):
            output = model.network(
                c_in(sigma) * noisy,
                c_noise(sigma),
                example.image_latents.expand(b, -1, -1, -1, -1),
                self.frame_tokens.expand(model.frames, -1, -1).expand(b, -1, -1, -1),
                self.clip_tokens.expand(b, -1, -1),
                model.time_ids(
                    sampling.fps, sampling.motion_bucket_id, sampling.noise_aug_strength, b
                ),
            )
        return (output.to(wide) - network_target(x0, noisy, sigma)).square().mean()

    def embedding(self, **meta: str) -> MotionEmbedding:
        """What has been learned so far; `meta` is kept in the file's header."""
        about = {
            "model": self.model.identity,
            "engine": self.model.name,
            "iterations": str(self.step_index),
            "precision": self.precision,
        }
        frame_tokens, clip_tokens = self.average.tokens()
        return MotionEmbedding(
            frame_tokens.expand(self.model.frames, -1, -1).clone(), clip_tokens, about | meta
        )

    def state_dict(self) -> dict[str, Tensor]:
        """Everything needed to go on bit for bit, as tensors."""
        state: dict[str, Tensor] = {"step": torch.tensor(self.step_index)}
        for name, tokens in (
            ("frame_tokens", self.frame_tokens),
            ("clip_tokens", self.clip_tokens),
        ):
            state[name] = tokens.detach().clone()
            for key in ("exp_avg", "exp_avg_sq"):
                moments = self.optimiser.state.get(tokens, {})
                state[f"{name}.{key}"] = moments.get(key, torch.zeros_like(tokens)).detach().clone()
        if self.patience.iterations:
            state["patience"] = self.patience.state()
        if self.average.decay:
            averages = self.average.tokens()
            state |= dict(
                zip(("frame_tokens.average", "clip_tokens.average"), averages, strict=True)
            )
        return state

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from a `state_dict`.

        Raises BadRequest where its tensors are not this job's, and has then changed nothing.
        """
        for name, mine in self.state_dict().items():
            if name not in state or state[name].shape != mine.shape:
                raise BadRequest(f"The checkpoint's {name} are missing or of another shape.")
        self.step_index = int(state["step"])
        if self.patience.iterations:
            self.patience.load(state["patience"])
        for name, tokens in (
            ("frame_tokens", self.frame_tokens),
            ("clip_tokens", self.clip_tokens),
        ):
            with torch.no_grad():
                tokens.copy_(state[name])
                if self.average.decay:
                    self.average.set(tokens, state[f"{name}.average"])
            if self.step_index:
                self.optimiser.state[tokens] = {
                    "step": torch.tensor(float(self.step_index)),
                    "exp_avg": state[f"{name}.exp_avg"].to(tokens).clone(),
                    "exp_avg_sq": state[f"{name}.exp_avg_sq"].to(tokens).clone(),
                }
