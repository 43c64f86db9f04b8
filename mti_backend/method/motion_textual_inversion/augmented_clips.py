"""Training samples: latents of augmented references. Imports torch and models.

Reenact Anything, App. B.1, draws a new augmentation in every iteration, so every iteration waits
for the autoencoder. `Augmentation.variants` caches the latents of that many augmentations instead.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from mti_addon.wire.settings import Augmentation

from ...models.precision import computing_in
from ...models.svd import SvdModel
from ..augmentation import augment
from ..noise import step_generator

# Precedes the steps of the iterations and of the initial noise, so that variants repeat neither.
_FIRST_VARIANT = -2


@dataclass(frozen=True)
class AugmentedClip:
    """One augmented reference, encoded.

    latents: scaled, (1, F, C, h, w). image_latents: those of its first frame, (1, 1, C, h, w).
    """

    latents: Tensor
    image_latents: Tensor


def variant_count(settings: Augmentation, references: int) -> int:
    """Number of cached variants for this many references, at least one each; 0 if every iteration
    draws a new augmentation."""
    return max(settings.variants, references) if settings.variants else 0


class AugmentedClips:
    """Augmented clips of K references, each a function of (seed, step) or (seed, variant)."""

    def __init__(
        self,
        model: SvdModel,
        references: Tensor,
        settings: Augmentation,
        seed: int,
        noise_aug_strength: float,
        dtype: torch.dtype,
    ) -> None:
        """
        Args:
            references: (K, F, 3, H, W) in [-1, 1]; they stay on their device, and one at a time is
                copied to the model's. noise_aug_strength: SVD's noise on the first frame's pixels.
            dtype: Compute dtype of learning. The autoencoder of a float32 model uses it, too;
                otherwise it stays in float32, since it overflows in half precision.
        """
        self._model, self._references, self._settings = model, references, settings
        self._seed, self._strength, self._dtype = seed, noise_aug_strength, dtype
        self._dtype = dtype
        self.variants = variant_count(settings, len(references))
        """Number of cached variants."""
        self._kept: dict[int, AugmentedClip] = {}

    def at(self, step: int, generator: torch.Generator) -> AugmentedClip:
        """The clip of an iteration; references, or variants, are used in turn.

        `generator` is the step's; only a new augmentation draws from it.
        """
        if not self.variants:
            return self._make(step, generator)
        return self.variant(step % self.variants)

    def variant(self, index: int) -> AugmentedClip:
        """Variant `index`, 0 <= index < variants, created on first use.

        Cached on the CPU: 0.1 MB each for draft's clips, 2 MB for svd's.
        """
        if index not in self._kept:
            g = step_generator(self._seed, _FIRST_VARIANT - index)
            clip = self._make(index, g)
            self._kept[index] = AugmentedClip(clip.latents.cpu(), clip.image_latents.cpu())
        kept, device = self._kept[index], self._model.device
        return AugmentedClip(kept.latents.to(device), kept.image_latents.to(device))

    def _make(self, turn: int, g: torch.Generator) -> AugmentedClip:
        reference = self._references[turn % len(self._references)]
        pictures = augment(reference.to(self._model.device), self._settings, g)
        image_noise = torch.randn(pictures[0].shape, generator=g)
        with computing_in(self._dtype, self._model.dtype, self._model.device):
            return AugmentedClip(
                self._model.encode_video(pictures),
                self._model.encode_image(pictures[0], image_noise, self._strength),
            )
