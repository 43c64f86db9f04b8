"""Inversion with rejected variants of learning. Imports torch and models."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from mti_addon.wire.settings import InversionSettings, SamplingSettings
from mti_backend.method.motion_textual_inversion.augmented_clips import (
    AugmentedClip,
    AugmentedClips,
)
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from mti_backend.method.motion_textual_inversion.optimization import Inversion
from mti_backend.method.noise import step_generator
from mti_backend.models.precision import computing_in
from mti_backend.models.svd import SvdModel

from .early_stopping import PAIRS, EarlyStopping
from .stratified import stratified_sigma

# A separate step for the noise on which losses are compared.
_FIXED = -2_000_000_000


@dataclass(frozen=True)
class Way:
    """Variants of learning beyond the product's settings; all off by default.

    stratified: noise levels spread evenly over the iterations. ema_decay: of the tokens' moving
    average, which becomes the result; 0: the last tokens. half_size: fraction of the iterations, at
    the beginning, that use images of half the side. early_stopping_patience: iterations to wait for
    a lower loss on fixed noise; 0: never stop early.
    """

    settings: InversionSettings
    stratified: bool = False
    ema_decay: float = 0.0
    half_size: float = 0.0
    early_stopping_patience: int = 0


class RejectedInversion(Inversion):
    """The product's inversion with the rejected variants of `Way`."""

    def __init__(
        self, model: SvdModel, references: Tensor, way: Way, sampling: SamplingSettings
    ) -> None:
        """Like `Inversion`: references (F, 3, H, W) or (K, F, 3, H, W) in [-1, 1]. Raises
        BadRequest."""
        super().__init__(model, references, way.settings, sampling)
        self.way = way
        self.half_steps = round(way.half_size * way.settings.iterations)
        """Number of initial iterations at half the size."""
        self.small = self._half_sized() if self.half_steps else None
        self.early_stopping = EarlyStopping(way.early_stopping_patience)
        self._average = self._averaged() if way.ema_decay else None

    def step(self) -> float:
        """Run one iteration and update the moving average."""
        loss = super().step()
        if self._average is not None:
            self._average.update_parameters(self._parameters())
        return loss

    def prepare(self) -> None:
        """Create the cached augmented clips, at both sizes."""
        super().prepare()
        for index in range(0 if self.small is None else self.small.variants):
            self.small.variant(index)

    def augmented_clip(self, g: torch.Generator) -> AugmentedClip:
        """The training clip; at half the size during the first iterations."""
        if self.small is not None and self._at_half_size:
            return self.small.at(self.step_index, g)
        return super().augmented_clip(g)

    def sigmas(self, g: torch.Generator) -> Tensor:
        """Noise levels (b,) of this iteration."""
        settings = self.settings
        # Half the noise hides an image of half the side (Chen 2023, arXiv 2301.10972).
        factor = 0.5 if self._at_half_size else 1.0
        if not self.way.stratified:
            return super().sigmas(g) * factor
        count, mean, std = settings.batch_size, settings.p_mean, settings.p_std
        return stratified_sigma(self.step_index, count, mean, std, settings.seed) * factor

    def settled(self) -> bool:
        """Whether patience has run out. Call it after every step."""
        # While images are small, the loss on full-size ones does not show progress.
        if not self.early_stopping.looks(self.step_index) or self.step_index <= self.half_steps:
            return False
        return self.early_stopping.over(self.step_index, fixed_loss(self, PAIRS))

    def embedding(self, **meta: str) -> MotionEmbedding:
        """The motion learned so far; the moving average, if there is one."""
        with self.averages_in_place():
            return super().embedding(**meta)

    @contextmanager
    def averages_in_place(self) -> Iterator[None]:
        """Replace the tokens by their averages within the context."""
        if self._average is None:
            yield
            return
        kept = [t.detach().clone() for t in self._tokens]
        self._set_tokens([p.detach() for p in self._average.module.parameters()])
        try:
            yield
        finally:
            self._set_tokens(kept)

    @property
    def _at_half_size(self) -> bool:
        return self.step_index < self.half_steps

    def _half_sized(self) -> AugmentedClips:
        settings, strength = self.settings, self.sampling.noise_aug_strength
        return AugmentedClips(
            self.model, halved(self.references), settings.augmentation, settings.seed, strength,
            self.dtype,
        )  # fmt: skip

    def _averaged(self) -> AveragedModel:
        def average(mean: Tensor, token: Tensor, count: Any) -> Tensor:
            # Smaller decay at first, so that the initial tokens hardly count.
            decay = min(self.way.ema_decay, (1 + int(count)) / (10 + int(count)))
            return mean.lerp(token, 1 - decay)

        made = AveragedModel(self._parameters(), avg_fn=average)
        made.update_parameters(self._parameters())  # the first update only copies
        return made

    def _parameters(self) -> nn.ParameterList:
        """The tokens as a module that shares their memory."""
        return nn.ParameterList([nn.Parameter(t.detach()) for t in self._tokens])

    @torch.no_grad()
    def _set_tokens(self, values: list[Tensor]) -> None:
        for token, value in zip(self._tokens, values, strict=True):
            token.copy_(value)


def halved(pictures: Tensor) -> Tensor:
    """Resize images (..., 3, H, W) to half the side; sides stay multiples of 8."""
    height, width = (max(8, side // 16 * 8) for side in pictures.shape[-2:])
    flat = pictures.reshape(-1, *pictures.shape[-3:])
    small = functional.interpolate(
        flat, (height, width), mode="bicubic", align_corners=False, antialias=True
    ).clamp(-1, 1)
    return small.reshape(*pictures.shape[:-2], height, width)


def without_augmentation(inversion: Inversion) -> AugmentedClip:
    """The first reference without augmentation."""
    model, strength = inversion.model, inversion.sampling.noise_aug_strength
    clip = inversion.references[0].to(model.device)
    noise = torch.randn(clip[0].shape, generator=step_generator(0, _FIXED))
    with computing_in(inversion.dtype, model.dtype, model.device):
        image = model.encode_image(clip[0], noise, strength)
        return AugmentedClip(model.encode_video(clip), image)


@torch.no_grad()
def fixed_loss(inversion: RejectedInversion, count: int) -> float:
    """Loss of the result of `embedding`, on fixed `count` noise levels and noise samples.

    Uses the first reference without augmentation. The training loss of single iterations says
    little, since their noise levels differ.
    """
    clip, settings = without_augmentation(inversion), inversion.settings
    levels = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    g, losses = step_generator(1, _FIXED), []
    with inversion.averages_in_place():
        for each in torch.special.ndtri(levels).float():
            sigma = (settings.p_mean + settings.p_std * each).exp().view(1)
            noise = torch.randn(clip.latents.shape, generator=g)
            losses.append(float(inversion.error(clip, sigma, noise)))
    return math.fsum(losses) / count
