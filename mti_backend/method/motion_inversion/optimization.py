"""Motion Inversion: learns the motion embeddings of one reference. Imports torch and models.

arXiv 2403.20193: everything but the embeddings is frozen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem

from ...models.precision import computing_in, learning_dtype
from ...models.temporal_injection import TemporalAttention, TemporalInjection, at_levels
from ...models.text_to_video import TextToVideoModel
from ..noise import step_generator
from . import losses
from .adamw import ResumableAdamW
from .embeddings import MotionEmbeddings, count
from .initial_noise import INVERSION_STEPS, invert
from .motion import MAX_BYTES, MAX_HEADER, Header, Layer, Motion
from .settings import LearningSettings
from .spatial_lora import SpatialLora

# Separate steps for what is drawn once, so that it does not repeat any iteration's noise.
_POSTERIOR_STEP, _LORA_STEP = -1, -2
DIVERGED = "learning_diverged"
"""Code of the problem that a loss is not finite."""
_NOISE = "inverted_noise"


@dataclass(frozen=True)
class Draw:
    """The random numbers of one iteration.

    timesteps: (b,), uniform. noise: (b, F, C, h, w). anchor: r of the debiased loss. spatial:
    whether the spatial LoRA takes part. frame: the one that it learns from.
    """

    timesteps: Tensor
    noise: Tensor
    anchor: int
    spatial: bool
    frame: int


class MotionInversion:
    """One optimization, iteration by iteration; all randomness is a function of (seed, step).

    The model stays in eval mode. Its UNet has hooks until `close`; as a context manager, this calls
    it.
    """

    def __init__(
        self, model: TextToVideoModel, pictures: Tensor, caption: str, settings: LearningSettings
    ) -> None:
        """
        Args:
            pictures: The reference (F, 3, H, W) in [-1, 1]; its size and length are the motion's.
            caption: What is seen in it. The released code has one, too, and never drops it.
        Raises BadRequest for a size or length that the model cannot have, a caption that is too
        long, or levels that the model has not or whose embeddings no motion file could hold.
        """
        settings.check()
        self.model, self.settings, self.caption = model, settings, caption
        self.frames, _, self.height, self.width = pictures.shape
        self.size = model.clip_size(self.width, self.height, self.frames)
        self.attentions = _chosen(model, settings)
        if 2 * self._numbers() > MAX_BYTES - MAX_HEADER:
            raise BadRequest(
                Problem(
                    "motion_would_be_too_large",
                    "A motion of {layers} layers would be larger than the {limit} MB of a file.",
                    "Choose fewer levels, or coarser ones.",
                    {"layers": len(self.attentions), "limit": MAX_BYTES // 2**20},
                )
            )
        self.dtype = learning_dtype(settings.precision, model.dtype, model.device)
        self.wide = torch.promote_types(model.dtype, torch.float32)
        """Of embeddings, LoRA, and loss, whatever the model's precision."""
        g = step_generator(settings.seed, _POSTERIOR_STEP)
        self.latents = model.encode_video(pictures, g).to(self.wide)
        self.text = model.encode_prompt(caption)
        self.embeddings = MotionEmbeddings(
            self.attentions, self.frames, self.size, settings.qk_sharing, model.device, self.wide
        )
        self.learned = ResumableAdamW(
            self.embeddings.parameters(), settings.learning_rate, settings.weight_decay
        )
        self.lora: SpatialLora | None = None
        if settings.loss == "hybrid":
            self.lora = SpatialLora(
                model.unet, settings.spatial_rank, step_generator(settings.seed, _LORA_STEP),
                model.device, self.wide,
            )  # fmt: skip
            self.lora_learned = ResumableAdamW(
                self.lora.parameters(), settings.spatial_learning_rate, settings.weight_decay
            )
        self.injection = TemporalInjection(model.unet, self.attentions)
        self.inverted_noise: Tensor | None = None
        """z of the reference, after `invert_reference`."""
        self.step_index = 0
        self.loss = float("nan")
        self.kept: dict[int, Motion] = {}
        """The motion after each of the iterations of settings.keep, so far."""
        self._before: list[Tensor] = []  # the embeddings before the last update

    def _numbers(self) -> int:
        """Numbers in the motion's file."""
        height, width = self.size
        noise = self.frames * self.model.latent_channels * height * width
        return count(self.attentions, self.frames, self.size) + noise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the hooks, which restores the original UNet."""
        self.injection.remove()
        if self.lora is not None:
            self.lora.remove()

    def invert_reference(
        self, steps: int = INVERSION_STEPS, on_step: Callable[[int, int], None] = lambda a, b: None
    ) -> None:
        """Find the reference's noise z, which the motion then contains, on the plain model."""
        self.injection.clear()
        found = invert(self.model, self.latents.to(self.model.dtype), steps, on_step)
        self.inverted_noise = found.contiguous()

    def step(self) -> float:
        """Run one iteration of AdamW; returns the loss of the embeddings.

        If it raises, nothing has changed and it can be called again, except after BadRequest: the
        loss was not finite, and the embeddings are those of the last iteration whose loss was.
        """
        draw = self.draw(self.step_index)
        of_lora = self._spatial_gradients(draw) if draw.spatial else []
        loss, gradients = self._temporal_gradients(draw)
        if not losses.all_finite(loss, *gradients, *of_lora):
            self._step_back()
        self._before = self.learned.copies()
        # Both gradients belong to the same weights: the LoRA is not updated before the second one.
        self.learned.update(gradients)
        if of_lora:
            self.lora_learned.update(of_lora)
        self.step_index += 1
        self.loss = float(loss)
        if self.step_index in self.settings.keep:
            self.kept[self.step_index] = self.motion()
        return self.loss

    def draw(self, step: int) -> Draw:
        """The random numbers of iteration `step`."""
        g, settings = step_generator(self.settings.seed, step), self.settings
        b = settings.batch_size
        timesteps = torch.randint(0, self.model.train_timesteps, (b,), generator=g)
        noise = torch.randn((b, *self.latents.shape[1:]), generator=g)
        anchor, frame = torch.randint(0, self.frames, (2,), generator=g).tolist()
        with_lora = float(torch.rand(1, generator=g)) < settings.spatial_probability
        device = self.latents.device
        return Draw(
            timesteps.to(device), noise.to(self.latents), anchor,
            with_lora and self.lora is not None, frame,
        )  # fmt: skip

    def temporal_loss(self, draw: Draw) -> Tensor:
        """The loss that the embeddings learn from, at the numbers of one draw."""
        prediction, target = self._predicted(draw)
        if self.settings.loss == "plain":
            return losses.plain(prediction, target)
        return losses.debiased_temporal(
            prediction, target, draw.anchor, self.settings.anchor_weight
        )

    def spatial_loss(self, draw: Draw) -> Tensor:
        """The loss that the spatial LoRA learns from: one frame, without the embeddings."""
        prediction, target = self._predicted(draw, slice(draw.frame, draw.frame + 1))
        return losses.of_frame(prediction, target, draw.frame)

    def _predicted(self, draw: Draw, frames: slice = slice(None)) -> tuple[Tensor, Tensor]:
        """The network's output for some frames, and the target of all, in `wide`."""
        x0 = self.latents.expand(len(draw.noise), -1, -1, -1, -1)
        noisy = self.model.add_noise(x0, draw.noise, draw.timesteps)
        with computing_in(self.dtype, self.model.dtype, self.model.device):
            text = self.text.expand(len(noisy), -1, -1)
            output = self.model.network(noisy[:, frames], draw.timesteps, text)
        return output.to(self.wide), self.model.target(x0, draw.noise, draw.timesteps)

    def _temporal_gradients(self, draw: Draw) -> tuple[Tensor, list[Tensor]]:
        if self.lora is not None:
            self.lora.mode = "apply" if draw.spatial else "off"
        self.injection.set(self.embeddings.qk, self.embeddings.v, self.size)
        loss = self.temporal_loss(draw)
        gradients = self.learned.gradients(loss)
        self._as_it_was()
        return loss.detach(), gradients

    def _spatial_gradients(self, draw: Draw) -> list[Tensor]:
        assert self.lora is not None
        self.injection.clear()
        self.lora.mode = "learn"
        loss = self.spatial_loss(draw)
        gradients = self.lora_learned.gradients(loss)
        self._as_it_was()
        return gradients

    def _as_it_was(self) -> None:
        """Between iterations the UNet computes as if nothing was learned, for previews."""
        self.injection.clear()
        if self.lora is not None:
            self.lora.mode = "off"

    def _step_back(self) -> None:
        """Restore the last embeddings whose loss was finite, and say so."""
        failed = self.step_index + 1
        if self._before:
            self.learned.restore(self._before)
        self.step_index -= bool(self._before)
        self._before = []
        raise BadRequest(
            Problem(
                DIVERGED,
                "Learning has become unstable: in iteration {failed} the loss is not finite.",
                "Use the motion of iteration {good}, or learn again with a lower learning rate.",
                {"failed": failed, "good": self.step_index},
            )
        )

    def motion(self, **about: str) -> Motion:
        """The motion learned so far, in half precision on the CPU; `about` is stored with it."""
        z = self.inverted_noise
        header = Header(
            method="motion-inversion", engine=self.model.name, model=self.model.identity,
            layers=tuple(Layer(a.name, a.width, a.places(self.size)) for a in self.attentions),
            frames=self.frames, width=self.width, height=self.height, view="object", values=True,
            noise=() if z is None else tuple(z.shape),
            about={"caption": self.caption, "iterations": str(self.step_index)} | about,
        )  # fmt: skip
        qk, v = (
            {name: _halved(m) for name, m in table.items()}
            for table in (self.embeddings.qk, self.embeddings.v)
        )
        return Motion(header, qk, v, None if z is None else _halved(z))

    def state_dict(self) -> dict[str, Tensor]:
        """Everything needed to resume bit for bit, as tensors."""
        state = {"step": torch.tensor(self.step_index)}
        for each in self._all_learned():
            state |= each.state_dict()
        if self.inverted_noise is not None:
            state[_NOISE] = self.inverted_noise.detach().clone()
        return state

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Resume from `state_dict` of a run with the same reference, caption and settings.

        If the very next loss is not finite, this state is the one that is kept. Raises KeyError for
        a state of other layers or another loss.
        """
        for each in self._all_learned():
            each.load_state_dict(state)
        self.step_index = int(state["step"])
        if _NOISE in state:
            self.inverted_noise = state[_NOISE].to(self.model.device, self.model.dtype)
        self._before = []

    def _all_learned(self) -> list[ResumableAdamW]:
        return [self.learned] if self.lora is None else [self.learned, self.lora_learned]


def _chosen(model: TextToVideoModel, settings: LearningSettings) -> list[TemporalAttention]:
    """The temporal attentions of the settings' levels. Raises BadRequest if there are none."""
    chosen = at_levels(model.unet, settings.levels, settings.mid_block)
    if not chosen:
        raise BadRequest(
            Problem(
                "no_layers_at_levels",
                "The model {model} has no temporal attention at the chosen levels.",
                "Choose other levels.",
                {"model": model.name},
            )
        )
    return chosen


def _halved(x: Tensor) -> Tensor:
    return x.detach().to("cpu", torch.float16, copy=True)
